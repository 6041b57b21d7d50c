// What every load needs of a service, so that each load is written once and the same is played against the relay and its peers.
// A service runs in a process of its own, in a folder of its own, on free ports, over TLS 1.3 WebSockets with a P-256 certificate
// that it signed itself. Used by the loads; vigil_service, mqtt_service, nats_service and xmpp_service are the four languages.
//
// Sender and Reader: one thread each. What a service does wrong is an exception that ends the load.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "loads.hpp"
#include "process.hpp"
#include "tls_socket.hpp"

namespace vigil::bench {

// 1,024 bytes: its number, the moment it was meant for, and noise (what is sealed cannot be compressed).
struct Message {
  std::uint64_t number = 0;  // unlike every other of the load
  std::size_t mailbox = 0;
  std::int64_t meant_ns = 0;  // of Clock; 0 where nobody times it
  bool urgent = false;        // an alert, for services that know a difference
};
inline constexpr std::size_t message_bytes = 1024;
void append_payload(std::string& out, const Message& message);

// What a reader has taken.
struct Taken {
  std::uint64_t number = 0;
  std::int64_t meant_ns = 0;
};
Taken taken_from(std::string_view payload);  // throws when it is none of ours

struct Answer {
  std::uint64_t number = 0;
  bool stored = true;  // in the service's own sense of an acknowledgement; false: refused
  std::string why{};   // it was
};

class Sender {
 public:
  virtual ~Sender() = default;
  virtual void send(std::span<const Message> batch) = 0;  // in one WebSocket frame
  // One message for every mailbox that was opened for that, in one request. Its number counts for all.
  virtual void send_to_all(const Message& message) = 0;
  // Appends what has been answered; waits until there is something, or the moment has come.
  virtual void answers(std::vector<Answer>& into, Clock::time_point until = forever) = 0;
};

// For readers whose messages come one by one: waits for the first one only, and appends what is there, up to a bound.
// next: the next message that is there by that moment, or none.
template <class Next>
void take_what_is_there(std::vector<Taken>& into, Clock::time_point until, Next next) {
  constexpr std::size_t once_max = 256;
  for (const std::size_t had = into.size(); into.size() < had + once_max;) {
    const std::optional<Taken> one = next(into.size() == had ? until : at_once);
    if (!one) return;
    into.push_back(*one);
  }
}

// Logged in as the owner of a mailbox.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void listen() = 0;
  // Appends what has come; waits until there is something, or the moment has come.
  virtual void take(std::vector<Taken>& into, Clock::time_point until = forever) = 0;
  virtual void acknowledge() = 0;  // all that was taken
  virtual void finish() = 0;       // waits until the service has read the acknowledgements
  virtual void tend() = 0;         // reads and answers what an idle connection is sent, if anything; nothing is due
  virtual int descriptor() const = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // Once. The owners of the first 'for_all' hear what is sent to all, too.
  virtual void open(std::size_t mailboxes, std::size_t for_all = 0) = 0;
  virtual std::unique_ptr<Sender> sender() = 0;
  virtual std::unique_ptr<Reader> log_in(std::size_t mailbox) = 0;
  // SIGKILL, in the midst of whatever it does, and started again on the same data; who is connected then is no more. Owners have
  // asked for their mail again, in case the service has forgotten that.
  virtual void kill_and_restart() = 0;
  virtual const Process& process() const = 0;
  virtual const std::filesystem::path& folder() const = 0;
  // Names and numbers that only grow, of its own.
  virtual std::vector<std::pair<std::string, double>> counts() { return {}; }
};

// The service that options.service names, started and ready. Throws in words.
std::unique_ptr<Service> start_service(const Options& options);
std::unique_ptr<Service> start_vigil(const Options& options, const std::string& more_config = "");  // lines of vigild.toml
std::unique_ptr<Service> start_mosquitto();
std::unique_ptr<Service> start_rabbitmq();
std::unique_ptr<Service> start_ejabberd();
std::unique_ptr<Service> start_nats();
std::unique_ptr<Service> start_prosody();

}  // namespace vigil::bench
