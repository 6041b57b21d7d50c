// Words about being woken and sealed plans, on real accounts without a network: whose word counts, what a plan opens for, and who
// can be reached through it.
#include "client/consent.hpp"

#include <catch2/catch.hpp>

#include "client/plans.hpp"
#include "crypto/base/aead.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

Contact meets(const Person& me, const Person& other, const std::string& name, const Routes& routes) {
  Contact contact{.name = name, .identity = other.account->identity.key(), .checked = true, .met_s = now_s};
  contact.id = me.account->contacts.add(contact).value();
  me.account->contacts.set_reaches(contact.id, {{.routes = routes, .address = random_id<Address>(), .bundle = {}}});
  return contact;
}

content::Content word(content::Consent::Kind kind, std::uint64_t written_s, const Routes& routes) {
  content::Content content = new_content(written_s);
  content::Consent& said = *content.mutable_consent();
  said.set_kind(kind);
  if (kind == content::Consent::ACCEPT) {
    content::CardRelay& one = *said.add_for_others();
    one.set_routes(std::string(text(routes.serialised())));
    one.set_address(std::string(text(random_id<Address>().view())));
  }
  return content;
}

struct Cell {
  Routes routes = some_routes();
  Person aigul{routes}, dana{routes}, boris{routes};
  Contact dana_at_aigul = meets(aigul, dana, "Dana", routes);
  Contact boris_at_aigul = meets(aigul, boris, "Boris", routes);
  Contact aigul_at_dana = meets(dana, aigul, "Aigul", routes);

  void asked(const Contact& whom) {
    aigul.account->consents.put({.contact = whom.id, .asked_s = now_s, .hours = {}, .reach = {}});
  }
  void accepted(const Contact& whom) {
    asked(whom);
    REQUIRE(take_consent(*aigul.account, whom, word(content::Consent::ACCEPT, now_s, routes)));
  }
  void in_two_tiers() {
    accepted(dana_at_aigul);
    accepted(boris_at_aigul);
    aigul.account->tiers.set({{dana_at_aigul.id, 1, 0}, {boris_at_aigul.id, 2, 60}});
  }
  content::SealedPlan sealed(const OwnPlan& own) {
    const View label = view("vigil sealed plan");
    Bytes associated(label.begin(), label.end());
    associated.insert(associated.end(), own.id.begin(), own.id.end());
    content::SealedPlan sealed;
    sealed.set_plan_id(std::string(text(own.id)));
    sealed.set_sealed(std::string(text(aead_seal(own.key, view(own.plan.SerializeAsString()), associated))));
    return sealed;
  }
  AlertState alert_at_dana(const OwnPlan& own, bool drill) {
    AlertState alert = AlertState::begin(random_bytes(16), aigul.account->identity.key().view(), false, now_s);
    content::Alert& said = *alert.record().mutable_alert();
    said.set_drill(drill);
    said.set_plan_id(std::string(text(own.id)));
    said.set_plan_key(std::string(text(own.key)));
    return alert;
  }
};

}  // namespace

TEST_CASE("only somebody who was asked can accept, and an older word changes nothing", "[consent]") {
  Cell cell;
  Account& aigul = *cell.aigul.account;
  CHECK_FALSE(take_consent(aigul, cell.dana_at_aigul, word(content::Consent::ACCEPT, now_s, cell.routes)));
  CHECK_FALSE(aigul.consents.find(cell.dana_at_aigul.id));
  cell.accepted(cell.dana_at_aigul);
  CHECK(aigul.consents.find(cell.dana_at_aigul.id)->accepted());
  REQUIRE(take_consent(aigul, cell.dana_at_aigul, word(content::Consent::LEAVE, now_s + 20, cell.routes)));
  CHECK_FALSE(take_consent(aigul, cell.dana_at_aigul, word(content::Consent::ACCEPT, now_s + 10, cell.routes)));
  CHECK_FALSE(aigul.consents.find(cell.dana_at_aigul.id)->accepted());
  // Without a way for the others to reach her an acceptance is not whole.
  content::Content bare = word(content::Consent::ACCEPT, now_s + 30, cell.routes);
  bare.mutable_consent()->clear_for_others();
  CHECK_FALSE(take_consent(aigul, cell.dana_at_aigul, bare));
}

TEST_CASE("off duty leaves the tier until the time is over, leaving leaves it for good", "[consent]") {
  Cell cell;
  cell.in_two_tiers();
  Account& aigul = *cell.aigul.account;
  content::Content off = word(content::Consent::OFF_DUTY, now_s + 1, cell.routes);
  off.mutable_consent()->set_off_until_s(now_s + 3600);
  REQUIRE(take_consent(aigul, cell.dana_at_aigul, off));
  CHECK(awake_places(aigul, now_s + 2).size() == 1);
  CHECK(empty_tiers(aigul, now_s + 2) == std::vector<std::uint32_t>{1});
  CHECK(empty_tiers(aigul, now_s + 3600).empty());
  REQUIRE(take_consent(aigul, cell.boris_at_aigul, word(content::Consent::LEAVE, now_s + 1, cell.routes)));
  REQUIRE(aigul.tiers.all().size() == 1);
  CHECK(aigul.tiers.all().front().contact == cell.dana_at_aigul.id);
}

