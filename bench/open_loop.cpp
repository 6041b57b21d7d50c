// Two threads with a timetable.
#include "open_loop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <stdexcept>

namespace vigil::bench {
namespace {

Clock::duration step_of(double per_second) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
}

}  // namespace

std::size_t Samples::meant_for(Clock::time_point moment) {
  all_.push_back({moment});
  return all_.size() - 1;
}

void Samples::answered(std::size_t number) {
  all_[number].ms = seconds_since(all_[number].meant) * 1000;
}

std::vector<double> Samples::between(Clock::time_point from, Clock::time_point to) const {
  std::vector<double> out;
  for (const One& one : all_) {
    if (one.meant >= from && one.meant < to) out.push_back(one.ms);
  }
  return out;
}

OpenLoop::OpenLoop(double per_second) : step_(step_of(per_second)) {}

void OpenLoop::start() {
  thread_ = std::thread([this] { run(); });
}

void OpenLoop::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void OpenLoop::answered(std::size_t number) {
  samples_.answered(number);
  --outstanding_;
}

void OpenLoop::run() {
  const auto work = boost::asio::make_work_guard(context_);
  Clock::time_point next = Clock::now();
  while (!stopping_) {
    context_.run_until(next);
    for (; next <= Clock::now(); next += step_) {
      ++outstanding_;
      ask(samples_.meant_for(next));
    }
  }
  while (outstanding_ > 0) context_.run_one();
}

SyncProbe::SyncProbe(const std::filesystem::path& folder, double per_second)
    : file_(::open((folder / "sync-probe").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw std::runtime_error("cannot write to " + folder.string());
  thread_ = std::thread([this, per_second] { run(step_of(per_second)); });
}

SyncProbe::~SyncProbe() {
  stop();
  ::close(file_);
}

void SyncProbe::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void SyncProbe::run(Clock::duration step) {
  const std::array<char, 1024> small{};
  Clock::time_point next = Clock::now();
  while (!stopping_) {
    std::this_thread::sleep_until(next);
    wakes_.answered(wakes_.meant_for(next));
    std::vector<std::size_t> waiting;
    for (const Clock::time_point now = Clock::now(); next <= now; next += step) waiting.push_back(waits_.meant_for(next));
    const std::size_t number = syncs_.meant_for(Clock::now());
    const bool synced =
        ::write(file_, small.data(), small.size()) == static_cast<ssize_t>(small.size()) && ::fdatasync(file_) == 0;
    if (!synced) return;  // a full disk: the store says so, too
    syncs_.answered(number);
    for (const std::size_t one : waiting) waits_.answered(one);
  }
}

}  // namespace vigil::bench
