// What may be shown of an alert. Goal: no order of true facts, however shuffled, doubled or mixed with a relay's inventions,
// shows a state that does not follow from them. Method: real chains and secrets, a hand-made alert, and 2,000 seeded shuffles of
// its life.
#include "client/alert_state.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

using namespace vigil;
using namespace vigil::client;

namespace {

constexpr std::uint64_t start_s = 1'800'000'000;
constexpr std::uint32_t lease_s = 900;

std::string str(View v) {
  return std::string(text(v));
}

// An alert with three responders, and whatever a relay may say about it.
struct Night {
  Bytes alert_id = random_bytes(16), vigil_id = random_bytes(32), root = random_bytes(32), person = random_bytes(33);
  std::vector<Secret> answer{random_id<Secret>(), random_id<Secret>(), random_id<Secret>()};
  std::vector<Secret> closing{random_id<Secret>(), random_id<Secret>(), random_id<Secret>()};

  content::Alert alert(std::uint32_t reader) const {
    content::Alert made;
    made.set_alert_id(str(alert_id));
    made.set_vigil_id(str(vigil_id));
    made.set_pressed_s(start_s);
    made.set_hold_s(10);
    for (std::size_t i = 0; i < answer.size(); ++i) {
      content::Responder& responder = *made.add_responders();
      responder.set_head(str(answer_chain(answer[i], limits::answer_chain_steps).view()));
      responder.set_close_hash(str(vigil_secret_hash(closing[i]).view()));
    }
    made.set_your_index(reader);
    return made;
  }
  e2ee::ResponderSecrets yours(std::uint32_t reader) const { return {answer[reader], closing[reader]}; }
  wire::Delivery stage(std::uint32_t round, std::uint32_t at) const {
    wire::Delivery delivery;
    delivery.set_of_vigil(wire::STAGE);
    delivery.set_round(round);
    delivery.set_stage(at);
    return delivery;
  }
  wire::Delivery act(wire::Released::Act what, std::uint32_t index, std::uint32_t step, std::uint64_t released_s) const {
    wire::Delivery delivery;
    delivery.set_of_vigil(wire::NOTICE);
    delivery.set_released_s(released_s);
    wire::Released& released = *delivery.mutable_notice();
    released.set_act(what);
    released.set_index(index);
    released.set_step(step);
    released.set_token(str(answer_chain(answer[index], limits::answer_chain_steps - step).view()));
    released.set_lease_s(lease_s);
    return delivery;
  }
  wire::Delivery closed(std::uint32_t one, std::uint32_t other) const {
    wire::Delivery delivery;
    wire::Released& released = *delivery.mutable_notice();
    released.set_act(wire::Released::CLOSED);
    released.set_index(one);
    released.set_token(str(closing[one].view()));
    released.set_index_other(other);
    released.set_token_other(str(closing[other].view()));
    return delivery;
  }
  AlertState reader(std::uint32_t index) const {
    AlertState state = AlertState::begin(alert_id, person, false, start_s);
    state.copy(alert(index), yours(index), stage(1, 0), root, start_s + 10);
    return state;
  }
};

}  // namespace

TEST_CASE("whoever hears of an answer before the alert itself can answer it", "[client][alert_state]") {
  const Night night;
  AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
  state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 5), start_s + 5);
  state.copy(night.alert(0), night.yours(0), night.stage(1, 1), night.root, start_s + 10);
  CHECK(state.record().vigils(0).root() == str(night.root));  // where answers go
  CHECK(state.view(start_s + 11, start_s + 11).shown == Shown::answering);
}

TEST_CASE("an answer is shown with its proof, until its lease ends, and not a second longer", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  CHECK(state.view(start_s + 20, start_s + 20).shown == Shown::unanswered);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 30), start_s + 31) == Fact::news);
  const AlertView view = state.view(start_s + 40, start_s + 40);
  CHECK(view.shown == Shown::answering);
  CHECK(view.index == 1);
  CHECK_FALSE(view.yours);
  CHECK(state.view(start_s + 30 + lease_s - 1, 0).shown == Shown::answering);
  CHECK(state.view(start_s + 30 + lease_s, 0).shown == Shown::unanswered);
}

