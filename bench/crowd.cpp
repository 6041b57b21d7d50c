// Logging many in, and waiting for all of them.
#include "crowd.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <stdexcept>
#include <thread>

namespace vigil::bench {

Crowd listening(Service& service, std::size_t count) {
  Crowd all;
  for (std::size_t mailbox = 0; mailbox < count; ++mailbox) {
    all.push_back(service.log_in(mailbox));
    all.back()->listen();
  }
  for (const auto& reader : all) reader->finish();
  return all;
}

void settle(const Crowd& all) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  for (const auto& reader : all) reader->tend();
}

void wait_for_all(const Crowd& all) {
  std::vector<pollfd> waiting;
  for (const auto& reader : all) waiting.push_back({reader->descriptor(), POLLIN, 0});
  for (std::size_t left = waiting.size(); left > 0;) {
    if (::poll(waiting.data(), waiting.size(), 10'000) <= 0)
      throw std::runtime_error(fmt::format("{} of {} did not get the copy", left, waiting.size()));
    for (pollfd& one : waiting)
      if (one.fd >= 0 && one.revents != 0) one.fd = -1, --left;
  }
}

}  // namespace vigil::bench
