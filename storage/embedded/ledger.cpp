// Counting what waits.
#include "storage/embedded/ledger.hpp"

namespace vigil::storage {
namespace {

constexpr auto before = [](const Waiting& waiting, std::uint64_t seq) { return waiting.seq() < seq; };
constexpr std::size_t topics_max = 2048;  // more than copies can wait

// Which of the widths of buckets; one more than there are: none.
std::uint32_t width_of(Bucket bucket, std::uint32_t expires) {
  const auto fitting = [&](std::uint32_t width) { return bucket_of_width(width, expires) == bucket; };
  return static_cast<std::uint32_t>(std::ranges::find_if(bucket_widths, fitting) - bucket_widths.begin());
}

}  // namespace

bool Waiting::fits(Bucket bucket, std::uint32_t expires) {
  return width_of(bucket, expires) < bucket_widths.size();
}

Waiting::Waiting(std::uint64_t seq, AddressRoom& room, Bucket bucket, std::uint32_t expires, std::size_t bytes, bool of_vigil)
    : seq_(seq),
      room_(&room),
      expires_(expires),
      rest_(static_cast<std::uint32_t>(bytes) << 3 | width_of(bucket, expires) << 1 | (of_vigil ? 1 : 0)) {}

const Waiting* LaneQueue::find(std::uint64_t seq) const {
  const Waiting* at = std::lower_bound(begin(), end(), seq, before);
  return at != end() && at->seq() == seq ? at : nullptr;
}

const Waiting* LaneQueue::after(std::uint64_t seq) const {
  return std::lower_bound(begin(), end(), seq + 1, before);
}

// In small steps: what a vector keeps beyond its size is as much as all of it when it doubles.
void LaneQueue::push(const Waiting& waiting) {
  if (rows_.size() == rows_.capacity()) rows_.reserve(rows_.size() + rows_.size() / 8 + 4);
  rows_.push_back(waiting);
}

void LaneQueue::sort() {
  std::sort(rows_.begin(), rows_.end(), [](const Waiting& a, const Waiting& b) { return a.seq() < b.seq(); });
}

void LaneQueue::compact() {
  if (first_ == 0) return;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

void LaneQueue::erase(const Waiting* at) {
  const auto index = static_cast<std::size_t>(at - rows_.data());
  if (index != first_) {
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(index));
    return;
  }
  ++first_;
  if (first_ == rows_.size()) {
    rows_.clear();
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= rows_.size()) {
    compact();
  }
}

std::size_t MailboxEntry::bytes() const {
  return sizeof *this + lanes[0].bytes() + lanes[1].bytes() + rooms.size() * 64 + topics.size() * 80;
}

void MailboxEntry::add(int lane, const Waiting& waiting) {
  lanes[static_cast<std::size_t>(lane)].push(waiting);
  if (lane == wire::URGENT) {
    ++waiting.room().urgent;
  } else {
    ++waiting.room().normal;
    normal_bytes += waiting.bytes();
  }
  soonest_expiry = std::min<Instant>(soonest_expiry, waiting.expires());
}

namespace {

void count_off(MailboxEntry& mailbox, int lane, const Waiting& waiting) {
  if (lane == wire::URGENT) {
    --waiting.room().urgent;
  } else {
    --waiting.room().normal;
    mailbox.normal_bytes -= waiting.bytes();
  }
}

}  // namespace

void MailboxEntry::remove(int lane, const Waiting* at) {
  count_off(*this, lane, *at);
  lanes[static_cast<std::size_t>(lane)].erase(at);
}

std::size_t MailboxEntry::drop_expired(Instant now, Buckets& buckets) {
  if (soonest_expiry > now) return 0;
  std::size_t dropped = 0;
  soonest_expiry = ~Instant{0};
  for (const int lane : {0, 1}) {
    LaneQueue& queue = lanes[static_cast<std::size_t>(lane)];
    queue.compact();
    queue.erase_if([&](const Waiting& waiting) {
      if (waiting.expires() > now) {
        soonest_expiry = std::min<Instant>(soonest_expiry, waiting.expires());
        return false;
      }
      count_off(*this, lane, waiting);
      buckets.take(waiting.bucket(), lane, waiting.bytes());
      ++dropped;
      return true;
    });
  }
  std::erase_if(rooms, [](const auto& room) { return room.second.urgent == 0 && room.second.normal == 0; });
  return dropped;
}

void MailboxEntry::forget_old_topics() {
  if (topics.size() < topics_max) return;
  std::erase_if(topics,
                [&](const auto& topic) { return !lanes[static_cast<std::size_t>(topic.second.lane)].find(topic.second.seq); });
}

}  // namespace vigil::storage
