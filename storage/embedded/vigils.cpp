// Order, loads, and reading the heads at opening.
#include "storage/embedded/vigils.hpp"

#include <algorithm>
#include <bit>

#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {
namespace {

constexpr std::uint64_t silent_window_ms = 120'000;
constexpr std::uint64_t silent_ahead_ms = 5'000;
constexpr std::size_t silent_least = 10, silent_share = 5;  // a fifth

}  // namespace

std::uint32_t VigilParty::open_places() const {
  std::uint32_t taken = 0;
  for (std::size_t what = 1; what < waiting.size(); ++what)
    if (waiting[what].order != 0) taken |= 1u << what;
  return static_cast<std::uint32_t>(std::popcount(places & ~taken));
}

std::uint64_t VigilHead::next_ms() const {
  if (lease_end_ms != 0) return std::min(lease_end_ms, dies_ms);
  return due_ms != 0 ? std::min(due_ms, dies_ms) : dies_ms;
}

VigilState VigilHead::state(std::uint64_t now_ms) const {
  VigilState out;
  out.due_s = due_ms > now_ms ? static_cast<std::uint32_t>((due_ms - now_ms + 999) / 1000) : 0;
  out.stage = stage;
  out.round = round;
  out.released = released;
  out.fetched = fetched;
  return out;
}

LeaseState VigilHead::lease(std::uint32_t asked_by, std::uint64_t now_ms) const {
  if (!leased(now_ms)) return {};
  return {holder == asked_by, holder, static_cast<std::uint32_t>((lease_end_ms - now_ms + 999) / 1000)};
}

std::uint32_t Vigils::open_places(const Tag& address) const {
  const auto found = loads.find(address);
  return found == loads.end() ? 0 : found->second.open_places;
}

VigilHead* Vigils::find(const Tag& tag) {
  const auto found = heads_.find(tag);
  return found == heads_.end() ? nullptr : found->second.get();
}

void Vigils::count(const VigilHead& head, int sign) {
  for (const VigilParty& party : head.parties) {
    if (party.refused) continue;
    Load& load = loads[party.tag];
    load.vigils += static_cast<std::uint32_t>(sign);
    load.open_places += static_cast<std::uint32_t>(sign) * party.open_places();
    if (load.vigils == 0 && load.tombstones == 0) loads.erase(party.tag);
  }
  if (head.kind == wire::CHECK_IN && !head.released) check_ins_ += static_cast<std::size_t>(sign);
}

VigilHead& Vigils::add(VigilHead from) {
  const Tag tag = from.tag;
  VigilHead& head = *(heads_[tag] = std::make_unique<VigilHead>(std::move(from)));
  for (std::uint32_t party = 0; party < head.parties.size(); ++party) {
    for (std::size_t what = 1; what < head.parties[party].waiting.size(); ++what) {
      if (const std::uint64_t seq = head.parties[party].waiting[what].order; seq != 0)
        waiting[seq] = {tag, party, static_cast<VigilCopy>(what)};
    }
  }
  count(head, 1);
  head.scheduled_ms = head.next_ms();
  order_.emplace(head.scheduled_ms, tag);
  return head;
}

void Vigils::remove(const Tag& tag) {
  const auto found = heads_.find(tag);
  if (found == heads_.end()) return;
  const VigilHead& head = *found->second;
  count(head, -1);
  for (const VigilParty& party : head.parties) {
    for (const VigilParty::Waiting& copy : party.waiting) waiting.erase(copy.order);
  }
  order_.erase({head.scheduled_ms, tag});
  heads_.erase(found);
}

void Vigils::reschedule(VigilHead& head) {
  order_.erase({head.scheduled_ms, head.tag});
  head.scheduled_ms = head.next_ms();
  order_.emplace(head.scheduled_ms, head.tag);
}

std::vector<Tag> Vigils::due(std::uint64_t now_ms) const {
  std::vector<Tag> out;
  for (auto at = order_.begin(); at != order_.end() && at->first <= now_ms; ++at) out.push_back(at->second);
  return out;
}

Result<std::pair<VigilState, LeaseState>> Vigils::look(const Tag& tag, const Hash& secret_hash, std::uint64_t now_ms) const {
  const std::lock_guard lock(mutex);
  const auto found = heads_.find(tag);
  if (found == heads_.end()) return std::unexpected(ended.contains(tag) ? wire::ENDED : wire::REFUSED);
  const VigilHead& head = *found->second;
  if (head.gone_on) return std::unexpected(owner_ended(head, now_ms));
  if (!(secret_hash == head.hurry_hash) && !(secret_hash == head.refresh_hash)) return std::unexpected(wire::REFUSED);
  return std::pair{head.state(now_ms), head.lease(~0u, now_ms)};
}

bool Vigils::many_silent(std::size_t now_silent, std::uint64_t now_ms) {
  silent_.erase(silent_.begin(), silent_.lower_bound(now_ms > silent_window_ms ? now_ms - silent_window_ms : 0));
  std::size_t before = 0;
  for (const auto& [at, count_then] : silent_) before += count_then;
  if (now_silent > 0) silent_[now_ms] += now_silent;
  const std::size_t all = check_ins_ + before;
  const std::size_t enough = std::max(silent_least, (all + silent_share - 1) / silent_share);
  std::size_t silent = before + now_silent;
  // They never fall silent in the very same millisecond: without those of the next seconds the first ones would not be told.
  for (auto at = order_.lower_bound({now_ms + 1, Tag{}}); silent < enough && at != order_.end(); ++at) {
    if (at->first > now_ms + silent_ahead_ms) break;
    const VigilHead& head = *heads_.at(at->second);
    if (head.kind == wire::CHECK_IN && !head.released && !head.silence_counted) ++silent;
  }
  return silent >= enough;
}

void Vigils::clear() {
  const std::lock_guard lock(mutex);
  heads_.clear();
  order_.clear();
  loads.clear();
  tombstones.clear();
  ended.clear();
  waiting.clear();
  silent_.clear();
  check_ins_ = 0;
  told_next_ = 0;
}

void Vigils::forget_expired(Instant now) {
  const std::lock_guard lock(mutex);
  std::erase_if(ended, [&](const auto& one) { return one.second <= now; });
  std::erase_if(tombstones, [&](const auto& one) {
    if (one.second.bucket > now) return false;
    const auto load = loads.find(one.second.address);
    if (load != loads.end() && --load->second.tombstones == 0 && load->second.vigils == 0) loads.erase(load);
    return true;
  });
}

void Vigils::tell_next(Observer* observer) {
  if (!observer || order_.empty()) return;
  const std::uint64_t next = order_.begin()->first;
  if (next == told_next_) return;
  told_next_ = next;
  observer->next_due(next);
}

}  // namespace vigil::storage
