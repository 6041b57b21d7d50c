// The one thread that writes. It gathers what has come in, urgent first, decides each request from memory, writes all of it with
// one sync, and answers: one post per shard and batch. It never waits for more to come and never reads the disk. Used by
// embedded_store only. submit() from any thread.
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
  static constexpr std::size_t normal_share = 32;  // of a batch's requests, however many urgent ones wait
  static constexpr std::uint64_t alive_every_ms = 5'000;

  using Requests = std::deque<std::unique_ptr<Request>>;
  struct Answered {
    Completion* completion = nullptr;
    std::uint64_t tag = 0;
    Outcome outcome;
  };

  void run();
  bool wait_for_work();
  void take_in();
  void fill_batch();
  bool fits(const Request& request) const;
  void step(std::unique_ptr<Request> request);
  void park(std::unique_ptr<Request> request, const std::vector<Missing::Start>& starts);
  void leave_line(Request& request);
  void come_back(std::unique_ptr<Request> request);
  void finish(std::unique_ptr<Request> request, Outcome outcome);
  void stay_alive();
  void commit();
  void post_answers();
  void fail();
  void try_to_reopen();

  Core& core_;
  Batch batch_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Requests inbox_urgent_, inbox_normal_, inbox_back_;
  std::size_t inbox_bytes_ = 0, inbox_requests_ = 0;  // until they are answered
  bool stopping_ = false;

  // The thread's own.
  Requests urgent_, normal_;
  using Sender = std::pair<Completion*, bool>;                    // and the lane
  std::map<Sender, std::deque<Request*>> lines_;                  // only of senders with something that had to be read
  std::unordered_map<Request*, std::unique_ptr<Request>> ready_;  // but not in front of its line
  std::size_t parked_ = 0, taken_ = 0, taken_normal_ = 0;
  Cost taken_cost_;
  std::vector<std::pair<boost::asio::any_io_executor, std::vector<Answered>>> answers_;
  std::size_t released_bytes_ = 0, released_requests_ = 0;
  std::uint64_t alive_ms_ = 0, alive_mailboxes_ = 0;  // when and with which count the last alive row was written
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::milliseconds retry_after_{};
};

}  // namespace vigil::storage
