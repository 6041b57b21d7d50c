// The embedded store against a simple model of mailboxes and vigils: random verbs of all kinds, crashes with power loss,
// restarts, outages and jumps of the wall clock; after every few verbs both must show the same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/chaos/model.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// ---- one run: fresh people in the same store

class Run {
 public:
  Run(Machine& machine, std::uint64_t seed) : machine_(machine), random_(seed) {
    model_.now_ms = base_ms();
    for (int m = 0; m < 3; ++m) {
      boxes_.push_back(open_mailbox(machine.driver()));
      model_.mailboxes[boxes_.back()];
      for (int a = 0; a < 2; ++a) {
        people_.push_back({boxes_.back(), grant(machine.driver(), boxes_.back())});
        model_.addresses[people_.back().address] = boxes_.back();
      }
    }
  }

  void play(int verbs) {
    for (int i = 0; i < verbs && !stop_; ++i) {
      ++operations;
      one_verb();
      if (!stop_ && below(5) == 0) compare();
    }
    if (!stop_) compare();
    for (auto& [id, vigil] : model_.vigils)
      if (!vigil.ended && !vigil.gone_on) machine_.driver().apply(vigil.plan.end(wire::STOP));
    for (const MailboxId& box : boxes_) machine_.driver().apply(Burn{box});
  }

  std::uint64_t operations = 0, crashes = 0, jumps = 0, fulls = 0;

