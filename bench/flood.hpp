// What the loads have in common: senders at full speed, readers who miss nothing, and what both cost. Used by the loads.
#pragma once

#include "service.hpp"

namespace vigil::bench {

// CPU of the service and of this program from here on, and the service's own counts.
class Meter {
 public:
  explicit Meter(Service& service);
  // Per message of so many, until now.
  void add_to(Report& report, double messages, double seconds);

 private:
  Service& service_;
  std::vector<std::pair<std::string, double>> counts_;
  double cpu_s_, own_cpu_s_;
};

// Numbers of messages, each at its first time.
class Seen {
 public:
  bool first(std::uint64_t number);

 private:
  std::vector<bool> seen_;
};

// Messages from several senders, each a connection and a thread, a few batches ahead of their answers. To so many mailboxes from
// the first one on, in turn: after messages_max of a multiple of them, each has got the same count. Every answer is waited for.
struct Flood {
  std::size_t mailboxes = 1, first_mailbox = 0;
  std::uint64_t numbers_from = 1;  // of the messages
  unsigned senders = 8, batch = 32, batches_ahead = 4;
  std::uint64_t messages_max = std::uint64_t{1} << 40;
  double seconds = 1e6;
};
struct Flooded {
  std::uint64_t stored = 0, refused = 0;
  std::vector<std::uint64_t> stored_in;  // by mailbox, from the first one on
  std::vector<double> samples_ms;        // from sending to each answer
  double seconds = 0;
};
Flooded flood(Service& service, const Flood& order);
// The same, for an order that ends by messages_max; throws unless all are stored.
void store_all(Service& service, const Flood& order);
Flood flood_of(const Options& options, std::size_t mailboxes);
// So many into each mailbox; throws unless all are stored.
void fill(Service& service, const Options& options, std::size_t mailboxes, std::uint64_t each);

// Listens, takes and acknowledges so many different messages; throws when one is missing.
void read_exactly(Reader& reader, std::uint64_t expected);

// Readers who listen to so many mailboxes from 'first' on, each a thread, until all that was stored has come.
class Audience {
 public:
  Audience(Service& service, std::size_t count, std::size_t first = 0);
  ~Audience();
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;
  struct Heard {
    std::vector<double> samples_ms;  // from the moment a message was meant for
    Clock::time_point last;          // message of all
  };
  // Waits for what is still missing of so many in each mailbox; throws when it does not come.
  Heard all(const std::vector<std::uint64_t>& stored_in);

 private:
  struct Listener;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace vigil::bench
