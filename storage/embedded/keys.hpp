// The grammar of the keys: every row the relay writes, on one page. Used inside embedded/ only; pure, any thread.
//
// Column family "once" (put once, then SingleDelete; all integers big-endian):
//
//   bucket(4) | volume(6) | kind(1) | tag(16) | lane(1) | seq(8)
//
//   bucket: end of the span of time in which the row expires, seconds since 1970; 'forever' for rows without an expiry. Tables
//           never span two buckets, so an expired bucket goes file by file. Widths: 10 min, 1 h or 1 day, by lifetime: at most
//           about 63 live.
//   volume: of a copy, a body, remembered ids: the first 48 bits of the number that was next when it came; 0 for the others,
//           which are few. So what came together lies together, and what is full is never merged again with what comes later
//           (docs/decisions/0011)
//   tag:    keyed hash (the key never leaves the relay), so that no boundary of a file shows an id
//   lane:   urgent = 0, normal = 1
//   seq:    epoch of this opening (24 bits, synced before the first write) | counter (40 bits): no number is ever used twice
//
//   c  copy            expiry | volume | c | mailbox     | lane | seq   -> be32 expires | be16 length | stored.Copy | envelope
//   b  body            expiry | volume | b | random                     -> sealed envelope of a fan-out; its key is in the copies
//   r  remembered ids  72 h   | volume | r | nothing     | 0    | seq   -> the ids of a commit, one behind the other
//   e  ended vigil     72 h   | 0      | e | vigil id                   -> stored.Ended
//   t  tombstone       72 h   | 0      | t | vigil id                   -> stored.Tombstone
//   v  copy of a vigil forever| 0      | v | vigil id    | 0    | seq   -> envelope
//   p  one-time prekey forever| 0      | p | mailbox     | 0    | seq   -> stored.OneTimePrekey
//   i  invite          forever| 0      | i | invite hash                -> stored.Invite
//
// Column family "heads" (overwritten and deleted):
//
//   A address tag | M mailbox tag | B mailbox tag (bundle) | V vigil tag | R mailbox tag, address tag (reverse) | # name (meta,
//   alive)
//
// **Invariant:** the first 27 bytes (bucket, volume, kind, tag) are the prefix of the bloom filter; 10 bytes are that of the
// partitioner.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "proto/limits.hpp"

namespace vigil::storage {

using Tag = std::array<std::uint8_t, 16>;

struct TagHash {
  // Tags are keyed hashes: any eight bytes are as good as a hash.
  std::size_t operator()(const Tag& tag) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, tag.data(), sizeof out);
    return out;
  }
};

enum class Kind : std::uint8_t {
  body = 'b',
  copy = 'c',
  ended = 'e',
  invite = 'i',
  prekey = 'p',
  remembered = 'r',
  tombstone = 't',
  vigil_part = 'v'
};
enum class Head : std::uint8_t { meta = '#', address = 'A', bundle = 'B', mailbox = 'M', address_of = 'R', vigil = 'V' };

using Bucket = std::uint32_t;
inline constexpr Bucket forever = 0xFFFFFFFFu;

// 65,536 numbers: five memtables full of copies of 1 KB.
using Volume = std::uint64_t;
inline constexpr Volume volume_last = (Volume{1} << 48) - 1;
constexpr Volume volume_of(std::uint64_t seq) {
  return seq >> 16;
}

inline constexpr std::size_t bucket_bytes = 4, volume_bytes = 6, kind_at = bucket_bytes + volume_bytes, tag_at = kind_at + 1;
inline constexpr std::size_t prefix_bytes = tag_at + sizeof(Tag), copy_key_bytes = prefix_bytes + 9;

// A key on the stack.
class Key {
 public:
  std::string_view view() const { return {bytes_.data(), size_}; }