 private:
  std::uint64_t below(std::uint64_t bound) { return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_); }
  std::uint64_t base_ms() const { return machine_.clock->monotonic_ms(); }
  Outcome apply(Write write) { return machine_.driver().apply(std::move(write)); }
  void expect(const char* what, Status got, Status wanted) {
    INFO(what);
    REQUIRE(got == wanted);
  }
  Person& somebody() { return people_[below(people_.size())]; }

  void one_verb() {
    const std::uint64_t die = below(100);
    if (die < 20) return deliver();
    if (die < 27) return ping();
    if (die < 40) return acknowledge();
    if (die < 50) return keep();
    if (die < 73) return on_a_vigil();
    if (die < 77) return end_first();
    if (die < 81) return withdraw_or_grant();
    if (die < 95) return pass();
    if (die < 97) return jump();
    crash();
  }

  void deliver() {
    if (!sent_.empty() && below(4) == 0) {  // again, the same
      const Deliver& again = sent_[below(sent_.size())];
      const Status status = apply(again).status;
      if (model_.addresses.contains(again.to[0])) expect("deliver again", status, wire::DONE);
      return;
    }
    const Person to = somebody();
    const Lane lane = below(3) == 0 ? wire::URGENT : wire::NORMAL;
    const Lifetime lifetime = below(3) == 0 ? wire::TEN_MINUTES : wire::FOURTEEN_DAYS;
    Deliver letter = message(to.address, "letter " + std::to_string(number_++), lane, lifetime);
    const Status status = apply(letter).status;
    if (!model_.addresses.contains(to.address)) return expect("deliver", status, wire::REFUSED);
    if (status == wire::FULL && lane == wire::URGENT) {
      ++fulls;
      REQUIRE(model_.may_be_full(to.address));
      return;
    }
    expect("deliver", status, wire::DONE);
    const std::string text(reinterpret_cast<const char*>(letter.envelope->data()));
    model_.put(to.address, lane, {text, to.address, now_s() * 1000 + limits::lifetime_s(lifetime) * 1000ull, {}, {}});
    sent_.push_back(std::move(letter));
  }

  void ping() {
    const Person to = somebody();
    Deliver letter = message(to.address, "ping " + std::to_string(number_++));
    letter.topic = topic_;
    letter.order = 1 + below(30);
    const Status status = apply(letter).status;
    if (!model_.addresses.contains(to.address)) return expect("ping", status, wire::REFUSED);
    expect("ping", status, wire::DONE);
    std::uint64_t& last = model_.topics[{to.address, topic_}];
    if (letter.order <= last) return;
    // What was delivered and acknowledged is not remembered by its topic: only a waiting copy is replaced.
    last = letter.order;
    const std::string text(reinterpret_cast<const char*>(letter.envelope->data()));
    model_.put(to.address, wire::NORMAL, {text, to.address, now_s() * 1000 + 86'400'000ull, topic_, {}});
  }

  void acknowledge() {
    trace_ += " acknowledge";
    const MailboxId box = boxes_[below(boxes_.size())];
    for (const Lane lane : {wire::URGENT, wire::NORMAL}) {
      const auto listed = machine_.driver().list(box, lane);
      std::vector<StoredCopy> some;
      for (const StoredCopy& copy : listed)
        if (below(2) == 0) some.push_back(copy);
      if (some.empty()) continue;
      REQUIRE(machine_.driver().acknowledge(box, some).status == wire::DONE);
      auto& waiting = model_.mailboxes[box][static_cast<std::size_t>(lane)];
      for (const StoredCopy& copy : some) {
        const std::string text = shown(copy);
        const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const ModelCopy& other) {
          return other.text == text && other.address == copy.address;
        });
        REQUIRE(found != waiting.end());
        waiting.erase(found);
      }
    }
    topic_ = random_id<Topic>();  // a new stream: whether an old one is remembered after its copy was read is the store's choice
    model_.topics.clear();
    for (auto& [id, mailbox] : model_.mailboxes)
      for (ModelCopy& copy : mailbox[1]) copy.topic.reset();
  }

  void keep() {
    if (model_.vigils.size() >= 8) return;
    const Person first = people_[below(2)], second = people_[2 + below(4)];
    const auto hold_s = static_cast<std::uint32_t>(below(3) * 10), after_s = static_cast<std::uint32_t>(30 + below(100));
    ModelVigil vigil;
    vigil.plan = alert({{0, {first}}, {after_s, {second}}}, hold_s);
    take_in(std::move(vigil));
  }

  void mark(ModelVigil& vigil) {
    vigil.mark = " #" + std::to_string(number_++);
    const auto marked = [&](VigilEnvelope& copy) {
      const std::string text(reinterpret_cast<const char*>(copy.envelope->data()));
      copy.envelope = envelope(text + vigil.mark, copy.envelope->size());
    };
    Keep& keep = vigil.plan.keep;
    for (Stage& stage : keep.stages) std::for_each(stage.copies.begin(), stage.copies.end(), marked);
    for (Ending& ending : keep.endings) std::for_each(ending.copies.begin(), ending.copies.end(), marked);
    std::for_each(keep.notices.begin(), keep.notices.end(), marked);
  }

  void take_in(ModelVigil vigil) {
    const Keep& keep = vigil.plan.keep;
    const VigilId id = keep.id;
    // Texts that say which vigil they are of.
    mark(vigil);
    trace_ += " keep" + vigil.mark;
    for (std::uint32_t s = 0; s < keep.stages.size(); ++s) vigil.texts[{s, 0}] = "stage " + std::to_string(s) + " to 0";
    vigil.last_step.assign(keep.answers.size(), 0);
    const Outcome outcome = apply(keep);
    const auto tombstone = model_.tombstones.find(id);
    if (tombstone != model_.tombstones.end() && tombstone->second.first == wire::STOP) {
      expect("keep after its end", outcome.status, wire::ENDED);
      vigil.ended = true;
      model_.vigils.emplace(id, std::move(vigil));
      return;
    }
    const bool anybody = std::any_of(keep.addresses.begin(), keep.addresses.end(),
                                     [&](const AddressHash& a) { return model_.addresses.contains(a); });
    if (!anybody) return expect("keep", outcome.status, wire::REFUSED);
    if (outcome.status == wire::FULL || crowded(keep)) {
      // Which of two addresses was full is the store's to know: such a vigil is ended and not modelled.
      ++fulls;
      if (outcome.status != wire::FULL) apply(vigil.plan.end(wire::STOP));
      stop_ = tombstone != model_.tombstones.end();  // it goes on, outside the model: the run is over
      resync();
      return;
    }
    expect("keep", outcome.status, tombstone == model_.tombstones.end() ? wire::DONE : wire::ENDED);
    vigil.gone_on = tombstone != model_.tombstones.end();
    vigil.due_ms = model_.now_ms + keep.due_in_s * 1000ull;
    ModelVigil& kept = model_.vigils.emplace(id, std::move(vigil)).first->second;
    if (kept.due_ms <= model_.now_ms) model_.fire(kept);
  }

  bool crowded(const Keep& keep) const {
    return std::any_of(keep.addresses.begin(), keep.addresses.end(),
                       [&](const AddressHash& a) { return model_.may_be_full(a) || model_.vigils_of(a) >= 4; });
  }

  // Takes over what the store shows: after something whose outcome the model does not foresee.
  void resync() {
    for (const MailboxId& box : boxes_) {
      machine_.driver().fetch(box);
      for (auto& lane : model_.mailboxes[box]) lane.clear();
    }
  }

  void end_first() {
    const Person first = people_[below(2)], second = people_[2 + below(4)];
    if (!model_.addresses.contains(first.address) || model_.vigils.size() >= 8) return;
    ModelVigil vigil;
    vigil.plan = alert({{0, {first}}, {60, {second}}}, 10);
    if (crowded(vigil.plan.keep)) return;
    const Effect effect = below(2) == 0 ? wire::STOP : wire::GO_ON;
    const Status status = apply(vigil.plan.end(effect)).status;
    if (status == wire::FULL) return;
    expect("end before keep", status, wire::DONE);
    model_.tombstones[vigil.plan.keep.id] = {effect, first.address};
    if (below(3) == 0) crash();
    take_in(std::move(vigil));
  }

  void on_a_vigil() {
    std::vector<ModelVigil*> living;
    for (auto& [id, vigil] : model_.vigils) living.push_back(&vigil);
    if (living.empty()) return;
    ModelVigil& vigil = *living[below(living.size())];
    const std::uint64_t die = below(10);
    if (die < 2) return end(vigil);
    if (die < 4) return refresh(vigil);
    if (die < 5) return hurry(vigil);
    if (die < 9) return answer(vigil);
    close(vigil);
  }

  void end(ModelVigil& vigil) {
    trace_ += " end" + vigil.mark;
    const Effect effect = below(3) == 0 ? wire::GO_ON : wire::STOP;
    const Status status = apply(vigil.plan.end(effect)).status;
    if (vigil.ended || vigil.gone_on) return expect("end again", status, wire::ENDED);
    expect("end", status, wire::DONE);
    if (vigil.released) {
      if (effect == wire::STOP) model_.remove_stage_copies(vigil.plan.keep.id);
      model_.tell(vigil, wire::ENDING, effect == wire::STOP ? "stop" : "go on");
    }
    (effect == wire::STOP ? vigil.ended : vigil.gone_on) = true;
  }

  void refresh(ModelVigil& vigil) {
    trace_ += " refresh" + vigil.mark;
    const std::uint64_t seq = 1 + below(20);
    const auto stage = static_cast<std::uint32_t>(below(2));
    const std::string text = "fresh " + std::to_string(number_++);
    const Status status = apply(vigil.plan.refreshed(seq, stage, 0, text + vigil.mark)).status;
    if (vigil.ended || vigil.gone_on) return expect("refresh of an ended one", status, wire::ENDED);
    expect("refresh", status, wire::DONE);
    if (seq <= vigil.refresh_seq) return;
    vigil.refresh_seq = seq;
    vigil.texts[{stage, 0}] = text;
  }

  void hurry(ModelVigil& vigil) {
    trace_ += " hurry" + vigil.mark;
    const Status status = apply(Hurry{vigil.plan.keep.id, vigil.plan.hurry}).status;
    if (vigil.ended || vigil.gone_on) return expect("hurry of an ended one", status, wire::ENDED);
    expect("hurry", status, wire::DONE);
    if (vigil.released) return;
    vigil.due_ms = std::min(vigil.due_ms, model_.now_ms);
    if (vigil.lease_end_ms != 0) return;
    model_.fire(vigil);
    settle();
  }

  // A hurry or a give-back is answered when it is durable; what it releases comes when its sealed copies have been read. A verb
  // in between comes before that release, or after it: both are right, and the model knows one order only.
  void settle() { REQUIRE(machine_.driver().release_due().status == wire::DONE); }

  void answer(ModelVigil& vigil) {
    const auto index = static_cast<std::uint32_t>(below(2));
    const std::uint32_t last = vigil.ended ? 0 : vigil.last_step[index];
    const std::uint32_t step = below(5) == 0 ? std::max<std::uint32_t>(last, 1) : last + 1 + static_cast<std::uint32_t>(below(2));
    trace_ += (step % 2 == 0 ? " give back" : " answer") + vigil.mark;
    const Outcome outcome = apply(vigil.plan.answer(index, step));
    if (vigil.ended) return expect("answer to an ended one", outcome.status, wire::ENDED);
    expect("answer", outcome.status, wire::DONE);
    const bool leased = vigil.lease_end_ms > model_.now_ms;
    const bool another = leased && vigil.holder != index;
    if (step > last && step % 2 == 1 && !another) {
      vigil.last_step[index] = step;
      vigil.holder = index;
      const bool tell = !leased || model_.now_ms + limits::lease_s * 1000ull > told_until_[vigil.plan.keep.id] + 1'000;
      vigil.lease_end_ms = model_.now_ms + limits::lease_s * 1000ull;
      if (tell) {
        told_until_[vigil.plan.keep.id] = vigil.lease_end_ms;
        model_.tell(vigil, wire::NOTICE, "notice");
      }
    } else if (step > last && step % 2 == 0) {
      vigil.last_step[index] = step;
      if (leased && !another) {
        vigil.lease_end_ms = 0;
        model_.tell(vigil, wire::NOTICE, "notice");
        vigil.due_ms = model_.now_ms;
        model_.fire(vigil);
        settle();
      }
    }
    const auto& lease = std::get<LeaseState>(outcome.detail);
    REQUIRE(lease.yours == (vigil.lease_end_ms > model_.now_ms && vigil.holder == index));
    REQUIRE((lease.lease_s > 0) == (vigil.lease_end_ms > model_.now_ms));
  }

  void close(ModelVigil& vigil) {
    trace_ += " close" + vigil.mark;
    const auto index = static_cast<std::uint32_t>(below(2));
    const Status status = apply(vigil.plan.close(index)).status;
    if (vigil.ended) return expect("close of an ended one", status, wire::ENDED);
    expect("close", status, wire::DONE);
    const bool second =
        vigil.first_closer && *vigil.first_closer != index && model_.now_ms <= vigil.close_ms + limits::lease_s * 1000ull;
    if (second) {
      model_.tell(vigil, wire::NOTICE, "notice");
      vigil.ended = true;
      return;
    }
    vigil.first_closer = index;
    vigil.close_ms = model_.now_ms;
  }

  void withdraw_or_grant() {
    const Person who = people_[below(people_.size())];
    // Addresses that living vigils name stay: what a vigil does at a new grant of an old address is not this model's.
    if (model_.vigils_of(who.address) > 0) return;
    if (model_.addresses.contains(who.address)) {
      expect("withdraw", apply(Withdraw{who.mailbox, who.address}).status, wire::DONE);
      model_.addresses.erase(who.address);
    } else {
      expect("grant", apply(whole_grant(who.mailbox, who.address)).status, wire::DONE);
      model_.addresses[who.address] = who.mailbox;
    }
  }

  std::uint64_t now_s() const { return model_.now_ms / 1000; }

  void beat() {
    trace_ += " beat";
    model_.now_ms = base_ms();
    REQUIRE(machine_.driver().release_due().status == wire::DONE);
    model_.release_due();
  }

  void pass() {
    machine_.clock->advance_s(below(3) == 0 ? 1 + below(1200) : 1 + below(30));
    beat();
  }

  void jump() {
    // Set wrong, and after a while right again: a restart in between would have to believe the wall clock.
    ++jumps;
    const auto by_s = static_cast<std::int64_t>(below(200'000)) - 100'000;
    machine_.clock->jump_wall_s(by_s);
    beat();
    pass();
    compare();
    machine_.clock->jump_wall_s(-by_s);
    beat();
  }

  void crash() {
    ++crashes;
    trace_ += " crash";
    compare();
    if (below(2) == 0) {
      machine_.crash();
    } else {
      machine_.restart(below(2) * below(600));
    }
    beat();
    compare();
  }

  static std::string shown(const StoredCopy& copy) {
    if (copy.of_vigil == wire::NOT_OF_VIGIL) return text_of(copy);
    return text_of(copy) + "|" + std::to_string(copy.of_vigil) + "|" + std::to_string(copy.round) + "|" +
           std::to_string(copy.stage);
  }

  void compare() {
    INFO("verbs so far:" << trace_);
    for (const MailboxId& box : boxes_)
      for (const Lane lane : {wire::URGENT, wire::NORMAL}) {
        std::vector<std::string> got, wanted, got_letters, wanted_letters;
        for (const StoredCopy& copy : machine_.driver().list(box, lane)) {
          got.push_back(shown(copy));
          if (copy.of_vigil == wire::NOT_OF_VIGIL) got_letters.push_back(shown(copy));
        }
        for (const ModelCopy& copy : model_.mailboxes[box][static_cast<std::size_t>(lane)]) {
          wanted.push_back(copy.text);
          if (!copy.of_vigil) wanted_letters.push_back(copy.text);
        }
        REQUIRE(got_letters == wanted_letters);  // in order
        std::sort(got.begin(), got.end());
        std::sort(wanted.begin(), wanted.end());
        REQUIRE(got == wanted);
      }
    for (const auto& [id, vigil] : model_.vigils) {
      const auto state = machine_.driver().store().look(id, vigil.plan.refresh);
      if (vigil.ended || vigil.gone_on) {
        REQUIRE_FALSE(state);
        REQUIRE(state.error() == wire::ENDED);
        continue;
      }
      REQUIRE(state);
      REQUIRE(state->first.released == vigil.released);
      REQUIRE(state->first.round == vigil.round);
      REQUIRE(state->first.stage == vigil.stage);
    }
    for (const Person& who : people_)
      REQUIRE(machine_.driver().store().probe(who.address) ==
              (model_.addresses.contains(who.address) ? wire::DONE : wire::REFUSED));
  }

  Machine& machine_;
  std::mt19937_64 random_;
  Model model_;
  std::vector<MailboxId> boxes_;
  std::vector<Person> people_;
  std::vector<Deliver> sent_;
  std::map<VigilId, std::uint64_t> told_until_;
  Topic topic_ = random_id<Topic>();
  std::uint64_t number_ = 0;
  std::string trace_;  // for a failure's message
  bool stop_ = false;
};

}  // namespace

