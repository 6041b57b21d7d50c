// What the store says, in the words of the wire: the one place where outcomes become answers.
#include "server/requests/decode.hpp"

namespace vigil::server {
namespace {

void put_bytes(std::string& to, View bytes) {
  to.assign(bytes.begin(), bytes.end());
}

struct Detail {
  wire::Answer& to;

  void operator()(const std::monostate&) const {}
  void operator()(const storage::TakenPrekeys& taken) const {
    wire::Prekeys& prekeys = *to.mutable_prekeys();
    put_bytes(*prekeys.mutable_bundle(), taken.bundle);
    if (!taken.one_time) return;
    prekeys.mutable_one_time()->set_id(taken.one_time->first);
    put_bytes(*prekeys.mutable_one_time()->mutable_key(), taken.one_time->second);
  }
  void operator()(const storage::PrekeyCount& count) const {
    to.mutable_prekey_count()->set_one_time(count.one_time);
    to.mutable_prekey_count()->set_bundle_sequence(count.sequence);
  }
  void operator()(const storage::LeaseState& lease) const {
    to.mutable_lease()->set_yours(lease.yours);
    to.mutable_lease()->set_holder(lease.holder);
    to.mutable_lease()->set_lease_s(lease.lease_s);
  }
  void operator()(const storage::VigilState& state) const {
    wire::VigilState& vigil = *to.mutable_vigil();
    vigil.set_due_s(state.due_s);
    vigil.set_stage(state.stage);
    vigil.set_round(state.round);
    vigil.set_released(state.released);
    vigil.set_fetched(state.fetched);
  }
};

}  // namespace

wire::Answer answer_from(std::uint64_t id, const storage::Outcome& outcome) {
  wire::Answer answer;
  answer.set_id(id);
  answer.set_status(outcome.status);
  answer.set_retry_after_s(outcome.retry_after_s);
  if (!outcome.each.empty()) {
    std::string& each = *answer.mutable_each();
    for (const Status one : outcome.each) each.push_back(static_cast<char>(one));
    return answer;
  }
  std::visit(Detail{answer}, outcome.detail);
  return answer;
}

}  // namespace vigil::server
