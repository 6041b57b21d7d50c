// Releases: what a vigil lets go, and when the next is due. One batch per vigil and moment: indivisible.
#include "crypto/base/hash.hpp"
#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {
bool hears(const Core& core, const Target& target) {
  return target.address && target.address->good(core.clock.now_s()) && target.address->vigils && target.address->urgent &&
         target.mailbox && target.mailbox->exists;
}

namespace {

// Keeps what an address has reserved in step with what waits there.
class Recount {
 public:
  Recount(Vigils& vigils, const VigilParty& party) : vigils_(vigils), party_(party), before_(party.open_places()) {}
  ~Recount() {
    const auto load = vigils_.loads.find(party_.tag);
    if (load != vigils_.loads.end()) load->second.open_places += party_.open_places() - before_;
  }
  Recount(const Recount&) = delete;
  Recount& operator=(const Recount&) = delete;

 private:
  Vigils& vigils_;
  const VigilParty& party_;
  const std::uint32_t before_;
};

}  // namespace

// ---- what a release needs

bool gather_parties(Request& request, const VigilHead& head, Missing& missing) {
  if (request.parties.size() != head.parties.size()) {
    request.parties.assign(head.parties.size(), Target{});
    for (std::size_t i = 0; i < head.parties.size(); ++i) {
      request.parties[i].hash = head.parties[i].hash;
      request.parties[i].tag = head.parties[i].tag;
    }
  }
  bool all = true;
  for (Target& target : request.parties) all = missing.address(target) && all;
  return all;
}

void gather_parts(Request& request, const VigilHead& head, const std::vector<const std::vector<VigilPart>*>& lists,
                  Missing& missing) {
  // A part that was refreshed meanwhile is found under its new number; one that is not is lost, and its address stays silent.
  constexpr unsigned tries_max = 5;
  if (request.part_tries >= tries_max) return;
  std::vector<std::uint64_t> seqs;
  for (const std::vector<VigilPart>* parts : lists) {
    for (const VigilPart& part : *parts) {
      if (part.seq != 0 && !head.parties[part.party].refused) seqs.push_back(part.seq);
    }
  }
  if (!missing.parts(head.tag, std::move(seqs), request.parts)) ++request.part_tries;
}

std::vector<const std::vector<VigilPart>*> stages_to_fire(const Core& core, const Request& request, const VigilHead& head) {
  std::vector<const std::vector<VigilPart>*> lists;
  for (std::size_t stage = head.stage; stage < head.stages.size(); ++stage) {
    const std::vector<VigilPart>& parts = head.stages[stage].parts;
    lists.push_back(&parts);
    const auto hears = [&](const VigilPart& part) {
      return !head.parties[part.party].refused && storage::hears(core, request.parties[part.party]);
    };
    const bool next_at_once = stage + 1 < head.stages.size() && head.stages[stage + 1].after_s == 0;
    if (!next_at_once && std::any_of(parts.begin(), parts.end(), hears)) break;
  }
  return lists;
}

// ---- one copy

bool release(Core& core, Batch& batch, Request& request, VigilHead& head, const VigilPart& part, const Release& how) {
  VigilParty& party = head.parties[part.party];
  const Target& target = request.parties[part.party];
  if (party.refused || part.seq == 0) return false;
  const Recount recount(core.vigils, party);
  if (!hears(core, target)) {
    party.places = 0;  // withdrawn: silent, and nothing is reserved there any more
    return false;
  }
  const auto sealed = request.parts.find(part.seq);
  if (sealed == request.parts.end() || !sealed->second) return false;

  MailboxEntry& mailbox = *target.mailbox;
  const std::lock_guard lock(mailbox.mutex);
  drop_expired(core, mailbox, batch.now_s());
  VigilParty::Waiting& before = party.waiting[static_cast<std::size_t>(how.what)];
  if (before.order != 0) {
    if (const Waiting* old = mailbox.lanes[wire::URGENT].find(before.order)) remove_copy(core, batch, mailbox, wire::URGENT, old);
    core.vigils.waiting.erase(before.order);
  }
  const NewCopy copy{.id = released_copy_id(head.id, head.round, how.number, static_cast<std::uint32_t>(how.what), party.hash),
                     .address = party.hash,
                     .address_tag = party.tag,
                     .lane = wire::URGENT,
                     .lifetime_s = limits::lifetime_s(wire::THIRTY_DAYS),
                     .envelope = sealed->second,
                     .of_vigil = how.what,
                     .round = head.round,
                     .stage = how.stage,
                     .many_silent = head.many_silent,
                     .notice = how.notice};
  const Position at = put_copy(core, batch, mailbox, copy);
  before = {at.order, at.where};
  core.vigils.waiting[at.order] = {head.tag, part.party, how.what};
  core.mailboxes.recharge(mailbox);
  return true;
}

