#include "server/switchboard.hpp"

#include <boost/asio/post.hpp>

namespace vigil::server {

Switchboard::Switchboard(std::function<void(std::uint64_t due_ms)> next_due) : next_due_(std::move(next_due)) {}

Switchboard::~Switchboard() = default;

void Switchboard::serve(const std::vector<std::unique_ptr<Shard>>& shards) {
  for (const auto& shard : shards) {
    desks_.push_back(std::make_unique<Desk>());
    desks_.back()->shard = shard.get();
  }
}

// The first bytes of an id choose its place in a map, so the last one chooses the stripe.
Switchboard::Stripe& Switchboard::stripe(const MailboxId& mailbox) {
  return stripes_[mailbox.bytes.back() % stripes];
}

std::uint64_t Switchboard::listen(Shard& shard, const MailboxId& mailbox, Listens& who) {
  const std::uint64_t ticket = ++last_ticket_;
  desks_[shard.index()]->listeners.emplace(ticket, &who);
  Entry before{0, 0};
  {
    Stripe& at = stripe(mailbox);
    const std::lock_guard held(at.lock);
    Entry& entry = at.listeners[mailbox];
    before = std::exchange(entry, {shard.index(), ticket});
  }
  if (before.ticket == 0) return ticket;
  Desk& other = *desks_[before.shard];
  asio::post(other.shard->context(), [&other, displaced = before.ticket] {
    const auto found = other.listeners.find(displaced);
    if (found == other.listeners.end()) return;
    Listens& listener = *found->second;
    other.listeners.erase(found);
    listener.displaced();
  });
  return ticket;
}

void Switchboard::stop(Shard& shard, const MailboxId& mailbox, std::uint64_t ticket) {
  Desk& desk = *desks_[shard.index()];
  desk.listeners.erase(ticket);
  std::erase(desk.awaiting, ticket);
  Stripe& at = stripe(mailbox);
  const std::lock_guard held(at.lock);
  const auto found = at.listeners.find(mailbox);
  if (found != at.listeners.end() && found->second.ticket == ticket) at.listeners.erase(found);
}

void Switchboard::await_settled(Shard& shard, std::uint64_t ticket, std::uint64_t order) {
  Desk& desk = *desks_[shard.index()];
  desk.awaiting.push_back(ticket);
  desk.awaits_settled.store(true);
  // The committer sets the order first and looks at the flag then; we the other way round, so one of both sees the other.
  if (settled_up_to_.load() >= order) asio::post(desk.shard->context(), [this, &desk] { tell_settled(desk); });
}

void Switchboard::admitted(const MailboxId& mailbox, const storage::StoredCopy& copy) noexcept {
  // Before the look-up: a listener that comes too late for it reads this afterwards and lists until it is settled.
  if (copy.at.order > admitted_up_to_.load(std::memory_order_relaxed)) admitted_up_to_.store(copy.at.order);
  Entry entry{0, 0};
  {
    Stripe& at = stripe(mailbox);
    const std::lock_guard held(at.lock);
    const auto found = at.listeners.find(mailbox);
    if (found == at.listeners.end()) return;
    entry = found->second;
  }
  Desk& desk = *desks_[entry.shard];
  bool first = false;
  {
    const std::lock_guard held(desk.lock);
    first = desk.inbox.empty() && !desk.overflowed;
    if (copy.at.lane == wire::URGENT && !desk.urgent_since) desk.urgent_since = std::chrono::steady_clock::now();
    if (desk.inbox.size() < inbox_max)
      desk.inbox.emplace_back(entry.ticket, copy);
    else
      desk.overflowed = true;
  }
  if (first) asio::post(desk.shard->context(), [this, &desk] { hand_over(desk); });
}

void Switchboard::hand_over(Desk& desk) {
  std::vector<std::pair<std::uint64_t, storage::StoredCopy>> copies;
  std::optional<std::chrono::steady_clock::time_point> urgent_since;
  bool overflowed = false;
  {
    const std::lock_guard held(desk.lock);
    copies.swap(desk.inbox);
    urgent_since = std::exchange(desk.urgent_since, std::nullopt);
    overflowed = std::exchange(desk.overflowed, false);
  }
  for (const auto& [ticket, copy] : copies) {
    const auto found = desk.listeners.find(ticket);
    if (found != desk.listeners.end()) found->second->admitted(copy);
  }
  if (urgent_since) hand_over_times_.add(std::chrono::steady_clock::now() - *urgent_since);
  if (overflowed) tell_all(desk, [](Listens& who) { who.unsettled(); });
}

void Switchboard::settled(std::uint64_t order) noexcept {
  if (order > settled_up_to_.load(std::memory_order_relaxed)) settled_up_to_.store(order);
  for (const auto& desk : desks_)
    if (desk->awaits_settled.load()) asio::post(desk->shard->context(), [this, at = desk.get()] { tell_settled(*at); });
}

void Switchboard::tell_settled(Desk& desk) {
  desk.awaits_settled.store(false);
  for (const std::uint64_t ticket : std::exchange(desk.awaiting, {})) {
    const auto found = desk.listeners.find(ticket);
    if (found != desk.listeners.end()) found->second->settled();
  }
}

void Switchboard::unsettled() noexcept {
  // What was admitted so far is on the disk or lost; nobody need wait for it any longer.
  settled_up_to_.store(admitted_up_to_.load());
  for (const auto& desk : desks_) {
    asio::post(desk->shard->context(), [this, at = desk.get()] {
      tell_all(*at, [](Listens& who) { who.unsettled(); });
      tell_settled(*at);
    });
  }
}

// A listener may stop inside the call, so tickets are collected first.
template <class Tell>
void Switchboard::tell_all(Desk& desk, Tell tell) {
  std::vector<std::uint64_t> tickets;
  for (const auto& [ticket, who] : desk.listeners) tickets.push_back(ticket);
  for (const std::uint64_t ticket : tickets) {
    const auto found = desk.listeners.find(ticket);
    if (found != desk.listeners.end()) tell(*found->second);
  }
}

void Switchboard::next_due(std::uint64_t due_ms) noexcept {
  next_due_(due_ms);
}

}  // namespace vigil::server
