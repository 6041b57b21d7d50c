// The turns of two threads: waiting, filling, writing.
#include "storage/embedded/committer.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>

#include "crypto/base/secret_bytes.hpp"

namespace vigil::storage {
namespace {

constexpr std::chrono::milliseconds retry_first{100}, retry_most{5'000};

}  // namespace

void Committer::start() {
  for (std::size_t turn = 0; turn < threads_.size(); ++turn) threads_[turn] = std::thread([this, turn] { run(turn); });
}

Status Committer::submit(std::unique_ptr<Request>& request) {
  request->cost = cost_of(*request);
  request->urgent = is_urgent(*request);
  const std::size_t bytes = request->cost.bytes + sizeof(Request);
  const std::lock_guard lock(mutex_);
  if (stopping_) return wire::UNAVAILABLE;
  if (inbox_requests_ >= inbox_requests_max || inbox_bytes_ + bytes > inbox_bytes_max) return wire::SLOW_DOWN;
  inbox_bytes_ += bytes;
  ++inbox_requests_;
  request->charged_bytes = bytes;
  (request->urgent ? inbox_urgent_ : inbox_normal_).push_back(std::move(request));
  if (is_worth_waking()) (filling_ ? filler_ : idle_).notify_one();
  return wire::DONE;
}

void Committer::stop() {
  if (!threads_.front().joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  idle_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  core_.close(true);
}

void Committer::run(std::size_t turn) {
  Commit commit(core_.commits_begun[turn]);
  ::pthread_setname_np(::pthread_self(), "committer");  // what `top -H` shows
  std::uint64_t wiped_ms = 0;
  while (begin_filling()) {
    const bool to_write = fill(commit);
    const std::uint64_t now_ms = commit.batch.now_ms;
    if (to_write) write(commit);
    if (now_ms < wiped_ms + alive_every_ms) continue;
    wiped_ms = now_ms;
    wipe_stack_and_registers();
  }
}

bool Committer::is_worth_waking() const {
  if (something_urgent()) return true;
  const std::size_t normal = inbox_normal_.size() + inbox_back_.size();
  return normal >= (writing_ && writing_now_ >= large_commit ? worth_waking : 1);
}

bool Committer::something_urgent() const {
  return !inbox_urgent_.empty() || urgent_back_ != 0;
}

bool Committer::is_over() const {
  return stopping_ && !filling_ && !writing_ && !failed_ && !left_over_ && parked_ == 0 && inbox_urgent_.empty() &&
         inbox_normal_.empty() && inbox_back_.empty();
}

// Waits until there is something to decide and nobody is at it. False: everything is answered and no more will come.
bool Committer::begin_filling() {
  std::unique_lock lock(mutex_);
  const auto mine = [this] { return is_over() || (!filling_ && (failed_ || left_over_ || is_worth_waking())); };
  for (;;) {
    const auto tick = core_.writable ? std::chrono::milliseconds(alive_every_ms) : retry_first;
    const bool something = idle_.wait_for(lock, tick, mine);
    if (is_over()) break;
    if (!something) {
      lock.unlock();
      wipe_stack_and_registers();
      lock.lock();
      if (filling_ || writing_) continue;
    }
    filling_ = true;
    return true;
  }
  idle_.notify_all();
  return false;
}

// Decides what there is, and goes on with what comes while the other thread writes. True: the commit is this thread's to write,
// and the other one may fill the next.
bool Committer::fill(Commit& commit) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (failed_) {
      lock.unlock();
      say(commit, wire::UNAVAILABLE);  // decided upon what the disk does not have; never written
      answer_all(commit);
      leave_failed_database();
      lock.lock();
      failed_ = false;
    }
    take_in();
    const bool free = !writing_;  // and stays so
    const std::uint64_t settled = settled_;
    lock.unlock();
    if (!core_.writable) try_to_reopen();
    if (commit.number == 0) begin(commit, settled);
    commit.batch.go_on(core_.rocks.once(), core_.rocks.heads(), core_.clock.now_ms());
    core_.coarse_now->store(commit.batch.now_s(), std::memory_order_relaxed);
    decide(commit);
    core_.vigils.tell_next(core_.observer.load());
    const bool full = !urgent_.empty() || !normal_.empty();
    lock.lock();
    if (free) break;
    filler_.wait(lock, [&] { return !writing_ || (full ? something_urgent() : is_worth_waking()); });
  }
  writing_ = true;
  writing_now_ = commit.taken;
  lock.unlock();
  commit.batch.put_remembered();
  stay_alive(commit);
  lock.lock();
  filling_ = false;
  left_over_ = !urgent_.empty() || !normal_.empty();
  writing_ = !commit.batch.empty() || commit.taken != 0;
  if (!writing_) commit.number = commit.begun_s = 0;
  if (left_over_ || is_worth_waking()) idle_.notify_one();
  return writing_;
}

// Memory may let go of what no commit on its way has touched.
void Committer::begin(Commit& commit, std::uint64_t settled) {
  commit.number = commit.batch.number = ++last_number_;
  commit.begun_s = core_.clock.now_s();
  core_.new_parts.forget(settled);
  const std::size_t most = core_.options.ledger_bytes;
  core_.mailboxes.begin(commit.number, settled, most / 4 * 3);
  core_.addresses.begin(commit.number, settled, most / 8);
  core_.prekeys.begin(commit.number, settled, most / 16);
  core_.address_lists.begin(commit.number, settled, most / 16);
}

void Committer::take_in() {
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
  urgent_back_ = 0;
  move_to(inbox_urgent_, urgent_);
  move_to(inbox_normal_, normal_);
}

// An urgent one finds room in a commit that is full of others.
bool Committer::fits(const Commit& commit, const Request& request) const {
  if (commit.taken == 0) return true;
  const std::size_t most = request.urgent ? 2 : 1;
  return commit.taken < most * limits::batch_requests_max &&
         commit.cost.copies + request.cost.copies <= most * limits::batch_copies_max &&
         commit.cost.bytes + request.cost.bytes <= most * limits::batch_bytes_max;
}

// Urgent ones first, but a few of the others always.
void Committer::decide(Commit& commit) {
  for (;;) {
    const bool spare =
        !normal_.empty() && commit.taken >= limits::batch_requests_max - normal_share && commit.taken_normal < normal_share;
    Requests& from = urgent_.empty() || spare ? normal_ : urgent_;
    if (from.empty() || !fits(commit, *from.front())) return;
    std::unique_ptr<Request> request = std::move(from.front());
    from.pop_front();
    commit.cost.copies += request->cost.copies;
    commit.cost.bytes += request->cost.bytes;
    ++commit.taken;
    commit.taken_normal += &from == &normal_;
    step(commit, std::move(request));
    for (auto& next : commit.batch.follow_ups) {
      next->cost = cost_of(*next);
      next->urgent = is_urgent(*next);
      (next->urgent ? urgent_ : normal_).push_back(std::move(next));
    }
    commit.batch.follow_ups.clear();
  }
}

void Committer::step(Commit& commit, std::unique_ptr<Request> request) {
  if (!core_.writable || request->failed) {
    leave_line(*request);
    return finish(commit, std::move(request), answer(wire::UNAVAILABLE, 2));
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
  std::optional<Outcome> outcome = apply(core_, commit.batch, *request);
  leave_line(*request);
  if (outcome) return finish(commit, std::move(request), std::move(*outcome));
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
  const std::lock_guard lock(mutex_);
  urgent_back_ += request->urgent;
  inbox_back_.push_back(std::move(request));
  if (is_worth_waking()) (filling_ ? filler_ : idle_).notify_one();
}

void Committer::finish(Commit& commit, std::unique_ptr<Request> request, Outcome outcome) {
  if (outcome.status == wire::REFUSED) core_.counters.refused.fetch_add(1, std::memory_order_relaxed);
  core_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  if (const std::shared_ptr<Parent> parent = std::move(request->parent); parent && parent->request) {
    Request& whole = *parent->request;
    whole.failed = whole.failed || outcome.status != wire::DONE;  // one that could not speaks for all
    if (--parent->left == 0) {
      whole.parent.reset();
      const Outcome all = whole.failed ? answer(wire::UNAVAILABLE, 2) : answer(wire::DONE);
      finish(commit, std::move(parent->request), all);
    }
  }
  commit.released_bytes += request->charged_bytes;
  commit.released_requests += request->charged_bytes != 0;
  if (!request->completion) return;
  const auto same = [&](const auto& shard) { return shard.first == request->shard; };
  auto shard = std::find_if(commit.answers.begin(), commit.answers.end(), same);
  if (shard == commit.answers.end()) shard = commit.answers.emplace(shard, request->shard, std::vector<Answered>());
  shard->second.push_back({request->completion, request->tag, std::move(outcome)});
}

// A row that tells the next opening how long the relay was away, and how many mailboxes there are.
void Committer::stay_alive(Commit& commit) {
  const std::uint64_t mailboxes = core_.counters.mailboxes;
  Batch& batch = commit.batch;
  if (!core_.writable || (batch.now_ms < alive_ms_ + alive_every_ms && mailboxes == alive_mailboxes_)) return;
  alive_ms_ = batch.now_ms;
  alive_mailboxes_ = mailboxes;
  batch.put_head(alive_key, alive_row(core_, batch.now_ms));
}

// Nobody knows whether a commit that failed is on the disk. This database is not synced again: whoever fills next leaves it.
void Committer::write(Commit& commit) {
  bool written = true;
  if (core_.writable && !commit.batch.empty()) {
    const auto begun = std::chrono::steady_clock::now();
    written = core_.rocks.write(commit.batch.rows).ok();
    core_.counters.commit_times.add(std::chrono::steady_clock::now() - begun);
    core_.counters.commits.fetch_add(1, std::memory_order_relaxed);
    if (!written) {
      core_.counters.failed_syncs.fetch_add(1, std::memory_order_relaxed);
      say(commit, wire::UNKNOWN);
    } else if (commit.batch.last_seq != 0) {
      core_.committed_seq.store(commit.batch.last_seq, std::memory_order_release);
      if (Observer* observer = core_.observer) observer->settled(commit.batch.last_seq);
    }
  }
  const std::uint64_t number = commit.number;
  {
    const std::lock_guard lock(mutex_);
    failed_ = !written;
    if (written) settled_ = number;
  }
  answer_all(commit);
  const std::lock_guard lock(mutex_);
  writing_ = false;
  filler_.notify_one();
}

// And the commit is empty again.
void Committer::answer_all(Commit& commit) {
  for (auto& [shard, answered] : commit.answers) {
    if (answered.empty()) continue;
    boost::asio::post(shard, [batch = std::exchange(answered, {})]() mutable {
      for (Answered& one : batch) one.completion->done(one.tag, std::move(one.outcome));
    });
  }
  if (commit.answers.size() > 64) commit.answers.clear();
  commit.batch.forget();
  commit.number = commit.begun_s = 0;
  commit.taken = commit.taken_normal = 0;
  commit.cost = {};
  const std::lock_guard lock(mutex_);
  inbox_bytes_ -= std::exchange(commit.released_bytes, 0);
  inbox_requests_ -= std::exchange(commit.released_requests, 0);
}

void Committer::say(Commit& commit, Status status) {
  for (auto& [shard, answered] : commit.answers) {
    for (Answered& one : answered) one.outcome = answer(status, 2);
  }
}

// It is closed, and opened from what the disk has.
void Committer::leave_failed_database() {
  core_.close(false);
  core_.disk.drop_ballast();  // if it was for want of room
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
