// Requests about vigils: keeping one, and everything that its owner and its responders may do to it.
#include <algorithm>
#include <set>

#include "crypto/base/vigil_id.hpp"
#include "server/requests/decode.hpp"

namespace vigil::server {
namespace {

using Envelopes = google::protobuf::RepeatedPtrField<wire::VigilEnvelope>;

// Copies of one stage, ending, renewal or the notices: each for another address of the table, each of a size that 'fits'.
template <class Fits>
Checked<std::vector<storage::VigilEnvelope>> read_copies(const Envelopes& from, std::size_t addresses, Fits fits) {
  std::vector<storage::VigilEnvelope> copies;
  std::vector<bool> named(addresses);
  for (const wire::VigilEnvelope& one : from) {
    if (one.address() >= addresses) return std::unexpected(Why{"a copy names an address that is not in the table"});
    if (named[one.address()]) return std::unexpected(Why{"two copies of one part name one address"});
    if (!fits(one.envelope().size())) return std::unexpected(Why{"a copy of a vigil has another size than it may"});
    named[one.address()] = true;
    copies.push_back({.address = one.address(), .envelope = shared_bytes(one.envelope())});
  }
  return copies;
}

bool fits_stage(std::size_t bytes) {
  return limits::is_envelope_size(bytes) && bytes <= limits::alert_envelope_bytes;
}

bool fits_ending(std::size_t bytes) {
  return bytes == limits::ending_envelope_bytes;
}

Checked<std::vector<storage::Stage>> read_stages(const wire::Vigil& from, std::size_t addresses) {
  const auto count = static_cast<std::size_t>(from.stages_size());
  if (count == 0 || count > limits::stages_max) return std::unexpected(Why{"a vigil has 1 to 8 stages"});
  if (from.stages(0).after_s() != 0) return std::unexpected(Why{"stage 0 comes when the vigil is due"});
  std::vector<storage::Stage> stages;
  std::size_t copies = 0;
  for (const wire::Stage& one : from.stages()) {
    if (one.copies().empty()) return std::unexpected(Why{"a stage has at least one copy"});
    if (one.after_s() > limits::vigil_life_s) return std::unexpected(Why{"a stage comes after the vigil has died"});
    Checked<std::vector<storage::VigilEnvelope>> read = read_copies(one.copies(), addresses, fits_stage);
    if (!read) return std::unexpected(read.error());
    copies += read->size();
    stages.push_back({.after_s = one.after_s(), .copies = std::move(*read)});
  }
  if (copies > limits::stage_copies_max) return std::unexpected(Why{"too many copies in the stages", wire::TOO_LARGE});
  return stages;
}

// Both of a pair have the same shape, so that nobody at the wire can tell which one is shown.
Checked<std::vector<storage::Ending>> read_pair(const google::protobuf::RepeatedPtrField<wire::Ending>& from,
                                                std::size_t addresses) {
  if (!from.empty() && from.size() != 2) return std::unexpected(Why{"endings and renewals come in pairs"});
  std::vector<storage::Ending> pair;
  for (const wire::Ending& one : from) {
    storage::Ending ending{.hash = {}, .effect = one.effect(), .copies = {}};
    if (!read_id(one.hash(), ending.hash)) return std::unexpected(Why{"a hash has 32 bytes"});
    if (one.effect() != wire::STOP && one.effect() != wire::GO_ON) return std::unexpected(Why{"unknown effect"});
    Checked<std::vector<storage::VigilEnvelope>> copies = read_copies(one.copies(), addresses, fits_ending);
    if (!copies) return std::unexpected(copies.error());
    ending.copies = std::move(*copies);
    pair.push_back(std::move(ending));
  }
  if (pair.empty()) return pair;
  if (pair[0].hash == pair[1].hash) return std::unexpected(Why{"both of a pair have one hash"});
  const auto by_address = &storage::VigilEnvelope::address;
  if (!std::ranges::equal(pair[0].copies, pair[1].copies, {}, by_address, by_address))
    return std::unexpected(Why{"both of a pair have copies for the same addresses"});
  return pair;
}

Checked<std::vector<storage::Answerer>> read_answers(const wire::Vigil& from) {
  if (static_cast<std::size_t>(from.answers_size()) > limits::responders_max)
    return std::unexpected(Why{"too many responders", wire::TOO_LARGE});
  std::vector<storage::Answerer> answers;
  for (const wire::Answerer& one : from.answers()) {
    storage::Answerer answerer;
    if (!read_id(one.head(), answerer.head) || !read_id(one.close_hash(), answerer.close_hash))
      return std::unexpected(Why{"a hash has 32 bytes"});
    answers.push_back(answerer);
  }
  return answers;
}

Checked<void> read_times(const wire::Vigil& from) {
  if (from.kind() != wire::ALERT && from.kind() != wire::CHECK_IN) return std::unexpected(Why{"unknown kind of vigil"});
  if (from.due_in_s() > limits::vigil_life_s || from.period_max_s() > limits::vigil_life_s)
    return std::unexpected(Why{"a vigil is due within its life"});
  const bool alert = from.kind() == wire::ALERT;
  if (alert != (from.period_max_s() == 0)) return std::unexpected(Why{"a check-in has a period, an alert has none"});
  if (alert != from.renewals().empty()) return std::unexpected(Why{"a check-in has renewals, an alert has none"});
  return {};
}

// The three values that most requests about a vigil begin with.
template <class Wire, class To>
bool read_key(const Wire& from, To& to) {
  return read_id(from.vigil_id(), to.vigil) && read_id(from.secret(), to.secret);
}

constexpr Why wrong_key{"vigil id and secret have 32 bytes"};

}  // namespace

Checked<storage::Keep> read_vigil(const wire::Vigil& from, const VigilId& said) {
  storage::Keep keep;
  if (!read_id(from.id(), keep.id) || keep.id != said) return std::unexpected(Why{"the parts have another vigil id"});
  if (from.nonce().size() != 32) return std::unexpected(Why{"a nonce has 32 bytes"});
  const Checked<void> times = read_times(from);
  if (!times) return std::unexpected(times.error());
  if (!read_id(from.hurry_hash(), keep.hurry_hash) || !read_id(from.refresh_hash(), keep.refresh_hash))
    return std::unexpected(Why{"a hash has 32 bytes"});
  Checked<std::vector<AddressHash>> addresses = read_addresses(from.addresses(), limits::vigil_addresses_max);
  if (!addresses) return std::unexpected(addresses.error());
  Checked<std::vector<storage::Stage>> stages = read_stages(from, addresses->size());
  if (!stages) return std::unexpected(stages.error());
  Checked<std::vector<storage::Ending>> endings = read_pair(from.endings(), addresses->size());
  if (!endings) return std::unexpected(endings.error());
  Checked<std::vector<storage::Ending>> renewals = read_pair(from.renewals(), addresses->size());
  if (!renewals) return std::unexpected(renewals.error());
  Checked<std::vector<storage::Answerer>> answers = read_answers(from);
  if (!answers) return std::unexpected(answers.error());
  Checked<std::vector<storage::VigilEnvelope>> notices = read_copies(from.notices(), addresses->size(), fits_ending);
  if (!notices) return std::unexpected(notices.error());
  // Last, so that the lengths of everything hashed are known to be right.
  if (vigil_id(from) != keep.id) return std::unexpected(Why{"the vigil id is not the hash of its contents"});
  keep.kind = from.kind();
  keep.due_in_s = from.due_in_s();
  keep.period_max_s = from.period_max_s();
  keep.repeats = from.repeats();
  keep.addresses = std::move(*addresses);
  keep.stages = std::move(*stages);
  keep.endings = std::move(*endings);
  keep.renewals = std::move(*renewals);
  keep.answers = std::move(*answers);
  keep.notices = std::move(*notices);
  return keep;
}

Checked<storage::Refresh> read_refresh(const wire::Refresh& from) {
  storage::Refresh refresh{.vigil = {}, .secret = {}, .seq = from.seq(), .copies = {}};
  if (!read_key(from, refresh)) return std::unexpected(wrong_key);
  if (from.copies().empty()) return std::unexpected(Why{"a refresh has at least one copy"});
  if (static_cast<std::size_t>(from.copies_size()) > limits::stage_copies_max)
    return std::unexpected(Why{"too many copies in the stages", wire::TOO_LARGE});
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  for (const wire::StageEnvelope& one : from.copies()) {
    if (one.stage() >= limits::stages_max || one.copy() >= limits::stage_copies_max)
      return std::unexpected(Why{"a refresh names a copy that no vigil has"});
    if (!seen.emplace(one.stage(), one.copy()).second) return std::unexpected(Why{"a refresh names a copy twice"});
    if (!fits_stage(one.envelope().size())) return std::unexpected(Why{"a copy of a vigil has another size than it may"});
    refresh.copies.push_back({.stage = one.stage(), .copy = one.copy(), .envelope = shared_bytes(one.envelope())});
  }
  return refresh;
}

Checked<storage::Renew> read_renew(const wire::Renew& from) {
  storage::Renew renew{.vigil = {}, .secret = {}, .seq = from.seq(), .due_in_s = from.due_in_s()};
  if (!read_key(from, renew)) return std::unexpected(wrong_key);
  if (from.due_in_s() == 0 || from.due_in_s() > limits::vigil_life_s)
    return std::unexpected(Why{"a vigil is due within its life"});
  return renew;
}

Checked<storage::Hurry> read_hurry(const wire::Hurry& from) {
  storage::Hurry hurry;
  if (!read_key(from, hurry)) return std::unexpected(wrong_key);
  return hurry;
}

Checked<storage::End> read_end(const wire::End& from) {
  storage::End end;
  if (!read_key(from, end)) return std::unexpected(wrong_key);
  if (!read_address(from.address(), end.charged_to)) return std::unexpected(Why{"an address has 32 bytes"});
  return end;
}

Checked<storage::Answering> read_answering(const wire::Answering& from) {
  storage::Answering answering{.vigil = {}, .index = from.index(), .step = from.step(), .token = {}};
  if (!read_id(from.vigil_id(), answering.vigil) || !read_id(from.token(), answering.token)) return std::unexpected(wrong_key);
  if (from.index() >= limits::responders_max) return std::unexpected(Why{"no vigil has so many responders"});
  if (from.step() == 0 || from.step() > limits::answer_chain_steps)
    return std::unexpected(Why{"an answer chain has steps 1 to 255"});
  return answering;
}

Checked<storage::Close> read_close(const wire::Close& from) {
  storage::Close close{.vigil = {}, .index = from.index(), .token = {}};
  if (!read_id(from.vigil_id(), close.vigil) || !read_id(from.token(), close.token)) return std::unexpected(wrong_key);
  if (from.index() >= limits::responders_max) return std::unexpected(Why{"no vigil has so many responders"});
  return close;
}

}  // namespace vigil::server
