// What responders do to a vigil: answer, give back, close. A chain of hashes shows each act as new; nobody alone erases a copy.
#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {
namespace {

constexpr std::uint64_t told_again_ms = 1'000;  // a renewal that moves the end by less changes nothing on a screen

Outcome with_lease(const VigilHead& head, std::uint32_t asked_by, std::uint64_t now_ms) {
  Outcome outcome = answer(wire::DONE);
  outcome.detail = head.lease(asked_by, now_ms);
  return outcome;
}

// A wrong token must not show that a vigil lives on after its owner's ending.
Status wrong_token(const VigilHead& head, std::uint64_t now_ms) {
  return head.gone_on ? owner_ended(head, now_ms) : wire::REFUSED;
}

bool leads_to_head(const Request& request, const VigilHead& head, const Answering& answering) {
  return answering.index < head.answers.size() && answering.step != 0 && answering.step <= limits::answer_chain_steps &&
         equal_secret(head.answers[answering.index].head.view(), request.proof.view());
}

bool opens_close(const Request& request, const VigilHead& head, const Close& close) {
  return close.index < head.answers.size() && equal_secret(head.answers[close.index].close_hash.view(), request.proof.view());
}

bool is_second(const Core& core, const VigilHead& head, const Close& close, std::uint64_t now_ms) {
  return head.close_token && head.close_index != close.index &&
         now_ms <= head.close_ms + core.options.lease_s * std::uint64_t{1000};
}

}  // namespace

// ---- Answering

void prepare(const Core& core, Request& request, Answering& answering) {
  request.vigil_tag = core.vigil_tag(answering.vigil);
  if (answering.step == 0 || answering.step > limits::answer_chain_steps) return;
  request.proof = Hash{answer_chain(answering.token, answering.step).bytes};
}

void gather(Core& core, Request& request, Answering& answering, Missing& missing) {
  const VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head || !leads_to_head(request, *head, answering) || answering.step <= head->answers[answering.index].last_step) return;
  if (gather_parties(request, *head, missing)) gather_parts(request, *head, {&head->notices}, missing);
}

namespace {

void take_lease(Core& core, Batch& batch, Request& request, VigilHead& head, const Answering& answering) {
  const std::uint64_t end_ms = batch.now_ms + core.options.lease_s * std::uint64_t{1000};
  const bool renewed = head.leased(batch.now_ms);
  head.holder = answering.index;
  head.lease_end_ms = end_ms;
  if (renewed && end_ms <= head.lease_told_ms + told_again_ms) return;
  head.lease_told_ms = end_ms;
  ReleasedAct act = act_of(wire::Released::ANSWERED, answering.index, answering.step, answering.token);
  act.lease_s = core.options.lease_s;
  release_notices(core, batch, request, head, act);
}

void give_back(Core& core, Batch& batch, Request& request, VigilHead& head, const Answering& answering) {
  if (!head.leased(batch.now_ms) || head.holder != answering.index) return;
  head.lease_end_ms = 0;
  release_notices(core, batch, request, head,
                  act_of(wire::Released::GIVEN_BACK, answering.index, answering.step, answering.token));
  if (head.due_ms == 0) return;
  head.due_ms = batch.now_ms;  // the ladder goes on at its next stage, at once
  fire_soon(batch, head);
}

}  // namespace

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Answering& answering) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head) return answer(core.vigils.ended.contains(request.vigil_tag) ? wire::ENDED : wire::REFUSED);
  if (!leads_to_head(request, *head, answering)) return answer(wrong_token(*head, batch.now_ms));
  VigilHead::Answerer& who = head->answers[answering.index];
  const bool shown_before = answering.step <= who.last_step;
  const bool gives_back = answering.step % 2 == 0;
  const bool anothers = head->leased(batch.now_ms) && head->holder != answering.index;
  if (shown_before || (!gives_back && anothers)) return with_lease(*head, answering.index, batch.now_ms);
  who.last_step = answering.step;
  who.last_token = answering.token;
  if (gives_back) {
    give_back(core, batch, request, *head, answering);
  } else {
    take_lease(core, batch, request, *head, answering);
  }
  core.vigils.reschedule(*head);
  save(batch, *head);
  return with_lease(*head, answering.index, batch.now_ms);
}

// ---- Close

void prepare(const Core& core, Request& request, Close& close) {
  request.vigil_tag = core.vigil_tag(close.vigil);
  request.proof = vigil_secret_hash(close.token);
}

void gather(Core& core, Request& request, Close& close, Missing& missing) {
  const VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head || !opens_close(request, *head, close) || !head->close_token || head->close_index == close.index) return;
  if (gather_parties(request, *head, missing)) gather_parts(request, *head, {&head->notices}, missing);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Close& close) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head) return answer(core.vigils.ended.contains(request.vigil_tag) ? wire::ENDED : wire::REFUSED);
  if (!opens_close(request, *head, close)) return answer(wrong_token(*head, batch.now_ms));
  if (!is_second(core, *head, close, batch.now_ms)) {
    head->close_index = close.index;
    head->close_token = close.token;
    head->close_ms = batch.now_ms;
    save(batch, *head);
    return with_lease(*head, close.index, batch.now_ms);
  }
  ReleasedAct act = act_of(wire::Released::CLOSED, head->close_index, 0, *head->close_token);
  act.index_other = close.index;
  act.token_other = close.token;
  release_notices(core, batch, request, *head, act);
  Outcome outcome = with_lease(*head, close.index, batch.now_ms);
  end_vigil(core, batch, *head);
  return outcome;
}

}  // namespace vigil::storage
