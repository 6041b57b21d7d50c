// Truth of the responder's screen. Goal: whatever comes late, twice, in another order, not at all, or was made up by a relay, and
// however wrong the clocks of the three devices are, no word on the screen is untrue. Method: 10,000 seeded nights; a plain model
// of what really happens (a relay with a ladder, people who answer, give back, fall silent, close) runs beside the client's own
// AlertState, panel_of and render, and every claim is compared with it.
//
// What cannot be demanded: that a relay which withholds an answer is found out at once. So a relay is honest (then every word
// must be true of the world) or lying (then of everything that has been proved to this device).
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "client/alert_state.hpp"
#include "client/render.hpp"
#include "client/screen_model.hpp"
#include "client/sorted.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"
#include "tests/unit/client/truth_world.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

constexpr int nights = 10'000;

// One night on one responder's device.
class Night {
 public:
  explicit Night(std::uint32_t seed) : random_(seed), world_(random_) {
    const auto skew = [&] { return static_cast<std::int64_t>(random_() % 7200) - 3600; };
    lies_ = random_() % 2 == 0;
    reader_ = random_() % 4;
    here_skew_s_ = skew();
    relay_skew_s_ = skew();
    // A relay that lies about times and a phone whose clock is behind can together lengthen a silence: one of them at a time.
    her_skew_s_ = lies_ ? 0 : skew();
    if (lies_) here_skew_s_ = relay_skew_s_ = 0;
  }

  void run() {
    plan_deliveries();
    std::size_t next = 0;
    const std::uint64_t end_s = world_.end_s();
    for (std::uint64_t now_s = zero_s; now_s < end_s; now_s += 1 + random_() % 20) {
      while (next < deliveries_.size() && deliveries_[next].comes_s <= now_s) deliver(deliveries_[next++], now_s);
      if (lies_ && random_() % 8 == 0) lie(now_s);
      const bool connected = !dark(now_s);
      if (connected) heard_s_ = now_s;
      look(now_s, connected);
    }
  }

 private:
  struct Coming {
    std::uint64_t comes_s = 0;
    Event event;
  };

  bool dark(std::uint64_t now_s) const {
    return std::any_of(dark_.begin(), dark_.end(), [&](const auto& one) { return now_s >= one.first && now_s < one.second; });
  }