TEST_CASE("a second press rings again once, stays shown whatever copy comes later, and rings nobody after the end",
          "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  content::Alert again = night.alert(0);
  again.set_pressed_again(1);
  const wire::Delivery straight;  // not by a vigil
  SECTION("while it goes on") {
    const AlertState::Came came = state.copy(again, night.yours(0), straight, night.root, start_s + 40);
    CHECK((!came.first && came.again && came.pressed_again));
    CHECK_FALSE(state.copy(again, night.yours(0), straight, night.root, start_s + 41).again);
    // Another relay brings what was sealed before, with a newer place.
    content::Alert before = night.alert(0);
    before.mutable_track()->mutable_newest()->set_at_s(start_s + 60);
    CHECK_FALSE(state.copy(before, night.yours(0), night.stage(1, 0), night.root, start_s + 61).again);
    CHECK(state.record().alert().pressed_again() == 1);
    CHECK(state.record().alert().track().newest().at_s() == start_s + 60);
    int entries = 0;
    for (const record::Entry& entry : state.record().timeline())
      if (entry.kind() == record::Entry::PRESSED_AGAIN) ++entries;
    CHECK(entries == 1);
    // The next round's copy is the same one: it is not »nobody has answered« that came twice.
    CHECK(state.copy_again(night.vigil_id, night.stage(2, 0), start_s + 600).again);
  }
  SECTION("after her ending") {
    state.ending(false, start_s + 30, start_s + 30);
    const AlertState::Came came = state.copy(again, night.yours(0), straight, night.root, start_s + 40);
    CHECK_FALSE((came.again || came.pressed_again));
  }
  SECTION("when it overtakes the copy that the vigil releases") {
    AlertState late = AlertState::begin(night.alert_id, night.person, false, start_s);
    CHECK(late.copy(again, night.yours(0), straight, night.root, start_s + 11).first);
    CHECK_FALSE(late.copy_again(night.vigil_id, night.stage(1, 0), start_s + 12).again);
    CHECK(late.record().alert().pressed_again() == 1);
  }
}

TEST_CASE("a relay cannot invent an answer, bend another's, or show an old one as new", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  const std::uint64_t now_s = start_s + 40;
  wire::Delivery forged = night.act(wire::Released::ANSWERED, 1, 1, now_s);
  SECTION("a random token") {
    forged.mutable_notice()->set_token(str(random_bytes(32)));
  }
  SECTION("another's token under this index") {
    forged.mutable_notice()->set_index(2);
  }
  SECTION("a step that the token does not prove") {
    forged.mutable_notice()->set_step(3);
  }
  SECTION("a given-back step shown as an answer") {
    forged = night.act(wire::Released::GIVEN_BACK, 1, 2, now_s);
    forged.mutable_notice()->set_act(wire::Released::ANSWERED);
  }
  SECTION("step 0, whose token is the head that everybody has") {
    forged.mutable_notice()->set_step(0);
    forged.mutable_notice()->set_token(str(answer_chain(night.answer[1], limits::answer_chain_steps).view()));
  }
  SECTION("a step beyond the chain") {
    forged.mutable_notice()->set_step(4'000'000'000);
  }
  SECTION("an index beyond the list") {
    forged.mutable_notice()->set_index(77);
  }
  SECTION("no token") {
    forged.mutable_notice()->clear_token();
  }
  SECTION("an unknown act") {
    forged.mutable_notice()->set_act(static_cast<wire::Released::Act>(17));
  }
  CHECK(state.notice(night.vigil_id, forged, now_s) == Fact::unproved);
  CHECK(state.view(now_s, now_s).shown == Shown::unanswered);
}

TEST_CASE("an old answer that comes again after it was given back changes nothing", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::GIVEN_BACK, 1, 2, start_s + 50), start_s + 50) == Fact::news);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 51), start_s + 51) == Fact::known);
  CHECK(state.view(start_s + 52, start_s + 52).shown == Shown::unanswered);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 3, start_s + 60), start_s + 60) == Fact::news);
  CHECK(state.view(start_s + 61, start_s + 61).shown == Shown::answering);
}

TEST_CASE("a relay cannot stretch an answer with a time from the future or a lease of years", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  wire::Delivery stretched = night.act(wire::Released::ANSWERED, 1, 1, start_s + 100'000'000);
  stretched.mutable_notice()->set_lease_s(4'000'000'000);
  const std::uint64_t now_s = start_s + 30;
  CHECK(state.notice(night.vigil_id, stretched, now_s) == Fact::news);
  CHECK(state.view(now_s + lease_s_max - 1, 0).shown == Shown::answering);
  CHECK(state.view(now_s + lease_s_max, 0).shown == Shown::unanswered);
}

TEST_CASE("an answer whose lease had ended before it arrived is never shown as going on", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 30), start_s + 30 + lease_s + 5);
  CHECK(state.view(start_s + 30 + lease_s + 5, 0).shown == Shown::unanswered);
}