TEST_CASE("the store and a simple model agree through random verbs, crashes and clock jumps", "[chaos][model]") {
  // Method: 200 seeded runs of 60 verbs each with fresh people in one store, fewer on a slow machine: no run begins after 20 s. A
  // failing seed is printed; VIGIL_SEED=n runs it alone.
  const char* given = std::getenv("VIGIL_SEED");
  const std::uint64_t first = given != nullptr ? std::stoull(given) : 1, runs = given != nullptr ? 1 : 200;
  Machine machine(first);
  std::uint64_t operations = 0, crashes = 0, jumps = 0, fulls = 0;
  const auto started = std::chrono::steady_clock::now();
  const auto took_s = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); };
  std::uint64_t played = 0;
  for (std::uint64_t seed = first; seed < first + runs && took_s() < 20; ++seed, ++played) {
    CAPTURE(seed);
    Run run(machine, seed);
    run.play(60);
    operations += run.operations;
    crashes += run.crashes;
    jumps += run.jumps;
    fulls += run.fulls;
  }
  CHECK(played >= std::min<std::uint64_t>(runs, 5));
  std::printf("model: %lu runs, %lu verbs, %lu crashes and restarts, %lu clock jumps, %lu times full, %.1f s\n", played,
              operations, crashes, jumps, fulls, took_s());
}
