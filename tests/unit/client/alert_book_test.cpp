// The record of one alert, which `listen` and the other commands change from processes of their own: no change undoes another's.
#include <catch2/catch.hpp>
#include <set>

#include "client/alert_book.hpp"
#include "client/profile.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/support.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

const View pin = view("2580");

void begin_alert(Container& container, const Bytes& id) {
  Container::Transaction step(container);
  AlertBook(container).put(AlertState::begin(id, random_bytes(33), false, 1000));
  step.commit();
}

}  // namespace

TEST_CASE("several processes change one alert and none undoes another's change", "[client][alert_book]") {
  const TemporaryHome home;
  const Bytes id = random_bytes(32);
  begin_alert(Profile::create(*home, pin, PinCost::tests()).value().container(), id);
  constexpr int processes = 3, changes = 12;
  in_processes(processes, [&](int process) {
    Profile profile = Profile::open(*home, pin).value();
    AlertBook book(profile.container());
    int failed = 0;
    for (int i = 0; i < changes; ++i) {
      const bool changed = book.update(id, [&](AlertState& alert) {
        alert.record().add_says_all_clear(std::to_string(process) + "/" + std::to_string(i));
        return true;
      });
      failed += changed ? 0 : 1;
    }
    return failed;
  });
  Profile profile = Profile::open(*home, pin).value();
  const std::optional<AlertState> alert = AlertBook(profile.container()).find(id);
  REQUIRE(alert);
  const auto& said = alert->record().says_all_clear();
  CHECK(std::set<std::string>(said.begin(), said.end()).size() == processes * changes);
}

TEST_CASE("an alert is not stored outside the step that read it", "[client][alert_book]") {
  const TemporaryHome home;
  Profile profile = Profile::create(*home, pin, PinCost::tests()).value();
  const Bytes id = random_bytes(32);
  begin_alert(profile.container(), id);
  AlertBook book(profile.container());
  CHECK_THROWS_AS(book.put(*book.find(id)), std::logic_error);
  CHECK_FALSE(book.update(id, [](AlertState& alert) {
    alert.record().set_seen(true);
    return false;  // nothing worth keeping
  }));
  CHECK_FALSE(book.find(id)->record().seen());
  CHECK_FALSE(book.update(random_bytes(32), [](AlertState&) { return true; }));
}
