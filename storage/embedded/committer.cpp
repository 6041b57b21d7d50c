// The loop: take in, fill a batch, commit, answer.
#include "storage/embedded/committer.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "crypto/base/secret_bytes.hpp"

namespace vigil::storage {
namespace {

constexpr std::chrono::milliseconds retry_first{100}, retry_most{5'000};

}  // namespace

void Committer::start() {
  thread_ = std::thread([this] { run(); });
}

Status Committer::submit(std::unique_ptr<Request>& request) {
  request->cost = cost_of(*request);
  request->urgent = is_urgent(*request);
  const std::size_t bytes = request->cost.bytes + sizeof(Request);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return wire::UNAVAILABLE;
    if (inbox_requests_ >= inbox_requests_max || inbox_bytes_ + bytes > inbox_bytes_max) return wire::SLOW_DOWN;
    inbox_bytes_ += bytes;
    ++inbox_requests_;
    request->charged_bytes = bytes;
    (request->urgent ? inbox_urgent_ : inbox_normal_).push_back(std::move(request));
  }
  wake_.notify_one();
  return wire::DONE;
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  while (wait_for_work()) {
    if (!core_.writable) try_to_reopen();
    batch_.begin(core_.rocks.once(), core_.rocks.heads(), core_.clock.now_ms());
    core_.coarse_now->store(batch_.now_s(), std::memory_order_relaxed);
    fill_batch();
    batch_.put_remembered();
    stay_alive();
    commit();
    batch_.forget();
  }
  core_.close(true);
}

// False: everything is answered and no more will come.
bool Committer::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return !inbox_urgent_.empty() || !inbox_normal_.empty() || !inbox_back_.empty(); };
  if (urgent_.empty() && normal_.empty()) {
    const auto tick = core_.writable ? std::chrono::milliseconds(alive_every_ms) : retry_first;
    wake_.wait_for(lock, tick, [&] { return something() || (stopping_ && parked_ == 0); });
  }
  inbox_bytes_ -= std::exchange(released_bytes_, 0);
  inbox_requests_ -= std::exchange(released_requests_, 0);
  const auto move_to = [](Requests& from, Requests& to) {
    for (auto& request : from) to.push_back(std::move(request));
    from.clear();
  };
  while (!inbox_back_.empty()) {
    --parked_;
    Requests& to = inbox_back_.back()->urgent ? urgent_ : normal_;
    to.push_front(std::move(inbox_back_.back()));
    inbox_back_.pop_back();
  }
  move_to(inbox_urgent_, urgent_);
  move_to(inbox_normal_, normal_);
  return !(stopping_ && urgent_.empty() && normal_.empty() && parked_ == 0);
}

bool Committer::fits(const Request& request) const {
  if (taken_ == 0) return true;
  const Cost& cost = request.cost;
  return taken_ < limits::batch_requests_max && taken_cost_.copies + cost.copies <= limits::batch_copies_max &&
         taken_cost_.bytes + cost.bytes <= limits::batch_bytes_max;
}

// Urgent ones first, but a few of the others always.
void Committer::fill_batch() {
  taken_ = taken_normal_ = 0;
  taken_cost_ = {};
  for (;;) {
    const bool spare = !normal_.empty() && taken_ >= limits::batch_requests_max - normal_share && taken_normal_ < normal_share;
    Requests& from = urgent_.empty() || spare ? normal_ : urgent_;
    if (from.empty() || !fits(*from.front())) return;
    std::unique_ptr<Request> request = std::move(from.front());
    from.pop_front();
    const Cost cost = request->cost;
    taken_cost_.copies += cost.copies;
    taken_cost_.bytes += cost.bytes;
    ++taken_;
    taken_normal_ += &from == &normal_;
    step(std::move(request));
    for (auto& next : batch_.follow_ups) {
      next->cost = cost_of(*next);
      next->urgent = is_urgent(*next);
      (next->urgent ? urgent_ : normal_).push_back(std::move(next));
    }
    batch_.follow_ups.clear();
  }
}

void Committer::step(std::unique_ptr<Request> request) {
  if (!core_.writable || request->failed) {
    leave_line(*request);
    return finish(std::move(request), answer(wire::UNAVAILABLE, 2));
  }
  Missing missing(core_);
  gather(core_, *request, missing);
  const Sender sender{request->completion, request->urgent};
  if (!request->in_line && request->completion && (!missing.none() || (!lines_.empty() && lines_.contains(sender)))) {
    lines_[sender].push_back(request.get());
    request->in_line = true;
  }
  if (!missing.none()) return park(std::move(request), missing.take());
  if (request->in_line && lines_[sender].front() != request.get()) {
    ready_[request.get()] = std::move(request);
    return;
  }
  std::optional<Outcome> outcome = apply(core_, batch_, *request);
  leave_line(*request);
  if (outcome) return finish(std::move(request), std::move(*outcome));
  const std::shared_ptr<Parent> parent = request->parent;
  parent->request = std::move(request);  // answered by its last child
}

// The next of its sender may be ready, and is then gathered again: what it found may have changed.
void Committer::leave_line(Request& request) {
  if (!request.in_line) return;
  request.in_line = false;
  const auto line = lines_.find({request.completion, request.urgent});
  std::erase(line->second, &request);
  if (line->second.empty()) {
    lines_.erase(line);
    return;
  }
  const auto next = ready_.find(line->second.front());
  if (next == ready_.end()) return;
  (next->second->urgent ? urgent_ : normal_).push_front(std::move(next->second));
  ready_.erase(next);
}