TEST_CASE("an alert rings only for a person who was accepted, on duty and within the hours", "[consent]") {
  Cell cell;
  Account& dana = *cell.dana.account;
  const e2ee::IdentityKey person = cell.aigul.account->identity.key();
  CHECK_FALSE(may_ring(dana, person, now_s));
  content::Content ask = new_content(now_s);
  ask.mutable_may_i_wake()->set_lawyer(true);
  REQUIRE(take_may_i_wake(dana, cell.aigul_at_dana, ask, now_s));
  CHECK_FALSE(may_ring(dana, person, now_s));
  Agreement duty = dana.duties.find(cell.aigul_at_dana.id).value();
  CHECK(duty.lawyer);
  duty.word = Word::accepted;
  dana.duties.put(duty);
  CHECK(may_ring(dana, person, now_s));
  duty.off = true;
  duty.off_until_s = now_s + 10;
  dana.duties.put(duty);
  CHECK_FALSE(may_ring(dana, person, now_s));
  CHECK(may_ring(dana, person, now_s + 10));
  // Being asked again does not undo what was accepted.
  REQUIRE(take_may_i_wake(dana, cell.aigul_at_dana, ask, now_s + 20));
  CHECK(may_ring(dana, person, now_s + 20));
}

TEST_CASE("a plan that has changed has another id and another key", "[plans]") {
  Cell cell;
  Account& aigul = *cell.aigul.account;
  CHECK_FALSE(own_plan(aigul));
  cell.in_two_tiers();
  const OwnPlan first = own_plan(aigul).value();
  CHECK(own_plan(aigul)->id == first.id);
  CHECK(first.plan.people_size() == 2);
  content::Plan texts;
  texts.add_actions("call Maria");
  set_plan_texts(aigul, texts);
  const OwnPlan second = own_plan(aigul).value();
  CHECK(second.id != first.id);
  CHECK(second.key != first.key);
  REQUIRE(take_consent(aigul, cell.boris_at_aigul, word(content::Consent::LEAVE, now_s + 1, cell.routes)));
  CHECK(own_plan(aigul)->key != second.key);
  CHECK(own_plan(aigul)->plan.people_size() == 1);
}

TEST_CASE("a sealed plan opens with the alert's key, before or after it, never in a drill, and names who can be reached",
          "[plans]") {
  Cell cell;
  cell.in_two_tiers();
  Account& dana = *cell.dana.account;
  const OwnPlan own = own_plan(*cell.aigul.account).value();
  Container::Transaction step(dana.container);
  AlertState early = cell.alert_at_dana(own, false);
  CHECK_FALSE(open_plan(dana, early));
  dana.alerts.put(early);
  CHECK(others_of(dana, early).empty());
  // It comes after the alert: opened into it.
  CHECK(take_sealed_plan(dana, cell.aigul_at_dana, cell.sealed(own), now_s).size() == 1);
  const AlertState opened = dana.alerts.find(view(early.record().alert_id())).value();
  REQUIRE(opened.record().has_plan());
  CHECK(opened.record().alert().plan_key().empty());
  const std::vector<Contact> others = others_of(dana, opened);
  REQUIRE(others.size() == 1);
  CHECK(others.front().identity == cell.boris.account->identity.key());
  CHECK(others.front().through);
  CHECK_FALSE(others.front().checked);
  CHECK(dana.contacts.reaches(others.front().id).size() == 1);
  // And before: at once. A drill opens nothing even if somebody put the key in; a wrong key neither.
  AlertState late = cell.alert_at_dana(own, false);
  CHECK(open_plan(dana, late));
  AlertState drill = cell.alert_at_dana(own, true);
  CHECK_FALSE(open_plan(dana, drill));
  OwnPlan other_key = own;
  other_key.key = random_bytes(32);
  AlertState wrong = cell.alert_at_dana(other_key, false);
  CHECK_FALSE(open_plan(dana, wrong));
  step.commit();
  // Met in person she is a contact like any other; known from a plan only she goes with the alert.
  forget_through(dana);
  CHECK(dana.contacts.all().size() == 2);
  CHECK(dana.contacts.add({.name = "Boris", .identity = cell.boris.account->identity.key(), .checked = true}) ==
        others.front().id);
  CHECK_FALSE(dana.contacts.find(others.front().id)->through);
}

TEST_CASE("only the three newest sealed plans of a person are kept", "[plans]") {
  Cell cell;
  cell.in_two_tiers();
  Account& dana = *cell.dana.account;
  std::vector<OwnPlan> plans;
  for (int i = 0; i < 4; ++i) {
    content::Plan texts;
    texts.add_actions(std::to_string(i));
    set_plan_texts(*cell.aigul.account, texts);
    plans.push_back(own_plan(*cell.aigul.account).value());
    take_sealed_plan(dana, cell.aigul_at_dana, cell.sealed(plans.back()), now_s);
  }
  CHECK_FALSE(dana.plans.held(cell.aigul_at_dana.id, plans[0].id));
  for (std::size_t i = 1; i < 4; ++i) CHECK(dana.plans.held(cell.aigul_at_dana.id, plans[i].id));
}