  // An honest relay keeps its order and delivers when there is a connection; some things come twice. A lying one delays what it
  // likes, in any order, and loses some.
  void plan_deliveries() {
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t from_s = zero_s + random_() % 2000;
      dark_.emplace_back(from_s, from_s + random_() % 500);
    }
    for (const Event& event : world_.events()) {
      if (event.kind == Event::Kind::stage && !of_reader(event.stage)) continue;
      std::uint64_t comes_s = event.at_s;
      if (lies_) {
        if (random_() % 6 == 0) continue;
        comes_s += random_() % 3 == 0 ? random_() % 300 : 0;
      }
      while (dark(comes_s)) ++comes_s;
      deliveries_.push_back({comes_s, event});
      if (random_() % 5 == 0) deliveries_.push_back({comes_s + (lies_ ? random_() % 200 : 0), event});
    }
    sort_keeping_order(deliveries_, [](const Coming& coming) { return coming.comes_s; });
  }
  bool of_reader(std::uint32_t stage) const { return secrets().tier[reader_] == stage + 1; }

  std::uint64_t here(std::uint64_t at_s) const { return at_s + static_cast<std::uint64_t>(here_skew_s_); }

  wire::Delivery delivery_of(const Event& event) {
    wire::Delivery delivery;
    // listening.cpp turns the relay's time into this device's by what the greeting told; here it has done so.
    const auto relay_s = static_cast<std::int64_t>(event.at_s) + relay_skew_s_;
    std::int64_t released_s = relay_s + (here_skew_s_ - relay_skew_s_);
    if (lies_ && random_() % 3 == 0) released_s += static_cast<std::int64_t>(random_() % 4000) - 2000;
    delivery.set_released_s(static_cast<std::uint64_t>(released_s));
    return delivery;
  }

  void deliver(const Coming& coming, std::uint64_t now_s) {
    const Event& event = coming.event;
    wire::Delivery delivery = delivery_of(event);
    const Secrets& all = secrets();
    wire::Released& said = *delivery.mutable_notice();
    said.set_index(event.index);
    said.set_step(event.step);
    said.set_lease_s(lease_s);
    switch (event.kind) {
      case Event::Kind::stage:
        delivery.clear_notice();
        delivery.set_of_vigil(wire::STAGE);
        delivery.set_round(event.round);
        delivery.set_stage(event.stage);
        if (!state_) state_ = AlertState::begin(all.alert_id, all.person, false, here(now_s));
        state_->copy(alert(), e2ee::ResponderSecrets{all.answer[reader_], all.closing[reader_]}, delivery, all.root, here(now_s));
        for (int i = 0; i < 4 && names_.size() < 4; ++i) *names_.Add() = "P" + std::to_string(i);
        state_->names(names_);
        break;
      case Event::Kind::free_ending:
      case Event::Kind::forced_ending:
        if (state_) state_->ending(event.kind == Event::Kind::forced_ending, event.at_s, here(now_s));
        break;
      case Event::Kind::closed:
        said.set_act(wire::Released::CLOSED);
        said.set_index_other(event.other);
        said.set_token(str(all.closing[event.index].view()));
        said.set_token_other(str(all.closing[event.other].view()));
        break;
      case Event::Kind::lapsed:
        said.set_act(wire::Released::LAPSED);
        break;
      case Event::Kind::answered:
      case Event::Kind::given_back:
        said.set_act(event.kind == Event::Kind::answered ? wire::Released::ANSWERED : wire::Released::GIVEN_BACK);
        said.set_token(str(answer_chain(all.answer[event.index], limits::answer_chain_steps - event.step).view()));
        break;
    }
    if (!state_ && delivery.has_notice() && said.act() != wire::Released::ACT_UNSET)
      state_ = AlertState::begin(all.alert_id, all.person, false, here(now_s));
    if (delivery.has_notice() && said.act() != wire::Released::ACT_UNSET && state_)
      state_->notice(all.vigil_id, delivery, here(now_s));
    if (state_ && (delivery.has_notice() || event.kind == Event::Kind::stage)) proved_.push_back({now_s, event});
  }

  content::Alert alert() const {
    const Secrets& all = secrets();
    content::Alert made;
    made.set_alert_id(str(all.alert_id));
    made.set_vigil_id(str(all.vigil_id));
    made.set_pressed_s(zero_s + static_cast<std::uint64_t>(her_skew_s_));
    made.set_hold_s(10);
    for (std::size_t i = 0; i < 4; ++i) {
      content::Responder& responder = *made.add_responders();
      responder.set_head(all.heads[i]);
      responder.set_close_hash(all.hashes[i]);
      responder.set_tier(all.tier[i]);
      responder.set_after_s(all.after_s[i]);
    }
    made.set_your_index(reader_);
    return made;
  }

  // What no fact stands behind.
  void lie(std::uint64_t now_s) {
    if (!state_) return;
    const Secrets& all = secrets();
    wire::Delivery delivery;
    delivery.set_released_s(here(now_s) + random_() % 3000 - 1500);
    wire::Released& said = *delivery.mutable_notice();
    said.set_index(random_() % 6);
    said.set_step(random_() % 12);
    said.set_lease_s(static_cast<std::uint32_t>(random_()));
    said.set_act(static_cast<wire::Released::Act>(random_() % 6));
    said.set_index_other(random_() % 6);
    said.set_token(random_() % 2 == 0 ? std::string(32, 'x') : str(all.closing[1].view()));
    said.set_token_other(random_() % 2 == 0 ? std::string(32, 'y') : str(all.closing[1].view()));
    if (said.act() == wire::Released::LAPSED) delivery.set_released_s(here(now_s));  // told as if now
    state_->notice(all.vigil_id, delivery, here(now_s));
  }

  // ---- what may be said

  bool happened(Event::Kind kind, std::uint64_t by_s) const {
    return std::any_of(world_.events().begin(), world_.events().end(),
                       [&](const Event& event) { return event.kind == kind && event.at_s <= by_s; });
  }
  // The newest act of this person that has come here.
  const Coming* newest_act(std::uint32_t index) const {
    const Coming* newest = nullptr;
    for (const Coming& one : proved_) {
      const bool act = one.event.kind == Event::Kind::answered || one.event.kind == Event::Kind::given_back;
      if (act && one.event.index == index && (newest == nullptr || one.event.step > newest->event.step)) newest = &one;
    }
    return newest;
  }
  // Who really answers at this second.
  std::optional<std::uint32_t> holder(std::uint64_t at_s) const {
    std::optional<std::uint32_t> who;
    for (const Event& event : world_.events()) {
      if (event.at_s > at_s) break;
      if (event.kind == Event::Kind::answered) who = event.index;
      if (event.kind == Event::Kind::given_back || event.kind == Event::Kind::lapsed) who.reset();
    }
    return who;
  }
  // For whoever has to find out why: what happened, by kind, second, index and step or round and stage.
  std::string story() const {
    std::string out;
    for (const Event& event : world_.events()) {
      for (const auto number : {static_cast<std::uint64_t>(event.kind), event.at_s - zero_s, std::uint64_t{event.index},
                                std::uint64_t{event.step}, std::uint64_t{event.round}, std::uint64_t{event.stage}})
        out += std::to_string(number) + " ";
      out += "\n";
    }
    return out;
  }
  bool moment_of_change(std::uint64_t now_s) const {
    return std::any_of(world_.events().begin(), world_.events().end(),
                       [&](const Event& event) { return event.at_s + 3 > now_s && event.at_s < now_s + 3; });
  }

  void look(std::uint64_t now_s, bool connected) {
    if (!state_ || !state_->record().has_alert()) return;
    const std::uint64_t heard_s = heard_s_ == 0 ? 0 : here(heard_s_);
    const AlertView view = state_->view(here(now_s), heard_s);
    INFO(story());
    INFO("reader " << reader_ << ", lies " << lies_ << ", second " << now_s - zero_s << ", shown "
                   << static_cast<int>(view.shown));
    switch (view.shown) {
      case Shown::answering: {
        const Coming* act = newest_act(view.index);
        REQUIRE(act != nullptr);
        REQUIRE(act->event.kind == Event::Kind::answered);
        REQUIRE(now_s <= (lies_ ? act->comes_s : act->event.at_s) + lease_s);
        if (!lies_ && connected && !moment_of_change(now_s)) REQUIRE(holder(now_s) == view.index);
        REQUIRE(view.yours == (view.index == reader_));
        break;
      }
      case Shown::all_clear:
        REQUIRE((happened(Event::Kind::closed, now_s) || happened(Event::Kind::free_ending, now_s)));
        break;
      case Shown::nobody:
        REQUIRE(now_s <= heard_s_ + heard_within_s);
        REQUIRE(view.silent_s <= now_s - zero_s + 1);
        for (const Event& event : world_.events()) {
          if (lies_ || event.at_s > heard_s_ || event.kind != Event::Kind::answered) continue;
          REQUIRE(view.silent_s <= now_s - event.at_s + 1);
        }
        if (!lies_ && !moment_of_change(heard_s_)) REQUIRE_FALSE(holder(heard_s_));
        break;
      case Shown::unanswered:
        // »no answer is known yet«: none that was proved is going on.
        for (std::uint32_t i = 0; i < 4 && !lies_; ++i) {
          const Coming* act = newest_act(i);
          const bool going_on =
              act != nullptr && act->event.kind == Event::Kind::answered && now_s + 2 < act->event.at_s + lease_s;
          if (connected && !moment_of_change(now_s)) REQUIRE_FALSE(going_on);
        }
        break;
      case Shown::forced:
        REQUIRE(happened(Event::Kind::forced_ending, now_s));
        break;
      case Shown::nothing:
      case Shown::not_sent:
      case Shown::waits:
      case Shown::on_relay:
      case Shown::on_phones:
      case Shown::seen:
        FAIL("not on a responder's screen");
    }
    if (view.forced) REQUIRE(happened(Event::Kind::forced_ending, now_s));
    look_at_panel(now_s, connected, view);
  }

  void look_at_panel(std::uint64_t now_s, bool connected, const AlertView& view) {
    Rounds rounds;
    rounds.first_s = round_gaps;
    const std::uint64_t heard_s = heard_s_ == 0 ? 0 : here(heard_s_);
    const AlertPanel panel = panel_of(*state_, [](View) { return std::string("Aigul"); }, rounds, here(now_s), heard_s);
    const bool counts = panel.next.kind == Next::Kind::tier || panel.next.kind == Next::Kind::round;
    if (counts) REQUIRE(now_s <= heard_s_ + heard_within_s);
    if (counts && !lies_ && connected && !moment_of_change(now_s)) {
      const World::Due& due = world_.due(now_s);
      REQUIRE_FALSE(due.lease);
      REQUIRE(panel.next.tier == due.stage + 1);
      REQUIRE(panel.next.round == due.round);
      const auto off = static_cast<std::int64_t>(panel.next.at_s) - static_cast<std::int64_t>(here(due.at_s));
      REQUIRE(std::abs(off) <= 2);
      ++countdowns;
    }
    if (random_() % 16 != 0) return;
    ScreenModel model;
    model.now_s = here(now_s);
    model.heard_s = heard_s;
    model.alerts.push_back(panel);
    std::string all;
    for (const Line& line : render(model, 80, 24)) all += line.text + "\n";
    const auto says = [&](std::string_view words) { return all.find(words) != std::string::npos; };
    REQUIRE(says(" answering\n") == (view.shown == Shown::answering));
    REQUIRE((says("NOBODY HAS ANSWERED FOR") || says("NOBODY IS ANSWERING")) == (view.shown == Shown::nobody));
    REQUIRE(says("FORCED TO CANCEL. Do not call or write to her.") == view.forced);
    REQUIRE(says("SAFE?    all clear") == (view.shown == Shown::all_clear));
    ++screens;
  }

  std::mt19937 random_;
  World world_;
  bool lies_ = false;
  std::uint32_t reader_ = 0;
  std::int64_t here_skew_s_ = 0, relay_skew_s_ = 0, her_skew_s_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> dark_;
  std::vector<Coming> deliveries_;
  std::vector<Coming> proved_;
  std::optional<AlertState> state_;
  google::protobuf::RepeatedPtrField<std::string> names_;
  std::uint64_t heard_s_ = 0;

 public:
  std::size_t countdowns = 0, screens = 0;
};

}  // namespace