void release_notices(Core& core, Batch& batch, Request& request, VigilHead& head, const ReleasedAct& act) {
  const std::uint32_t number = ++head.told;
  for (const VigilPart& part : head.notices)
    release(core, batch, request, head, part, {.what = wire::NOTICE, .stage = head.stage, .number = number, .notice = act});
}

void remove_waiting(Core& core, Batch& batch, Request& request, VigilHead& head, VigilCopy what) {
  for (std::size_t i = 0; i < head.parties.size(); ++i) {
    VigilParty::Waiting& waiting = head.parties[i].waiting[static_cast<std::size_t>(what)];
    if (waiting.order == 0) continue;
    const Recount recount(core.vigils, head.parties[i]);
    if (const auto& mailbox = request.parties[i].mailbox) {
      const std::lock_guard lock(mailbox->mutex);
      if (const Waiting* old = mailbox->lanes[wire::URGENT].find(waiting.order))
        remove_copy(core, batch, *mailbox, wire::URGENT, old);
    }
    core.vigils.waiting.erase(waiting.order);
    waiting = {};
  }
}

void released_copy_fetched(Core& core, Batch& batch, std::uint64_t seq) {
  const std::lock_guard lock(core.vigils.mutex);
  const auto found = core.vigils.waiting.find(seq);
  if (found == core.vigils.waiting.end()) return;  // of a vigil that has ended
  const Vigils::Released released = found->second;
  core.vigils.waiting.erase(found);
  VigilHead* head = core.vigils.find(released.vigil);
  if (!head) return;
  VigilParty& party = head->parties[released.party];
  const Recount recount(core.vigils, party);
  party.waiting[static_cast<std::size_t>(released.what)] = {};
  if (released.what == wire::STAGE) ++head->fetched;
  save(batch, *head);
}

// ---- the ladder

namespace {

std::uint64_t round_gap_ms(const EmbeddedOptions& options, std::uint32_t round_over) {
  const std::size_t gap = round_over - 1;
  const std::size_t first = options.first_rounds_s.size();
  const std::uint32_t seconds = gap < first                           ? options.first_rounds_s[gap]
                                : gap < first + options.hourly_rounds ? options.hourly_s
                                                                      : options.late_round_s;
  return std::max<std::uint64_t>(seconds, 1) * 1000;
}

// True when somebody of the stage hears it.
bool fire_stage(Core& core, Batch& batch, Request& request, VigilHead& head) {
  bool heard = false;
  std::vector<bool> done(head.parties.size());
  for (const VigilPart& part : head.stages[head.stage].parts) {
    if (done[part.party]) continue;
    done[part.party] = true;
    if (!release(core, batch, request, head, part, {.what = wire::STAGE, .stage = head.stage, .number = head.stage})) continue;
    heard = true;
    VigilParty& party = head.parties[part.party];
    if (!head.gone_on || party.ending_told) continue;
    for (const VigilPart& ending : head.endings[head.gone_on_ending].parts) {
      if (ending.party != part.party) continue;
      party.ending_told = release(core, batch, request, head, ending, {.what = wire::ENDING, .stage = head.stage});
    }
  }
  if (!head.released) {
    head.released = true;
    if (head.kind == wire::CHECK_IN) core.vigils.check_in_fired();
  }
  return heard;
}

void advance(const EmbeddedOptions& options, VigilHead& head, bool heard, std::uint64_t now_ms) {
  ++head.stage;
  if (head.stage < head.stages.size()) {
    // Nobody of a whole tier can be reached: the next one at once.
    head.due_ms = heard ? now_ms + head.stages[head.stage].after_s * std::uint64_t{1000} : now_ms;
    return;
  }
  head.stage = 0;
  head.due_ms = head.repeats ? now_ms + round_gap_ms(options, head.round) : 0;
  ++head.round;
}

}  // namespace

