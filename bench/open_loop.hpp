// Asking at a fixed rate, whatever the answers do, and timing each answer from the moment at which it should have been asked: a
// store that pauses is then asked as often as before, and everybody who would have waited is counted. Used by expiry_load.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>
#include <vector>

#include "measure.hpp"

namespace vigil::bench {

// Every sample, with the moment it was meant for.
class Samples {
 public:
  std::size_t meant_for(Clock::time_point moment);  // its number
  void answered(std::size_t number);
  std::vector<double> between(Clock::time_point from, Clock::time_point to) const;  // milliseconds
  struct One {
    Clock::time_point meant;
    double ms = 0;
  };
  const std::vector<One>& all() const { return all_; }

 private:
  std::vector<One> all_;
};

// One thread that asks and hears the answers.
class OpenLoop {
 public:
  explicit OpenLoop(double per_second);
  virtual ~OpenLoop() = default;  // stopped before
  OpenLoop(const OpenLoop&) = delete;
  OpenLoop& operator=(const OpenLoop&) = delete;
  void start();
  void stop();                                         // and waits for what is outstanding
  const Samples& samples() const { return samples_; }  // once stopped

 protected:
  // On the loop's thread. Every ask is answered() once; more() and done_more() count what nobody times.
  virtual void ask(std::size_t number) = 0;
  void answered(std::size_t number);
  void more() { ++outstanding_; }
  void done_more() { --outstanding_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  void run();

  const Clock::duration step_;
  boost::asio::io_context context_{1};
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  Samples samples_;
  std::size_t outstanding_ = 0;
};

// What disk and processors take by themselves meanwhile: a small append and fdatasync at a fixed rate, on a file of its own; how
// much later than it asked for the thread was woken; and what whoever comes at that rate waits for the first sync that begins
// after him: the sync that is under way and the next one. No store that syncs before it answers is quicker than that.
class SyncProbe {
 public:
  SyncProbe(const std::filesystem::path& folder, double per_second);
  ~SyncProbe();
  SyncProbe(const SyncProbe&) = delete;
  SyncProbe& operator=(const SyncProbe&) = delete;
  void stop();
  const Samples& syncs() const { return syncs_; }  // once stopped
  const Samples& wakes() const { return wakes_; }
  const Samples& waits() const { return waits_; }

 private:
  void run(Clock::duration step);

  int file_;
  std::atomic<bool> stopping_ = false;
  Samples syncs_, wakes_, waits_;
  std::thread thread_;
};

}  // namespace vigil::bench
