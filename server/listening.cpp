#include "server/listening.hpp"

#include <algorithm>

#include "proto/limits.hpp"

namespace vigil::server {

Listening::Listening(storage::Store& store, Switchboard& switchboard, Shard& shard, const MailboxId& mailbox,
                     std::uint32_t window, Way& way)
    : store_(store),
      switchboard_(switchboard),
      shard_(shard),
      mailbox_(mailbox),
      window_(window),
      reserve_(std::min(limits::window_urgent_copies, window / 2)),
      way_(way) {}

Listening::~Listening() {
  stop();
}

void Listening::start() {
  if (ticket_ != 0) return;
  ticket_ = switchboard_.listen(shard_, mailbox_, *this);
  // Registered first; what was admitted before is shown by lists once it is settled.
  const std::uint64_t admitted = switchboard_.admitted_up_to();
  for (LaneState& lane : lanes_) lane = {.last = lane.last, .noted = admitted, .held = {}, .behind = true, .awaits = false};
  proceed();
}

void Listening::stop() {
  if (ticket_ == 0) return;
  switchboard_.stop(shard_, mailbox_, std::exchange(ticket_, 0));
}

void Listening::displaced() {
  stop();
  way_.displaced();
}

std::uint32_t Listening::places(Lane lane) const {
  if (given_.size() >= span_max) return 0;
  const std::uint32_t all = window_ - std::min(window_, unacknowledged_);
  if (lane == wire::URGENT) return all;
  const std::uint32_t width = window_ - reserve_;
  return std::min(all, width - std::min(width, unacknowledged_normal_));
}

void Listening::give(const storage::StoredCopy& copy) {
  state(copy.at.lane).last = copy.at.order;
  const std::uint64_t number = first_given_ + given_.size();
  given_.emplace_back(copy.at);
  ++unacknowledged_;
  if (copy.at.lane != wire::URGENT) ++unacknowledged_normal_;
  way_.deliver(number, copy);
}

void Listening::admitted(const storage::StoredCopy& copy) {
  if (ticket_ == 0) return;
  LaneState& lane = state(copy.at.lane);
  if (copy.at.order <= lane.last) return;
  if (!lane.behind && places(copy.at.lane) > 0 && way_.open()) return give(copy);
  lane.behind = true;
  if (lane.held.size() < held_max) {
    lane.held.push_back(copy);
  } else {
    lane.held.clear();
    lane.noted = copy.at.order;
  }
  // When the window or the way is what stops us, an acknowledgement or an emptied outbox goes on.
  proceed();
}

void Listening::settled() {
  for (LaneState& lane : lanes_) {
    lane.awaits = lane.awaits && switchboard_.settled_up_to() < lane.noted;
    if (lane.awaits) switchboard_.await_settled(shard_, ticket_, lane.noted);
  }
  proceed();
}

void Listening::unsettled() {
  for (LaneState& lane : lanes_) {
    lane.held.clear();
    lane.noted = switchboard_.admitted_up_to();
    lane.behind = true;
    lane.awaits = false;
  }
  proceed();
}

void Listening::proceed() {
  if (ticket_ == 0 || listing_ || !way_.open()) return;
  for (const Lane lane : {wire::URGENT, wire::NORMAL}) {
    const LaneState& at = state(lane);
    if (at.behind && !at.awaits && places(lane) > 0) return list(lane);
  }
}

void Listening::list(Lane lane) {
  listing_ = true;
  way_.list_begun();
  const std::uint64_t settled_before = switchboard_.settled_up_to();
  store_.list(mailbox_, lane, state(lane).last, places(lane), shard_.executor(),
              [this, lane, settled_before](Result<storage::Store::Page> page) { listed(lane, settled_before, std::move(page)); });
}

void Listening::listed(Lane lane, std::uint64_t settled_before, Result<storage::Store::Page> page) {
  listing_ = false;
  LaneState& at = state(lane);
  if (ticket_ != 0 && page) {
    for (const storage::StoredCopy& copy : *page)
      if (copy.at.order > at.last && places(lane) > 0) give(copy);
    // Only an empty page is the end: a store may cut a page short.
    if (page->empty()) {
      if (settled_before >= at.noted || at.last >= at.noted) {
        catch_up(at);
      } else if (switchboard_.settled_up_to() < at.noted) {
        at.awaits = true;
        switchboard_.await_settled(shard_, ticket_, at.noted);
      }  // else it was settled while the list was on its way: the next one shows it
    }
    proceed();
  }
  way_.list_ended(!page);
}

// Lists have shown everything up to 'noted'; what was admitted since is held, in order.
void Listening::catch_up(LaneState& lane) {
  lane.behind = false;
  for (const storage::StoredCopy& copy : std::exchange(lane.held, {})) {
    if (copy.at.order <= lane.last) continue;
    if (!lane.behind && places(copy.at.lane) > 0 && way_.open()) {
      give(copy);
    } else {
      lane.behind = true;
      lane.noted = copy.at.order;
    }
  }
}

bool Listening::acknowledge(std::uint64_t first, std::uint64_t last, std::vector<storage::Position>& positions) {
  const std::uint64_t next = first_given_ + given_.size();
  if (first == 0 || first > last || last >= next) return false;
  for (std::uint64_t number = std::max(first, first_given_); number <= last; ++number) {
    std::optional<storage::Position>& at = given_[number - first_given_];
    if (!at) continue;
    --unacknowledged_;
    if (at->lane != wire::URGENT) --unacknowledged_normal_;
    positions.push_back(*at);
    at.reset();
  }
  const auto oldest = std::ranges::find_if(given_, [](const auto& at) { return at.has_value(); });
  first_given_ += static_cast<std::uint64_t>(oldest - given_.begin());
  given_.erase(given_.begin(), oldest);
  if (given_.empty()) std::vector<std::optional<storage::Position>>().swap(given_);
  return true;
}

}  // namespace vigil::server
