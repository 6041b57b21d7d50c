// Two queues and their threads.
#include "storage/embedded/readers.hpp"

#include "crypto/base/secret_bytes.hpp"

namespace vigil::storage {

Readers::Readers(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Readers::~Readers() {
  stop();
}

void Readers::need(Job job) {
  {
    const std::lock_guard lock(mutex_);
    needs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

bool Readers::page(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || pages_.size() >= pages_max) return false;
    pages_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Readers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Readers::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (needs_.empty() && pages_.empty()) wipe_stack_and_registers();
      wake_.wait(lock, [this] { return stopping_ || !needs_.empty() || !pages_.empty(); });
      std::deque<Job>& queue = needs_.empty() ? pages_ : needs_;
      if (queue.empty()) return;
      job = std::move(queue.front());
      queue.pop_front();
    }
    job();
  }
}

}  // namespace vigil::storage