TEST_CASE("a relay cannot declare a running answer lapsed", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 30), start_s + 30);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::LAPSED, 2, 1, start_s + 60), start_s + 60) == Fact::known);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::LAPSED, 1, 1, start_s + 60), start_s + 60) == Fact::unproved);
  CHECK(state.view(start_s + 61, 0).shown == Shown::answering);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::LAPSED, 1, 1, start_s + 30 + lease_s), start_s + 30 + lease_s) ==
        Fact::news);
}

TEST_CASE("all clear needs two different people or her own ending", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  CHECK(state.notice(night.vigil_id, night.closed(1, 1), start_s + 60) == Fact::unproved);
  wire::Delivery half = night.closed(1, 2);
  half.mutable_notice()->set_token_other(str(night.closing[1].view()));
  CHECK(state.notice(night.vigil_id, half, start_s + 60) == Fact::unproved);
  CHECK_FALSE(state.over());
  SECTION("two people") {
    CHECK(state.notice(night.vigil_id, night.closed(2, 1), start_s + 60) == Fact::news);
  }
  SECTION("herself") {
    CHECK(state.ending(false, start_s + 60, start_s + 60) == Fact::news);
  }
  CHECK(state.over());
  CHECK(state.view(start_s + 61, 0).shown == Shown::all_clear);
}

TEST_CASE("a forced ending is never over, stays forced, and is shown before everything", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  CHECK(state.ending(true, start_s + 60, start_s + 60) == Fact::news);
  CHECK_FALSE(state.over());
  CHECK(state.view(start_s + 61, 0).shown == Shown::forced);
  state.ending(false, start_s + 60, start_s + 60);
  CHECK_FALSE(state.over());
  state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 70), start_s + 70);
  const AlertView view = state.view(start_s + 71, 0);
  CHECK(view.shown == Shown::answering);
  CHECK(view.forced);
  CHECK(state.notice(night.vigil_id, night.closed(0, 1), start_s + 80) == Fact::news);
  CHECK(state.over());
}

TEST_CASE("a notice that comes before its alert waits, and is checked when the alert comes", "[client][alert_state]") {
  const Night night;
  AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
  wire::Delivery forged = night.act(wire::Released::ANSWERED, 2, 1, start_s + 20);
  forged.mutable_notice()->set_token(str(random_bytes(32)));
  CHECK(state.notice(night.vigil_id, forged, start_s + 20) == Fact::waiting);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 1, 1, start_s + 20), start_s + 20) == Fact::waiting);
  CHECK(state.view(start_s + 21, start_s + 21).shown == Shown::nothing);
  state.copy(night.alert(0), night.yours(0), night.stage(1, 0), night.root, start_s + 25);
  const AlertView view = state.view(start_s + 26, start_s + 26);
  CHECK(view.shown == Shown::answering);
  CHECK(view.index == 1);
}

TEST_CASE("a later round rings again, the same round and the other relay's copy do not", "[client][alert_state]") {
  const Night night;
  AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
  const auto came = state.copy(night.alert(0), night.yours(0), night.stage(1, 0), night.root, start_s);
  CHECK(came.first);
  CHECK_FALSE(state.copy_again(night.vigil_id, night.stage(1, 0), start_s).again);
  content::Alert elsewhere = night.alert(0);
  elsewhere.set_vigil_id(str(random_bytes(32)));
  const auto other = state.copy(elsewhere, night.yours(0), night.stage(1, 0), random_bytes(32), start_s);
  CHECK_FALSE(other.first);
  CHECK_FALSE(other.again);
  CHECK(state.copy_again(night.vigil_id, night.stage(2, 0), start_s + 600).again);
  CHECK_FALSE(state.copy_again(view(elsewhere.vigil_id()), night.stage(2, 0), start_s + 601).again);
  CHECK(state.view(start_s + 601, start_s + 601).shown == Shown::nobody);
  CHECK(state.view(start_s + 601, start_s + 601).round == 2);
}

TEST_CASE("nobody has answered is said only by who has heard the relay lately", "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(0);
  const std::uint64_t later = start_s + nobody_after_s + 60;
  CHECK(state.view(later, 0).shown == Shown::unanswered);
  CHECK(state.view(later, later - heard_within_s - 1).shown == Shown::unanswered);
  CHECK(state.view(later, later).shown == Shown::nobody);
  CHECK(state.view(later, later).silent_s == nobody_after_s + 60);
}