TEST_CASE("ten thousand nights of delays, repeats, losses, lies and wrong clocks: no untrue word", "[client][truth]") {
  std::size_t countdowns = 0;
  std::size_t screens = 0;
  for (std::uint32_t seed = 0; seed < nights; ++seed) {
    INFO("seed " << seed);
    Night night(seed);
    night.run();
    countdowns += night.countdowns;
    screens += night.screens;
  }
  // Not true for want of trying.
  CHECK(countdowns > 10'000);
  CHECK(screens > 10'000);
}

TEST_CASE("her own screen never counts a phone or a person more than there are", "[client][truth]") {
  const Secrets& all = secrets();
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    AlertState state = AlertState::begin(all.alert_id, all.person, true, zero_s);
    content::Alert pressed;
    pressed.set_pressed_s(zero_s);
    pressed.set_hold_s(10);
    state.pressed(pressed);
    state.prepared(all.vigil_id, all.root, {}, zero_s);
    std::set<std::uint32_t> phones, people;
    bool on_relay = false;
    for (std::uint64_t now_s = zero_s; now_s < zero_s + 200; now_s += 1 + random() % 10) {
      const std::uint32_t who = random() % 5;
      switch (random() % 6) {
        case 0:
          on_relay = true;
          state.on_relay(all.vigil_id, now_s, 10);
          break;
        case 1:
          phones.insert(who);
          state.receipt(view(std::string(33, static_cast<char>('a' + who))), false, now_s);
          break;
        case 2:
          phones.insert(who);
          people.insert(who);
          state.receipt(view(std::string(33, static_cast<char>('a' + who))), true, now_s);
          break;
        default:
          break;
      }
      const AlertView view = state.view(now_s, now_s);
      if (view.shown == Shown::on_phones) REQUIRE(view.count == phones.size());
      if (view.shown == Shown::seen) REQUIRE(view.count == people.size());
      if (view.shown == Shown::on_relay || view.shown == Shown::waits) REQUIRE(on_relay);
      if (view.shown == Shown::not_sent) REQUIRE_FALSE(on_relay);
    }
  }
}
