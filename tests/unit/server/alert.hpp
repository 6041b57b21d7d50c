// A small alert or check-in with every secret of it, as tests leave it with a relay over the wire.
#pragma once

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/vigil_id.hpp"
#include "member.hpp"
#include "proto/limits.hpp"

namespace vigil::server::test {

// A vigil of one stage to one address, due at once or in 'due_in_s', and every secret of it.
struct Alert {
  wire::Vigil vigil;
  Secret hurry = random_id<Secret>(), refresh = random_id<Secret>(), stop = random_id<Secret>(), go_on = random_id<Secret>();
  Secret answer = random_id<Secret>(), close = random_id<Secret>();
  Address address;

  explicit Alert(const Address& to, std::uint32_t due_in_s) : address(to) {
    vigil.set_nonce(bytes_of(random_id<Secret>()));
    vigil.set_kind(wire::ALERT);
    vigil.set_due_in_s(due_in_s);
    vigil.set_hurry_hash(bytes_of(vigil_secret_hash(hurry)));
    vigil.set_refresh_hash(bytes_of(vigil_secret_hash(refresh)));
    vigil.set_addresses(bytes_of(to));
    vigil.add_stages()->add_copies()->set_envelope(envelope_of('s', 4096));
    for (const auto& [secret, effect] : {std::pair{stop, wire::STOP}, std::pair{go_on, wire::GO_ON}}) {
      wire::Ending& ending = *vigil.add_endings();
      ending.set_hash(bytes_of(vigil_secret_hash(secret)));
      ending.set_effect(effect);
      ending.add_copies()->set_envelope(envelope_of('e'));
    }
    vigil.add_answers()->set_head(bytes_of(answer_chain(answer, limits::answer_chain_steps)));
    vigil.mutable_answers(0)->set_close_hash(bytes_of(vigil_secret_hash(close)));
    vigil.add_notices()->set_envelope(envelope_of('n'));
    name();
  }
  void name() { vigil.set_id(bytes_of(vigil_id(vigil))); }
  std::vector<wire::Request> parts(std::size_t count) const {
    const std::string whole = vigil.SerializeAsString();
    std::vector<wire::Request> requests(count);
    for (std::size_t i = 0; i < count; ++i) {
      wire::Keep& keep = *requests[i].mutable_keep();
      keep.set_vigil_id(vigil.id());
      keep.set_part(static_cast<std::uint32_t>(i));
      keep.set_parts(static_cast<std::uint32_t>(count));
      const std::size_t begin = whole.size() * i / count;
      keep.set_piece(whole.substr(begin, whole.size() * (i + 1) / count - begin));
    }
    return requests;
  }
};

// A check-in of one responder, with the two renewals.
struct CheckIn : Alert {
  Secret renewals[2] = {random_id<Secret>(), random_id<Secret>()};
  CheckIn(const Address& to, std::uint32_t due_in_s, std::uint32_t period_s) : Alert(to, due_in_s) {
    vigil.set_kind(wire::CHECK_IN);
    vigil.set_period_max_s(period_s);
    for (int i = 0; i < 2; ++i) {
      wire::Ending& renewal = *vigil.add_renewals();
      renewal.set_hash(bytes_of(vigil_secret_hash(renewals[i])));
      renewal.set_effect(i == 0 ? wire::STOP : wire::GO_ON);
      renewal.add_copies()->set_envelope(envelope_of(i == 0 ? 'a' : 'b'));
    }
    name();
  }
};

// What is asked about it once it is kept.
inline wire::Request refresh_of(const Alert& alert, std::uint64_t seq, const std::string& envelope) {
  wire::Request request;
  wire::Refresh& refresh = *request.mutable_refresh();
  refresh.set_vigil_id(alert.vigil.id());
  refresh.set_secret(bytes_of(alert.refresh));
  refresh.set_seq(seq);
  refresh.add_copies()->set_envelope(envelope);
  return request;
}
inline wire::Request hurry_of(const Alert& alert) {
  wire::Request request;
  request.mutable_hurry()->set_vigil_id(alert.vigil.id());
  request.mutable_hurry()->set_secret(bytes_of(alert.hurry));
  return request;
}
inline wire::Request end_of(const Alert& alert, const Secret& secret) {
  wire::Request request;
  request.mutable_end()->set_vigil_id(alert.vigil.id());
  request.mutable_end()->set_secret(bytes_of(secret));
  request.mutable_end()->set_address(bytes_of(alert.address));
  return request;
}
inline wire::Request end_of(const Alert& alert) {
  return end_of(alert, alert.stop);
}
inline wire::Request look_at(const Alert& alert) {
  wire::Request request;
  request.mutable_look()->set_vigil_id(alert.vigil.id());
  request.mutable_look()->set_secret(bytes_of(alert.refresh));
  return request;
}
// With the first token of its responder.
inline wire::Request answer_to(const Alert& alert) {
  wire::Request request;
  request.mutable_answering()->set_vigil_id(alert.vigil.id());
  request.mutable_answering()->set_step(1);
  request.mutable_answering()->set_token(bytes_of(answer_chain(alert.answer, limits::answer_chain_steps - 1)));
  return request;
}

}  // namespace vigil::server::test