TEST_CASE("silence counts from when somebody could have answered, whatever her clock says", "[client][alert_state]") {
  const Night night;
  const auto came = [&](std::uint64_t pressed_s, std::uint32_t round, std::uint64_t released_s) {
    AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
    content::Alert alert = night.alert(0);
    alert.set_pressed_s(pressed_s);
    wire::Delivery delivery = night.stage(round, 0);
    delivery.set_released_s(released_s);
    state.copy(alert, night.yours(0), delivery, night.root, start_s + 10);
    return state;
  };
  constexpr std::uint64_t day_s = 86'400;
  // A clock a day behind, or a phone that was offline for a day: the relay had it ten seconds before it rang.
  const AlertState behind = came(start_s - day_s, 1, start_s + 10);
  CHECK(behind.view(start_s + 20, start_s + 20).shown == Shown::unanswered);
  CHECK(behind.view(start_s + 400, start_s + 400).silent_s == 400);
  // A day ahead: from when it came here.
  const AlertState ahead = came(start_s + day_s, 1, start_s + 10);
  CHECK(ahead.view(start_s + 20, start_s + 20).shown == Shown::unanswered);
  CHECK(ahead.view(start_s + 410, start_s + 410).silent_s == 400);
  // A relay that says it went out long ago cannot make the silence longer than her press does.
  CHECK(came(start_s, 1, start_s - 300).view(start_s + 400, start_s + 400).silent_s == 400);
  CHECK(came(start_s, 1, 1).view(start_s + 410, start_s + 410).silent_s == 400);
  // A later round says nothing about the first: her press counts.
  CHECK(came(start_s - 3'600, 4, start_s + 10).view(start_s + 20, start_s + 20).silent_s == 3'620);
}

TEST_CASE("a renewal that moves the end by a few seconds is shown, and silence counts from the new end",
          "[client][alert_state]") {
  const Night night;
  AlertState state = night.reader(2);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 0, 1, start_s + 100), start_s + 100) == Fact::news);
  CHECK(state.view(start_s + 101, start_s + 101).until_s == start_s + 100 + lease_s);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 0, 3, start_s + 105), start_s + 105) == Fact::news);
  const std::uint64_t end_s = start_s + 105 + lease_s;
  CHECK(state.view(end_s - 1, end_s - 1).shown == Shown::answering);
  CHECK(state.view(end_s - 1, end_s - 1).until_s == end_s);
  CHECK(state.view(end_s + 1, end_s + 1).shown == Shown::unanswered);
  // Nobody has answered for a while: then a renewal takes that back.
  CHECK(state.view(end_s + 400, end_s + 400).shown == Shown::nobody);
  CHECK(state.notice(night.vigil_id, night.act(wire::Released::ANSWERED, 0, 5, end_s + 401), end_s + 401) == Fact::news);
  CHECK(state.view(end_s + 402, end_s + 402).shown == Shown::answering);
}

TEST_CASE("her own states climb from not sent to seen, each by its own fact", "[client][alert_state]") {
  const Night night;
  AlertState state = AlertState::begin(night.alert_id, night.person, true, start_s);
  CHECK(state.view(start_s, 0).shown == Shown::nothing);
  content::Alert pressed;
  pressed.set_pressed_s(start_s);
  pressed.set_hold_s(10);
  state.pressed(pressed);
  state.prepared(night.vigil_id, night.root, night.alert(0).responders(), start_s);
  CHECK(state.view(start_s, 0).shown == Shown::not_sent);
  CHECK(state.on_relay(night.vigil_id, start_s + 1, 10) == Fact::news);
  CHECK(state.view(start_s + 2, 0).shown == Shown::waits);
  wire::VigilState relay;
  relay.set_released(true);
  relay.set_round(1);
  relay.set_stage(1);
  relay.set_fetched(7);  // a relay's word for what readers have: never shown as phones
  CHECK(state.looked(night.vigil_id, relay, start_s + 11) == Fact::news);
  CHECK(state.view(start_s + 12, 0).shown == Shown::on_relay);
  const Bytes dana = random_bytes(33);
  const Bytes boris = random_bytes(33);
  state.receipt(dana, false, start_s + 13);
  state.receipt(boris, false, start_s + 13);
  CHECK(state.receipt(boris, false, start_s + 13) == Fact::known);
  CHECK(state.view(start_s + 13, 0).shown == Shown::on_phones);
  CHECK(state.view(start_s + 13, 0).count == 2);
  state.receipt(dana, true, start_s + 13);
  CHECK(state.receipt(dana, false, start_s + 13) == Fact::known);
  CHECK(state.view(start_s + 14, 0).shown == Shown::seen);
  CHECK(state.view(start_s + 14, 0).count == 1);
  state.own_ending(start_s + 15);
  CHECK(state.view(start_s + 15, 0).shown == Shown::all_clear);
}

