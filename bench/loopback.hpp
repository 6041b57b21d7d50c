// TCP on this machine. Used by tls_socket, process, limits_load and the peers' brokers.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace vigil::bench {

sockaddr_in loopback(std::uint16_t port);
// A port that was free a moment ago.
std::uint16_t free_port();
// A descriptor; waits 60 s at most when reading, and never before it sends. Throws.
int connect_to(std::uint16_t port);

}  // namespace vigil::bench
