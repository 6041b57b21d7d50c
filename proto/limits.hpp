// Every bound of the protocol, with its reason, and the arithmetic between them. Everybody may use it.
// What an operator may change is configuration (deploy/vigild.toml) with these as defaults; the rest is fixed by the protocol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vigil::limits {

inline constexpr std::uint32_t protocol_version = 1;

// ---- frames
inline constexpr std::size_t frame_bytes_max = 64 * 1024;        // one go on a bad link; bounds memory per connection
inline constexpr std::size_t post_bytes_max = 512 * 1024;        // a whole keep in one request
inline constexpr std::size_t request_head_bytes_max = 8 * 1024;  // nginx's own default
inline constexpr std::size_t requests_per_frame_max = 256;
inline constexpr std::size_t acknowledged_ranges_max = 256;  // per frame
inline constexpr std::size_t pending_requests_max = 1024;    // unanswered, per connection: then reading pauses
inline constexpr std::size_t outbox_bytes_max = 256 * 1024;  // unsent, per connection: then pushing pauses
inline constexpr std::uint32_t window_copies = 64;           // delivered and not acknowledged
inline constexpr std::uint32_t window_urgent_copies = 8;     // of these, kept for urgent copies

// ---- envelopes
inline constexpr std::array<std::size_t, 5> envelope_bytes{1024, 2048, 4096, 16384, 57344};
inline constexpr std::size_t envelope_bytes_max = envelope_bytes.back();
constexpr bool is_envelope_size(std::size_t bytes) {
  for (const std::size_t exact : envelope_bytes)
    if (bytes == exact) return true;
  return false;
}
inline constexpr std::size_t fanout_addresses_max = 1000;  // one network
inline constexpr std::size_t network_envelope_bytes_max = 16384;
static_assert(fanout_addresses_max * 32 + network_envelope_bytes_max + 1024 < frame_bytes_max, "a network request fits a frame");
static_assert(envelope_bytes_max + 32 + 1024 < frame_bytes_max, "the largest envelope fits one frame");

// ---- vigils
inline constexpr std::size_t vigil_parts_max = 8;
inline constexpr std::size_t vigil_parts_wait_s = 60;
inline constexpr std::size_t vigil_bytes_max = 480 * 1024;  // serialised
inline constexpr std::size_t responders_max = 32;
inline constexpr std::size_t vigil_addresses_max = responders_max + 1;  // and the owner's own, which hears the notices too
inline constexpr std::size_t stages_max = 8;
inline constexpr std::size_t stage_copies_max = responders_max;  // in all: everybody is in one tier
inline constexpr std::size_t ending_envelope_bytes = 1024;       // endings, renewals and notices
inline constexpr std::size_t alert_envelope_bytes = 4096;        // stage copies: twelve fixes, a note, the answer secret
// Smaller ones for few responders: half the bytes of an alert, and a thin link is what an alert waits for.
inline constexpr std::size_t small_alert_envelope_bytes = 2048;
inline constexpr std::size_t small_alert_responders_max = 8;
inline constexpr std::uint32_t answer_chain_steps = 255;
static_assert(vigil_bytes_max < vigil_parts_max * (frame_bytes_max - 1024), "a vigil fits its parts");
static_assert(vigil_bytes_max + 8 * 1024 < post_bytes_max, "a vigil fits one POST");
static_assert(responders_max * alert_envelope_bytes + 5 * vigil_addresses_max * ending_envelope_bytes + 32768 < vigil_bytes_max,
              "the largest alert: stage copies, two endings, two renewals and notices");
static_assert(alert_envelope_bytes + 3 * ending_envelope_bytes < 10 * 1024, "an alert costs a responder at most 10 KB down");

// ---- defaults an operator may change
inline constexpr std::uint32_t hold_s = 10;
inline constexpr std::uint32_t lease_s = 15 * 60;
inline constexpr std::array<std::uint32_t, 3> first_rounds_s{10 * 60, 20 * 60, 40 * 60};
inline constexpr std::uint32_t hourly_rounds = 24;             // then every hour, so many times
inline constexpr std::uint32_t late_round_s = 6 * 3600;        // then until the vigil dies
inline constexpr std::uint32_t vigil_life_s = 30 * 24 * 3600;  // from when its copies were last sealed
inline constexpr std::uint32_t outage_grace_s = 15 * 60;       // check-ins after an outage: max(due, restart + min(outage, this))
inline constexpr std::uint32_t remembered_s = 72 * 3600;       // ids of copies and vigils that are gone
inline constexpr std::uint32_t mailbox_unread_days = 90;

// ---- room
inline constexpr std::size_t normal_copies_max = 1000;  // per mailbox
inline constexpr std::size_t normal_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t normal_places_own = 4;       // per address, whatever the others have filled
inline constexpr std::size_t urgent_places_own = 12;      // per address: waiting copies and reserved ones
inline constexpr std::size_t urgent_addresses_max = 256;  // per mailbox
inline constexpr std::size_t addresses_max = 2048;        // per mailbox
inline constexpr std::size_t vigils_per_address_max = 4;  // named in by it, living
static_assert(vigils_per_address_max * 3 <= urgent_places_own, "stage, ending and notice of each vigil have a place");
inline constexpr std::size_t bundle_bytes_max = 1024;
inline constexpr std::size_t one_time_per_request_max = 100;
inline constexpr std::size_t one_time_max = 200;
inline constexpr std::uint32_t prekeys_per_address_default = 8;
inline constexpr std::size_t invites_max = 10'000;

// ---- disk: below these shares of free space, in percent
inline constexpr unsigned free_for_normal_percent = 10;
inline constexpr unsigned free_for_urgent_percent = 3;

inline constexpr std::uint32_t erase_s = 60;  // what was acknowledged has left the disk, while the store is small

// ---- the committer
inline constexpr std::size_t batch_requests_max = 256;
inline constexpr std::size_t batch_copies_max = 4096;
inline constexpr std::size_t batch_bytes_max = 1024 * 1024;

// ---- lifetimes, seconds, by wire.Lifetime
constexpr std::uint32_t lifetime_s(int lifetime) {
  constexpr std::array<std::uint32_t, 7> seconds{0, 10, 600, 3600, 86'400, 14 * 86'400, 30 * 86'400};
  return lifetime > 0 && lifetime < 7 ? seconds[static_cast<std::size_t>(lifetime)] : 0;
}

// ---- floods: memory-only token buckets, per connection and per address
inline constexpr std::uint32_t requests_per_s = 20'000;     // per connection: a frame loop at full speed
inline constexpr std::uint32_t owner_requests_per_s = 200;  // grants, prekeys, withdrawals
inline constexpr std::uint32_t urgent_per_address_per_min = 600;
inline constexpr std::uint32_t prekey_fetches_per_address_per_h = 60;
inline constexpr std::uint32_t handshake_s = 15;  // blocked networks throttle handshakes beyond 4 s
inline constexpr std::uint32_t greeting_s = 30;
inline constexpr std::uint32_t keepalive_s = 240;
inline constexpr std::uint32_t write_s = 60;
inline constexpr std::size_t connections_max = 20'000;

}  // namespace vigil::limits