// Waits until everything it needs has been read, then it is gathered again.
void Committer::park(std::unique_ptr<Request> request, const std::vector<Missing::Start>& starts) {
  struct Parked {
    std::unique_ptr<Request> request;
    std::atomic<std::size_t> left;
    std::atomic<bool> failed = false;
    std::mutex mutex;
    std::vector<std::shared_ptr<void>> held;
  };
  auto parked = std::make_shared<Parked>();
  parked->request = std::move(request);
  parked->left = starts.size() + 1;
  ++parked_;
  const auto then = [this, parked](bool ok, std::shared_ptr<void> held) {
    if (!ok) parked->failed = true;
    if (held) {
      const std::lock_guard lock(parked->mutex);
      parked->held.push_back(std::move(held));
    }
    if (parked->left.fetch_sub(1) != 1) return;
    parked->request->failed = parked->failed;
    for (auto& one : parked->held) parked->request->held.push_back(std::move(one));
    come_back(std::move(parked->request));
  };
  for (const Missing::Start& start : starts) start(then);
  then(true, nullptr);
}

void Committer::come_back(std::unique_ptr<Request> request) {
  {
    const std::lock_guard lock(mutex_);
    inbox_back_.push_back(std::move(request));
  }
  wake_.notify_one();
}

void Committer::finish(std::unique_ptr<Request> request, Outcome outcome) {
  if (outcome.status == wire::REFUSED) core_.counters.refused.fetch_add(1, std::memory_order_relaxed);
  core_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  if (const std::shared_ptr<Parent> parent = std::move(request->parent); parent && parent->request) {
    Request& whole = *parent->request;
    whole.failed = whole.failed || outcome.status != wire::DONE;  // one that could not speaks for all
    if (--parent->left == 0) {
      whole.parent.reset();
      const Outcome all = whole.failed ? answer(wire::UNAVAILABLE, 2) : answer(wire::DONE);
      finish(std::move(parent->request), all);
    }
  }
  released_bytes_ += request->charged_bytes;
  released_requests_ += request->charged_bytes != 0;
  if (!request->completion) return;
  const auto same = [&](const auto& shard) { return shard.first == request->shard; };
  auto shard = std::find_if(answers_.begin(), answers_.end(), same);
  if (shard == answers_.end()) shard = answers_.emplace(answers_.end(), request->shard, std::vector<Answered>());
  shard->second.push_back({request->completion, request->tag, std::move(outcome)});
}

// A row that tells the next opening how long the relay was away, and how many mailboxes there are.
void Committer::stay_alive() {
  const std::uint64_t mailboxes = core_.counters.mailboxes;
  if (!core_.writable || (batch_.now_ms < alive_ms_ + alive_every_ms && mailboxes == alive_mailboxes_)) return;
  alive_ms_ = batch_.now_ms;
  alive_mailboxes_ = mailboxes;
  wipe_stack_and_registers();
  batch_.put_head(alive_key, alive_row(core_, batch_.now_ms));
}

void Committer::commit() {
  if (core_.writable && !batch_.empty()) {
    const rocksdb::Status written = core_.rocks.write(batch_.rows);
    core_.counters.commits.fetch_add(1, std::memory_order_relaxed);
    if (!written.ok()) return fail();
    if (batch_.last_seq != 0) {
      core_.committed_seq.store(batch_.last_seq, std::memory_order_release);
      if (Observer* observer = core_.observer) observer->settled(batch_.last_seq);
    }
  }
  post_answers();
  core_.vigils.tell_next(core_.observer.load());
  const std::size_t most = core_.options.ledger_bytes;
  core_.mailboxes.shrink(most / 4 * 3);
  core_.addresses.shrink(most / 8);
  core_.prekeys.shrink(most / 16);
  core_.address_lists.shrink(most / 16);
}

void Committer::post_answers() {
  for (auto& [shard, answered] : answers_) {
    if (answered.empty()) continue;
    boost::asio::post(shard, [batch = std::exchange(answered, {})]() mutable {
      for (Answered& one : batch) one.completion->done(one.tag, std::move(one.outcome));
    });
  }
  if (answers_.size() > 64) answers_.clear();
}

// Nobody knows whether the batch is on the disk. This database is not synced again: it is closed, and opened from what the disk
// has.
void Committer::fail() {
  core_.counters.failed_syncs.fetch_add(1, std::memory_order_relaxed);
  for (auto& [shard, answered] : answers_) {
    for (Answered& one : answered) one.outcome = answer(wire::UNKNOWN, 2);
  }
  core_.close(false);
  core_.disk.drop_ballast();  // if it was for want of room
  post_answers();
  if (Observer* observer = core_.observer) observer->unsettled();
  retry_after_ = retry_first;
  retry_at_ = {};  // the first try is at once
}

void Committer::try_to_reopen() {
  const auto now = std::chrono::steady_clock::now();
  if (now < retry_at_) return;
  if (!core_.open()) {
    core_.vigils.tell_next(core_.observer.load());
    return;
  }
  core_.close(false);
  core_.disk.drop_ballast();
  retry_at_ = now + retry_after_;
  retry_after_ = std::min(retry_after_ * 2, retry_most);
}

}  // namespace vigil::storage