void fire_due(Core& core, Batch& batch, Request& request, VigilHead& head) {
  const std::uint64_t now_ms = batch.now_ms;
  if (head.dies_ms <= now_ms) return end_vigil(core, batch, head);
  if (head.lease_end_ms != 0 && head.lease_end_ms <= now_ms) {
    const VigilHead::Answerer& holder = head.answers[head.holder];
    release_notices(core, batch, request, head, act_of(wire::Released::LAPSED, head.holder, holder.last_step, holder.last_token));
    head.lease_end_ms = 0;
    if (head.due_ms != 0) head.due_ms = now_ms;
  }
  if (head.lease_end_ms == 0) {
    for (std::size_t fired = 0; fired < head.stages.size() && head.due_ms != 0 && head.due_ms <= now_ms; ++fired)
      advance(core.options, head, fire_stage(core, batch, request, head), now_ms);
  }
  core.vigils.reschedule(head);
  save(batch, head);
}

void fire_soon(Batch& batch, const VigilHead& head) {
  auto request = std::make_unique<Request>();
  request->what = Fire{head.tag};
  batch.follow_ups.push_back(std::move(request));
}

// ---- Fire

void prepare(const Core&, Request&, Fire&) {}

void gather(Core& core, Request& request, Fire& fire, Missing& missing) {
  const VigilHead* head = core.vigils.find(fire.vigil);
  const std::uint64_t now_ms = core.clock.now_ms();
  if (!head || head->next_ms() > now_ms || head->dies_ms <= now_ms) return;
  if (!gather_parties(request, *head, missing)) return;
  std::vector<const std::vector<VigilPart>*> lists = stages_to_fire(core, request, *head);
  if (head->lease_end_ms != 0) lists.push_back(&head->notices);
  if (head->gone_on) lists.push_back(&head->endings[head->gone_on_ending].parts);
  gather_parts(request, *head, lists, missing);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Fire& fire) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(fire.vigil);
  const bool due = head && head->next_ms() <= batch.now_ms;
  if (due && head->dies_ms > batch.now_ms && request.parties.size() != head->parties.size()) {
    fire_soon(batch, *head);  // it became due since it was gathered
  } else if (due) {
    fire_due(core, batch, request, *head);
  }
  return answer(wire::DONE);
}

// ---- ReleaseDue

void prepare(const Core&, Request&, ReleaseDue&) {}
void gather(Core&, Request&, ReleaseDue&, Missing&) {}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, ReleaseDue&) {
  core.vigils.forget_expired(batch.now_s());
  const std::lock_guard lock(core.vigils.mutex);
  const std::vector<Tag> due = core.vigils.due(batch.now_ms);
  const auto silent = [&](const Tag& tag) {
    const VigilHead* head = core.vigils.find(tag);
    return head->kind == wire::CHECK_IN && !head->released && !head->silence_counted && head->due_ms <= batch.now_ms;
  };
  const auto now_silent = static_cast<std::size_t>(std::count_if(due.begin(), due.end(), silent));
  const bool many = now_silent > 0 && core.vigils.many_silent(now_silent, batch.now_ms);
  for (const Tag& tag : due) {
    if (!silent(tag)) continue;
    core.vigils.find(tag)->many_silent = many;
    core.vigils.find(tag)->silence_counted = true;
  }
  for (const Tag& tag : due) fire_soon(batch, *core.vigils.find(tag));
  if (const std::uint64_t today = batch.now_s() / 86'400; today != core.unread_day) {
    core.unread_day = today;
    batch.follow_ups.push_back(std::make_unique<Request>());
    batch.follow_ups.back()->what = ExpireUnread{};
  }
  if (batch.follow_ups.empty()) return answer(wire::DONE);
  request.parent = std::make_shared<Parent>();
  request.parent->left = batch.follow_ups.size();
  for (const auto& child : batch.follow_ups) child->parent = request.parent;
  return std::nullopt;
}

}  // namespace vigil::storage
