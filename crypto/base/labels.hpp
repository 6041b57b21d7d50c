// Every label of every signature, hash and derivation, in one place: two uses never share one (docs/protocol.md lists them with
// vectors).
#pragma once

#include <string_view>

namespace vigil::labels {

// relay and client
inline constexpr std::string_view mailbox = "vigil mailbox";          // mailbox id = H(., owner key)
inline constexpr std::string_view address = "vigil address";          // address hash = H(., address)
inline constexpr std::string_view copy = "vigil copy";                // copy id = first 16 of H(., fan-out id, address hash)
inline constexpr std::string_view released_copy = "vigil released";   // first 16 of H(., vigil, round, stage, what, address hash)
inline constexpr std::string_view vigil = "vigil vigil";              // vigil id
inline constexpr std::string_view vigil_secret = "vigil secret";      // hash under which the relay keeps a vigil's secret
inline constexpr std::string_view answer_step = "vigil answer step";  // one step of an answer chain
inline constexpr std::string_view invite = "vigil invite";            // hash under which the relay keeps an invite
inline constexpr std::string_view greeting = "vigil greeting";
inline constexpr std::string_view online_key = "vigil online key";
inline constexpr std::string_view owner = "vigil owner";
inline constexpr std::string_view grant = "vigil grant";
inline constexpr std::string_view withdraw = "vigil withdraw";
inline constexpr std::string_view burn = "vigil burn";
inline constexpr std::string_view routes = "vigil routes";
inline constexpr std::string_view tls_exporter = "EXPORTER-Channel-Binding";  // RFC 9266

// relay only: tags, keyed with the relay's own hashing key; then what has to do with the keys of the store's files
inline constexpr std::string_view mailbox_tag = "vigil relay mailbox";
inline constexpr std::string_view address_tag = "vigil relay address";
inline constexpr std::string_view remembered = "vigil relay remembered";
inline constexpr std::string_view key_slot = "vigil key slot";    // AAD of one file's key
inline constexpr std::string_view store_key = "vigil store key";  // what opens the slots, when it lies elsewhere
inline constexpr std::string_view key_check = "vigil key check";  // AAD: whether the key to the slots is the right one

// client only
inline constexpr std::string_view per_relay = "vigil per relay";  // secrets that differ per relay: HKDF with its root
inline constexpr std::string_view bundle = "vigil bundle";
inline constexpr std::string_view envelope = "vigil envelope";  // HPKE info
inline constexpr std::string_view words = "vigil words";        // the three words of a meeting
inline constexpr std::string_view meeting = "vigil meeting";    // proof in an introduction that its writer has seen the card
inline constexpr std::string_view first_message = "vigil first message";  // (sender, base key) remembered against replay
inline constexpr std::string_view slot = "vigil slot";
inline constexpr std::string_view box = "vigil box";                     // an ending sealed to what one PIN opens
inline constexpr std::string_view content_seen = "vigil content seen";   // (sender, content id) remembered: once to the person
inline constexpr std::string_view plan = "vigil plan";                   // from what the prepared alerts were made
inline constexpr std::string_view sealed_plan = "vigil sealed plan";     // AAD of what responders are told in an alert
inline constexpr std::string_view between = "vigil between responders";  // MAC of marks and notes: X25519 of both identities
inline constexpr std::string_view trouble_said = "vigil trouble said";   // one request to write again per contact and hour
inline constexpr std::string_view goodbye = "vigil goodbye";             // what a check-in's ending says, sealed to its secret
inline constexpr std::string_view responder_secrets = "vigil responder secrets";  // HPKE info: what one responder acts with
inline constexpr std::string_view ping_topic = "vigil ping topic";                // topic of a share's pings to one address

}  // namespace vigil::labels
