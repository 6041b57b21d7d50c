// What is told once and then forgotten: things of the outbox that were given up, own endings that waited, alerts that never were
// over.
#include "client/telling.hpp"

#include <catch2/catch.hpp>

#include "client/about.hpp"
#include "proto/limits.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

Bytes written_alert(Account& account, bool hers, std::uint64_t at_s) {
  const Bytes id = random_bytes(16);
  Container::Transaction step(account.container);
  AlertState alert = AlertState::begin(id, account.identity.key().view(), hers, at_s);
  content::Alert pressed;
  pressed.set_pressed_s(at_s);
  pressed.mutable_track()->mutable_newest()->set_at_s(at_s);
  alert.pressed(pressed);
  alert.prepared(random_bytes(32), random_bytes(32), {}, at_s);
  account.alerts.put(alert);
  step.commit();
  return id;
}

ItemId put(Account& account, AboutKind kind, View id) {
  wire::Request request;
  request.mutable_probe()->set_address(std::string(32, 'a'));
  return account.outbox
      .put({.routes = some_routes(), .requests = {request}, .urgent = true, .about = write_about(kind, id)}, now_s)
      .value();
}

void close(Account& account, const ItemId& id, wire::Status status) {
  auto claimed = account.outbox.claim(id).value();
  std::vector<wire::Answer> answers(1);
  answers[0].set_status(status);
  REQUIRE(claimed.settle(answers, now_s));
  if (status == wire::REFUSED) REQUIRE(claimed.settle(answers, now_s + refused_give_up_s));
}

}  // namespace

TEST_CASE("what was given up or cannot be read by the relay is told and leaves the outbox", "[client][telling]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Screen screen(true, true);
  close(aigul, put(aigul, AboutKind::content, random_bytes(16)), wire::REFUSED);
  close(aigul, put(aigul, AboutKind::keep, random_bytes(32)), wire::INVALID);
  close(aigul, put(aigul, AboutKind::hurry, random_bytes(32)), wire::ENDED);
  const ItemId waits = put(aigul, AboutKind::content, random_bytes(16));
  REQUIRE(aigul.outbox.list()->size() == 4);
  CHECK(aigul.outbox.waiting() == 1);
  tell_sent(aigul, screen, {}, now_s);
  REQUIRE(aigul.outbox.list()->size() == 1);
  CHECK(aigul.outbox.list()->at(0).id() == text(waits.view()));
}

TEST_CASE("an alert that she ended offline is over when its ending has left, and not before", "[client][telling]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Screen screen(true, true);
  const Bytes ended = written_alert(aigul, true, now_s);
  const Bytes goes_on = written_alert(aigul, true, now_s);
  aigul.alerts.update(ended, [](AlertState& alert) {
    alert.record().set_end_written(true);
    return true;
  });
  const Bytes vigil = [&] {
    const AlertState alert = *aigul.alerts.find(ended);
    const View id = view(alert.record().vigils(0).vigil_id());
    return Bytes(id.begin(), id.end());
  }();
  const ItemId item = put(aigul, AboutKind::end, vigil);
  tell_sent(aigul, screen, {}, now_s + 1);
  CHECK_FALSE(aigul.alerts.find(ended)->over());
  close(aigul, item, wire::DONE);
  tell_sent(aigul, screen, {}, now_s + 2);
  CHECK(aigul.alerts.find(ended)->over());
  CHECK(aigul.alerts.find(ended)->record().over_s() == now_s + 2);
  CHECK_FALSE(aigul.alerts.find(goes_on)->over());
}

TEST_CASE("an alert whose ending no relay took is told and never reads as over", "[client][telling]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Screen screen(true, true);
  const Bytes id = written_alert(aigul, true, now_s);
  aigul.alerts.update(id, [](AlertState& alert) {
    alert.record().set_end_written(true);
    return true;
  });
  const AlertState alert = *aigul.alerts.find(id);
  close(aigul, put(aigul, AboutKind::end, view(alert.record().vigils(0).vigil_id())), wire::REFUSED);
  tell_sent(aigul, screen, {}, now_s + 2);
  tell_sent(aigul, screen, {}, now_s + 3);
  CHECK(aigul.outbox.list()->empty());
  CHECK_FALSE(aigul.alerts.find(id)->over());
  CHECK(aigul.alerts.going_on().size() == 1);
}

TEST_CASE("an alert that never was over is forgotten 7 days after its vigils have died by themselves", "[client][alert_book]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  const Bytes id = written_alert(aigul, false, now_s);
  constexpr std::uint64_t day_s = 86'400;
  const std::uint64_t dead_s = now_s + limits::vigil_life_s;
  aigul.alerts.forget_old(dead_s + day_s / 2);
  CHECK(aigul.alerts.find(id)->record().alert().has_track());
  aigul.alerts.forget_old(dead_s + day_s + 1);
  CHECK_FALSE(aigul.alerts.find(id)->record().alert().has_track());
  aigul.alerts.forget_old(dead_s + 7 * day_s);
  CHECK(aigul.alerts.find(id));
  aigul.alerts.forget_old(dead_s + 7 * day_s + 1);
  CHECK_FALSE(aigul.alerts.find(id));
}
