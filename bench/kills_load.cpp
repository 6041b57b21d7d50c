// Goal 6: a service is killed at random moments while senders store at it, again and again on the same data, and whatever it had
// acknowledged by then must be there. A copy counts as acknowledged when its answer has reached the sender.
#include <array>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "flood.hpp"

namespace vigil::bench {
namespace {

constexpr std::size_t mailboxes = 8;  // one is emptied after each kill: the others' copies wait through several
constexpr std::size_t batch = 8, ahead = 3;
constexpr int life_ms_least = 20, life_ms_most = 400;
constexpr auto patience = std::chrono::seconds(5);  // for what was acknowledged and does not come

// What was acknowledged and is still owed, by mailbox; a load as long as this one may hold that.
using Owed = std::array<std::unordered_set<std::uint64_t>, mailboxes>;

struct Senders {
  Service& service;
  const unsigned count;
  std::uint64_t next = 1;  // number
  std::mutex mutex{};
  std::condition_variable begun{};
  std::uint64_t acknowledged = 0, refused = 0;
  std::uint64_t acknowledged_in_life = 0;
  bool killing = false;
  Owed owed{};
  std::string failed{};

  // From the first acknowledgement on for so long; then SIGKILL meets them in the midst of it.
  void live(std::chrono::milliseconds moment) {
    acknowledged_in_life = 0;
    killing = false;
    std::vector<std::jthread> threads;  // end with the service
    for (unsigned i = 0; i < count; ++i) threads.emplace_back([this] { talk(); });
    {
      std::unique_lock lock(mutex);
      begun.wait_for(lock, std::chrono::seconds(30), [this] { return acknowledged_in_life > 0 || !failed.empty(); });
    }
    std::this_thread::sleep_for(moment);
    {
      const std::scoped_lock lock(mutex);
      killing = true;
      if (acknowledged_in_life == 0 && failed.empty()) failed = "nothing is acknowledged";
    }
    service.kill_and_restart();
    threads.clear();
    if (!failed.empty()) throw std::runtime_error("before the kill: " + failed);
  }

 private:
  void talk() {
    std::unique_ptr<Sender> sender;
    std::size_t unanswered = 0;
    try {
      sender = service.sender();
      for (;;) {
        while (unanswered < batch * ahead) unanswered += send(*sender);
        unanswered -= hear(*sender);
      }
    } catch (const std::exception& error) {
      const std::scoped_lock lock(mutex);
      if (!killing && failed.empty()) failed = error.what();
    }
    // Answers that were under way when it died count, too.
    try {
      while (sender) hear(*sender);
    } catch (const std::exception&) {  // the end, as expected
      sender.reset();
    }
  }
  std::size_t send(Sender& sender) {
    std::array<Message, batch> messages;
    {
      const std::scoped_lock lock(mutex);
      for (Message& message : messages) {
        message = {next, next % mailboxes};
        ++next;
      }
    }
    sender.send(messages);
    return messages.size();
  }
  std::size_t hear(Sender& sender) {
    std::vector<Answer> answers;
    sender.answers(answers);
    const std::scoped_lock lock(mutex);
    for (const Answer& answer : answers) {
      if (!answer.stored) {
        ++refused;
        continue;
      }
      ++acknowledged;
      if (acknowledged_in_life++ == 0) begun.notify_one();
      owed[answer.number % mailboxes].insert(answer.number);
    }
    return answers.size();
  }
};

struct Found {
  std::uint64_t lost = 0, unanswered = 0, again = 0;
};

// Its owner comes back and takes what there is, until all that is owed has come, or nothing comes any more.
void settle_with(Service& service, std::size_t mailbox, Owed& owed, Seen& seen, Found& found) {
  std::unordered_set<std::uint64_t>& missing = owed[mailbox];
  const auto reader = service.log_in(mailbox);
  reader->listen();
  std::vector<Taken> taken;
  while (!missing.empty()) {
    taken.clear();
    reader->take(taken, Clock::now() + patience);
    if (taken.empty()) break;
    for (const Taken& one : taken) {
      const bool new_one = seen.first(one.number);
      if (missing.erase(one.number) == 0) ++(new_one ? found.unanswered : found.again);
    }
    reader->acknowledge();
  }
  found.lost += missing.size();
  missing.clear();
}

}  // namespace

Report load_kills(Service& service, const Options& options) {
  Report report{"kills: SIGKILL at random moments of a load, again and again on the same data", {}};
  service.open(mailboxes);
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> moment(life_ms_least, life_ms_most);
  Senders senders{service, options.connections};
  Seen seen;
  Found found;
  for (unsigned kill = 0; kill < options.count; ++kill) {
    senders.live(std::chrono::milliseconds(moment(random)));
    settle_with(service, kill % mailboxes, senders.owed, seen, found);
  }
  for (std::size_t mailbox = 0; mailbox < mailboxes; ++mailbox) settle_with(service, mailbox, senders.owed, seen, found);
  report.add("kills", options.count);
  report.add("acknowledged", static_cast<double>(senders.acknowledged));
  report.add("lost", static_cast<double>(found.lost));
  report.add("refused", static_cast<double>(senders.refused));
  report.add("stored_without_an_answer", static_cast<double>(found.unanswered));
  report.add("came_again", static_cast<double>(found.again));
  return report;
}

}  // namespace vigil::bench