  Key& u8(std::uint8_t value) {
    bytes_[size_++] = static_cast<char>(value);
    return *this;
  }
  Key& u32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(value >> shift));
    return *this;
  }
  Key& u48(std::uint64_t value) {
    for (int shift = 40; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(value >> shift));
    return *this;
  }
  Key& u64(std::uint64_t value) { return u32(static_cast<std::uint32_t>(value >> 32)).u32(static_cast<std::uint32_t>(value)); }
  Key& tag(const Tag& value) {
    std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
    return *this;
  }

 private:
  std::array<char, 40> bytes_{};
  std::size_t size_ = 0;
};

inline Key bucket_key(Bucket bucket) {
  return Key{}.u32(bucket);
}
inline Key volume_key(Bucket bucket, Volume volume) {
  return bucket_key(bucket).u48(volume);
}
inline Key kind_key(Bucket bucket, Volume volume, Kind kind) {
  return volume_key(bucket, volume).u8(static_cast<std::uint8_t>(kind));
}
inline Key prefix_key(Bucket bucket, Volume volume, Kind kind, const Tag& tag) {
  return kind_key(bucket, volume, kind).tag(tag);
}
inline Key row_key(Bucket bucket, Kind kind, const Tag& tag, int lane, std::uint64_t seq) {
  const Volume volume = kind == Kind::copy || kind == Kind::remembered ? volume_of(seq) : 0;
  return prefix_key(bucket, volume, kind, tag).u8(static_cast<std::uint8_t>(lane)).u64(seq);
}
inline Key head_key(Head kind, const Tag& tag) {
  return Key{}.u8(static_cast<std::uint8_t>(kind)).tag(tag);
}
inline Key address_of_key(const Tag& mailbox, const Tag& address) {
  return head_key(Head::address_of, mailbox).tag(address);
}
inline constexpr std::string_view meta_key = "#meta", alive_key = "#alive", beat_key = "#beat";

inline std::uint32_t read_u32(std::string_view from) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(from[i]);
  return value;
}
inline std::uint64_t read_u64(std::string_view from) {
  return static_cast<std::uint64_t>(read_u32(from)) << 32 | read_u32(from.substr(4));
}

// What a key of "once" says. Only for keys of that family; bucket and volume of any, zeros where a damaged one has none.
inline Bucket bucket_of_key(std::string_view key) {
  Bucket bucket = 0;  // a damaged key may end early
  for (std::size_t i = 0; i < bucket_bytes; ++i) bucket = bucket << 8 | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0);
  return bucket;
}
inline Volume volume_of_key(std::string_view key) {
  Volume volume = 0;
  for (std::size_t i = bucket_bytes; i < kind_at; ++i)
    volume = volume << 8 | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0);
  return volume;
}
inline Kind kind_of_key(std::string_view key) {
  return static_cast<Kind>(key[kind_at]);
}
inline Tag tag_of_key(std::string_view key, std::size_t at) {
  Tag tag;
  std::memcpy(tag.data(), key.data() + at, tag.size());
  return tag;
}
inline int lane_of_key(std::string_view key) {
  return static_cast<std::uint8_t>(key[prefix_bytes]);
}
inline std::uint64_t seq_of_key(std::string_view key) {
  return read_u64(key.substr(prefix_bytes + 1));
}

inline constexpr std::array<std::uint32_t, 3> bucket_widths{600, 3600, 86'400};
constexpr Bucket bucket_of_width(std::uint64_t width, std::uint64_t expires) {
  return static_cast<Bucket>((expires + width - 1) / width * width);
}
// The bucket for a row that lives so long and expires then.
constexpr Bucket bucket_of(std::uint32_t lifetime_s, std::uint64_t expires) {
  return bucket_of_width(bucket_widths[lifetime_s <= 3600 ? 0 : lifetime_s <= 86'400 ? 1 : 2], expires);
}
// Remembered ids live a little longer than promised, in few buckets.
constexpr Bucket remembered_bucket(std::uint64_t now) {
  return bucket_of(limits::remembered_s, now + limits::remembered_s);
}

inline constexpr int epoch_bits = 24, counter_bits = 40;
static_assert(epoch_bits + counter_bits == 64);

}  // namespace vigil::storage
