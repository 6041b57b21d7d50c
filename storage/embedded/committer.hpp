// Everything that is written goes through here. Requests are gathered, urgent ones first, each decided from memory, written with
// one sync, and answered: one post per shard and commit. Nothing waits for more to come, and nothing here reads the disk.
//
// Two threads take turns: one fills a commit while the other one writes the commit before it. So a request is decided, and its
// copy handed to a reader who listens, when it comes and not when the disk is through with others; only its answer waits.
//
//   a thread:   waits -> fills (one at a time) -> writes (one at a time, in order) -> answers -> waits
//
// **Invariant:** all that is decided in memory belongs to whoever fills. Whoever writes touches its own commit and the database.
// A commit that was filled behind one that failed is never written.
//
// Used by embedded_store only. submit() from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>
#include <unordered_map>

#include "storage/embedded/verbs.hpp"

namespace vigil::storage {

class Committer {
 public:
  explicit Committer(Core& core) : core_(core) {}
  ~Committer() { stop(); }

  void start();
  // Takes the request and answers it later. SLOW_DOWN: the inbox is full; UNAVAILABLE: closed. In both cases 'request' stays with
  // the caller.
  Status submit(std::unique_ptr<Request>& request);
  // Answers everything outstanding, flushes, closes the database, and returns when that is done.
  void stop();

 private:
  static constexpr std::size_t inbox_requests_max = 32'768;
  static constexpr std::size_t inbox_bytes_max = 64u << 20;
  static constexpr std::size_t normal_share = 32;  // of a commit's requests, however many urgent ones wait
  // While a large commit is being written, normal requests wake nobody until there are some: waking costs more than deciding.
  static constexpr std::size_t large_commit = 16, worth_waking = 64;
  static constexpr std::uint64_t alive_every_ms = 5'000;

  using Requests = std::deque<std::unique_ptr<Request>>;
  struct Answered {
    Completion* completion = nullptr;
    std::uint64_t tag = 0;
    Outcome outcome;
  };
  // One per thread, used again and again.
  struct Commit {
    explicit Commit(std::atomic<Instant>& begun) : begun_s(begun) {}
    std::atomic<Instant>& begun_s;  // as others see it
    std::uint64_t number = 0;       // 0: not begun
    Batch batch;
    std::size_t taken = 0, taken_normal = 0;
    Cost cost;
    std::vector<std::pair<boost::asio::any_io_executor, std::vector<Answered>>> answers;
    std::size_t released_bytes = 0, released_requests = 0;  // of the inbox
  };

  void run(std::size_t turn);
  // Under the lock.
  bool is_worth_waking() const;
  bool something_urgent() const;
  bool is_over() const;
  void take_in();

  bool begin_filling();
  bool fill(Commit& commit);
  void begin(Commit& commit, std::uint64_t settled);
  void decide(Commit& commit);
  bool fits(const Commit& commit, const Request& request) const;
  void step(Commit& commit, std::unique_ptr<Request> request);
  void park(std::unique_ptr<Request> request, const std::vector<Missing::Start>& starts);
  void leave_line(Request& request);
  void come_back(std::unique_ptr<Request> request);
  void finish(Commit& commit, std::unique_ptr<Request> request, Outcome outcome);
  void stay_alive(Commit& commit);

  void write(Commit& commit);
  void answer_all(Commit& commit);
  static void say(Commit& commit, Status status);
  void leave_failed_database();
  void try_to_reopen();

  Core& core_;
  std::array<std::thread, 2> threads_;

  std::mutex mutex_;
  std::condition_variable idle_, filler_;  // where a thread without a task waits; where the one who fills does
  Requests inbox_urgent_, inbox_normal_, inbox_back_;
  std::size_t urgent_back_ = 0;                       // of inbox_back_
  std::size_t inbox_bytes_ = 0, inbox_requests_ = 0;  // until they are answered
  bool filling_ = false, writing_ = false;
  bool left_over_ = false;       // the last commit was full
  bool failed_ = false;          // the last commit could not be written; then nobody writes until the database is left
  std::size_t writing_now_ = 0;  // requests
  std::uint64_t settled_ = 0;    // number of the last commit that is on the disk
  bool stopping_ = false;
  std::atomic<std::size_t> parked_ = 0;

  // Of whoever fills.
  Requests urgent_, normal_;
  using Sender = std::pair<Completion*, bool>;                    // and the lane
  std::map<Sender, std::deque<Request*>> lines_;                  // only of senders with something that had to be read
  std::unordered_map<Request*, std::unique_ptr<Request>> ready_;  // but not in front of its line
  std::uint64_t last_number_ = 0;
  std::uint64_t alive_ms_ = 0, alive_mailboxes_ = 0;  // when and with which count the last alive row was written
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::milliseconds retry_after_{};
};

}  // namespace vigil::storage
