// One sender with a timetable, on a thread of its own.
#include "timetable.hpp"

#include <stdexcept>

namespace vigil::bench {
namespace {

constexpr std::size_t batch_max = 32;
constexpr auto patience = std::chrono::seconds(20);  // for the last answers

}  // namespace

Timetable::Timetable(Service& service, const Order& order)
    : order_(order),
      audience_(service, order.mailboxes, order.first_mailbox),
      sender_(service.sender()),
      stored_in_(order.mailboxes) {}

Timetable::~Timetable() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Timetable::start() {
  thread_ = std::thread([this] {
    try {
      run();
    } catch (const std::exception& error) {
      failed_ = error.what();
    }
  });
}

Timetable::Times Timetable::stop() {
  stopping_ = true;
  thread_.join();
  if (!failed_.empty()) throw std::runtime_error("the sender with a timetable failed: " + failed_);
  times_.to_reader = audience_.all(stored_in_).samples_ms;
  return std::move(times_);
}

void Timetable::run() {
  const auto step = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / order_.per_second));
  const Clock::time_point start = Clock::now();
  for (next_ = start; !stopping_;) {
    batch_.clear();
    for (const Clock::time_point now = Clock::now(); next_ <= now && batch_.size() < batch_max; next_ += step) {
      times_.late.push_back(std::chrono::duration<double, std::milli>(now - next_).count());
      meant_.push_back(next_);
      batch_.push_back({meant_.size(), order_.first_mailbox + meant_.size() % order_.mailboxes,
                        std::chrono::nanoseconds(next_.time_since_epoch()).count(), order_.urgent});
    }
    if (!batch_.empty()) sender_->send(batch_);
    hear(next_);
  }
  times_.seconds = seconds_since(start);
  while (times_.to_answer.size() < meant_.size()) {
    const std::size_t had = times_.to_answer.size();
    hear(Clock::now() + patience);
    if (times_.to_answer.size() == had) throw std::runtime_error("some messages were never answered");
  }
}

void Timetable::hear(Clock::time_point until) {
  answers_.clear();
  sender_->answers(answers_, until);
  for (const Answer& answer : answers_) {
    if (!answer.stored) throw std::runtime_error("a message was refused: " + answer.why);
    times_.to_answer.push_back(seconds_since(meant_.at(answer.number - 1)) * 1000);
    ++stored_in_[answer.number % order_.mailboxes];
  }
}

void add_percentiles(Report& report, const std::string& name, std::vector<double> samples_ms) {
  report.add(name + "_p50_ms", percentile(samples_ms, 50));
  report.add(name + "_p99_ms", percentile(samples_ms, 99));
  report.add(name + "_max_ms", percentile(samples_ms, 100));
}

}  // namespace vigil::bench