TEST_CASE("what a relay says comes next is kept when it changes, and the same again is not news", "[client][alert_state]") {
  const Night night;
  AlertState state = AlertState::begin(night.alert_id, night.person, true, start_s);
  state.prepared(night.vigil_id, night.root, night.alert(0).responders(), start_s);
  state.on_relay(night.vigil_id, start_s, 0);
  wire::VigilState relay;
  relay.set_released(true);
  relay.set_round(1);
  relay.set_stage(1);
  relay.set_due_s(60);
  CHECK(state.looked(night.vigil_id, relay, start_s + 1) == Fact::news);
  relay.set_due_s(50);
  CHECK(state.looked(night.vigil_id, relay, start_s + 11) == Fact::known);
  relay.set_stage(2);
  relay.set_due_s(60);
  CHECK(state.looked(night.vigil_id, relay, start_s + 61) == Fact::news);
  CHECK(state.record().vigils(0).next_stage() == 2);
  CHECK(state.record().vigils(0).next_s() == start_s + 121);
}

TEST_CASE("an alert is over from the moment that is known, whichever way it became known", "[client][alert_state]") {
  const Night night;
  AlertState waited = AlertState::begin(night.alert_id, night.person, false, start_s);
  CHECK(waited.notice(night.vigil_id, night.closed(0, 1), start_s + 5) == Fact::waiting);
  CHECK(waited.record().over_s() == 0);
  waited.copy(night.alert(2), night.yours(2), night.stage(1, 0), night.root, start_s + 9);
  CHECK(waited.over());
  CHECK(waited.record().over_s() == start_s + 9);
  AlertState ended = AlertState::begin(night.alert_id, night.person, false, start_s);
  ended.copy(night.alert(2), night.yours(2), night.stage(1, 0), night.root, start_s);
  ended.ending(false, start_s + 20, start_s + 20);
  ended.notice(night.vigil_id, night.closed(0, 1), start_s + 30);
  CHECK(ended.record().over_s() == start_s + 20);
}

TEST_CASE("a later round that comes first is silence, also when her clock is ahead", "[client][alert_state]") {
  const Night night;
  content::Alert ahead = night.alert(1);
  ahead.set_pressed_s(start_s + 86'400);
  AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
  state.copy(ahead, night.yours(1), night.stage(3, 0), night.root, start_s);
  CHECK(state.view(start_s + 10, start_s + 9).shown == Shown::nobody);
}

TEST_CASE("any order of true facts, doubled and mixed with lies, ends in the same true state", "[client][alert_state]") {
  const Night night;
  // One life: Boris (1) answers, renews, gives back; Dana (2) answers last and holds. Everything else about it is a lie or a
  // repeat.
  const std::uint64_t now_s = start_s + 500;
  std::vector<wire::Delivery> truth{
      night.act(wire::Released::ANSWERED, 1, 1, start_s + 100), night.act(wire::Released::ANSWERED, 1, 3, start_s + 200),
      night.act(wire::Released::GIVEN_BACK, 1, 4, start_s + 300), night.act(wire::Released::ANSWERED, 2, 1, start_s + 400)};
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::vector<wire::Delivery> facts = truth;
    for (int i = 0; i < 4; ++i) facts.push_back(truth[random() % truth.size()]);
    for (int i = 0; i < 4; ++i) {
      wire::Delivery lie = night.act(wire::Released::ANSWERED, random() % 3, 1 + random() % 5, now_s);
      lie.mutable_notice()->set_token(str(random_bytes(32)));
      facts.push_back(lie);
    }
    std::shuffle(facts.begin(), facts.end(), random);
    AlertState state = AlertState::begin(night.alert_id, night.person, false, start_s);
    const std::size_t alert_comes = random() % (facts.size() + 1);
    for (std::size_t i = 0; i <= facts.size(); ++i) {
      if (i == alert_comes) state.copy(night.alert(0), night.yours(0), night.stage(1, 0), night.root, now_s);
      if (i < facts.size()) state.notice(night.vigil_id, facts[i], now_s);
      const AlertView view = state.view(now_s, now_s);
      // On the way only what some true fact says: Boris or Dana may answer, nobody else, and never all clear.
      const bool true_so_far = view.shown == Shown::nothing || view.shown == Shown::unanswered || view.shown == Shown::nobody ||
                               (view.shown == Shown::answering && (view.index == 1 || view.index == 2));
      REQUIRE(true_so_far);
    }
    const AlertView end = state.view(now_s, now_s);
    REQUIRE(end.shown == Shown::answering);
    REQUIRE(end.index == 2);
  }
}
