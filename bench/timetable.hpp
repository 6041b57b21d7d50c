// Copies at a fixed rate to readers who listen, whatever the answers do. Each is timed from the moment at which it should have
// been sent, so a service that pauses is asked as often as before, and everybody who would have waited is counted. Used by the
// loads.
#pragma once

#include <atomic>
#include <thread>

#include "flood.hpp"

namespace vigil::bench {

class Timetable {
 public:
  struct Order {
    std::size_t first_mailbox = 0, mailboxes = 1;  // whose readers listen, and get one copy after the other in turn
    double per_second = 1000;
    bool urgent = false;
  };
  // All samples, in milliseconds.
  struct Times {
    std::vector<double> to_reader, to_answer;
    std::vector<double> late;  // how late this program was itself
    double seconds = 0;
  };
  // Everybody is logged in and listens when it returns; the mailboxes are empty.
  Timetable(Service& service, const Order& order);
  ~Timetable();
  Timetable(const Timetable&) = delete;
  Timetable& operator=(const Timetable&) = delete;
  void start();
  // No more is sent; waits until everything was answered and read. Throws when it was not.
  Times stop();

 private:
  void run();
  void hear(Clock::time_point until);

  const Order order_;
  Audience audience_;
  std::unique_ptr<Sender> sender_;
  std::vector<Clock::time_point> meant_{};  // message n is number n + 1
  std::vector<Message> batch_{};
  std::vector<Answer> answers_{};
  std::vector<std::uint64_t> stored_in_;
  Times times_{};
  Clock::time_point next_{};
  std::atomic<bool> stopping_ = false;
  std::string failed_{};
  std::thread thread_{};
};

// NAME_p50_ms, NAME_p99_ms and NAME_max_ms.
void add_percentiles(Report& report, const std::string& name, std::vector<double> samples_ms);

}  // namespace vigil::bench
