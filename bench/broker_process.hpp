// A peer's program from Debian's packages, run as an ordinary process. Used by mqtt_brokers and nats_service, which hold the
// settings: whatever makes a peer faster at the same guarantee is set.
#pragma once

#include <memory>

#include "measure.hpp"
#include "process.hpp"

namespace vigil::bench {

// Where a program lies; throws in words when it is not installed. (RabbitMQ lies twice: /usr/sbin has a wrapper that changes
// user.)
std::string program_path(const std::string& name);

// A broker in a folder of its own, with a certificate of its own; it goes with its object, by SIGKILL: nothing of it is kept.
class Broker {
 public:
  Broker();
  virtual ~Broker() = default;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  std::uint16_t port() const { return port_; }  // of its TLS WebSockets
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path certificate() const { return folder_.path() / "certificate.pem"; }
  std::filesystem::path key() const { return folder_.path() / "key.pem"; }
  std::filesystem::path write(const std::string& name, const std::string& text) const;

  // words[0] is the program's name. Waits until it listens on its port; throws in words when it does not start.
  void start(std::vector<std::string> words, std::vector<std::string> environment, unsigned patience_s);
  virtual void kill_and_restart();  // SIGKILL, and the same again on the same data
  const Process& process() const { return *process_; }

 private:
  Folder folder_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
  Process::Order order_;
  unsigned patience_s_ = 0;
};

}  // namespace vigil::bench
