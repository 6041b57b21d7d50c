// What a delivery becomes. Goal: once to the person whatever a relay repeats, rung again when a later round says so, and nothing
// that cannot be opened is swallowed. Method: two real profiles, real sessions and one-shot copies; the relay is this test.
#include "client/inbox.hpp"

#include <catch2/catch.hpp>

#include "client/mail.hpp"
#include "client/mailbox.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "proto/limits.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

std::string str(View v) {
  return std::string(text(v));
}

std::vector<News> read(Person& reader, const wire::Delivery& delivery, std::uint64_t at_s = now_s) {
  return InboxReader(*reader.account).read(reader.root, delivery, at_s);
}

// A copy sealed by Aigul for the address that Dana gave her, as a vigil's are.
Bytes one_shot(Pair& pair, const content::Content& content) {
  const auto bundle = e2ee::verify_bundle(own_bundle(*pair.dana.account, now_s), pair.dana.account->identity.key(), now_s, 0,
                                          e2ee::BundleAge::may_be_old);
  REQUIRE(bundle);
  auto shot = e2ee::OneShot::prepare(pair.aigul.account->identity, *bundle);
  REQUIRE(shot);
  const auto envelope = shot->seal(address_hash(pair.given_by_dana), 4096, content);
  REQUIRE(envelope);
  return *envelope;
}

content::Content alert_content() {
  content::Content content = new_content(now_s);
  content::Alert& alert = *content.mutable_alert();
  alert.set_alert_id(str(random_bytes(16)));
  alert.set_vigil_id(str(random_bytes(32)));
  alert.set_pressed_s(now_s);
  alert.set_hold_s(10);
  content::Responder& responder = *alert.add_responders();
  responder.set_head(str(random_bytes(32)));
  responder.set_close_hash(str(random_bytes(32)));
  alert.set_your_secret(str(random_bytes(32)));
  alert.set_your_close(str(random_bytes(32)));
  return content;
}

wire::Delivery stage(Pair& pair, const Bytes& envelope, std::uint32_t round) {
  wire::Delivery delivery = pair.delivery(envelope);
  delivery.set_of_vigil(wire::STAGE);
  delivery.set_round(round);
  delivery.set_released_s(now_s + 10);
  return delivery;
}

std::size_t troubles_written(Person& person) {
  return person.account->outbox.list().value().size();
}

}  // namespace

TEST_CASE("an alert rings once, again in a later round, and is never a second alert", "[client][inbox]") {
  Pair pair;
  const content::Content content = alert_content();
  const Bytes envelope = one_shot(pair, content);
  const wire::Delivery first = stage(pair, envelope, 1);
  const std::vector<News> rung = read(pair.dana, first, now_s + 11);
  REQUIRE(rung.size() == 1);
  CHECK(rung[0].kind == News::Kind::alert);
  CHECK(rung[0].first);
  CHECK(rung[0].name == "Aigul");
  CHECK(pair.dana.account->receipts.due(now_s + 11).size() == 1);

  // The same delivery, and the same sealed copy under another copy id in the same round: nothing.
  CHECK(read(pair.dana, first, now_s + 12).empty());
  CHECK(read(pair.dana, stage(pair, envelope, 1), now_s + 12).empty());

  // A person has seen it; the next round rings all the same.
  const Bytes id(content.alert().alert_id().begin(), content.alert().alert_id().end());
  pair.dana.account->alerts.update(id, [](AlertState& alert) {
    alert.record().set_seen(true);
    return true;
  });
  const std::vector<News> again = read(pair.dana, stage(pair, envelope, 2), now_s + 611);
  REQUIRE(again.size() == 1);
  CHECK(again[0].kind == News::Kind::alert);
  CHECK_FALSE(again[0].first);
  CHECK(again[0].round == 2);
  CHECK_FALSE(pair.dana.account->alerts.find(id)->record().seen());
  CHECK(read(pair.dana, stage(pair, envelope, 2), now_s + 612).empty());
  CHECK(pair.dana.account->alerts.all().size() == 1);
  CHECK(pair.dana.account->receipts.due(now_s + 700).size() == 1);  // it arrived once
}

TEST_CASE("an alert outside a vigil, or under somebody else's alert id, is no alert", "[client][inbox]") {
  Pair pair;
  const content::Content content = alert_content();
  wire::Delivery bare = pair.delivery(one_shot(pair, content));
  CHECK(read(pair.dana, bare).empty());
  CHECK(pair.dana.account->alerts.all().empty());

  // Dana's own alert has this id: what Aigul says about it changes nothing.
  const content::Content claimed = alert_content();
  const View id = view(claimed.alert().alert_id());
  {
    Container::Transaction step(pair.dana.account->container);
    pair.dana.account->alerts.put(AlertState::begin(id, pair.dana.account->identity.key().view(), true, now_s));
    step.commit();
  }
  CHECK(read(pair.dana, stage(pair, one_shot(pair, claimed), 1)).empty());
  CHECK_FALSE(pair.dana.account->alerts.find(id)->record().has_alert());
}

TEST_CASE("a text is shown once: by another relay, written again, or replayed", "[client][inbox]") {
  Pair pair;
  content::Content content = new_content(now_s);
  content.mutable_text()->set_text("the bridge at six");
  const wire::Delivery first = pair.written(content);
  const std::vector<News> shown = read(pair.dana, first);
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].kind == News::Kind::text);
  CHECK(shown[0].text == "the bridge at six");

  CHECK(read(pair.dana, first).empty());  // the relay repeats its copy
  wire::Delivery replayed = first;        // and gives it another id
  replayed.set_copy_id(str(random_bytes(16)));
  for (const News& news : read(pair.dana, replayed)) CHECK(news.kind != News::Kind::text);
  // Aigul writes it again, because the receipt was lost: no second text, but a receipt is owed once more.
  const std::size_t owed = pair.dana.account->receipts.due(now_s + 100).size();
  CHECK(read(pair.dana, pair.written(content)).empty());
  CHECK(pair.dana.account->receipts.due(now_s + 100).size() == owed + 1);
  CHECK(pair.dana.account->inbox.newest(10).size() == 1);
}

TEST_CASE("kinds of a newer Vigil are read over, and what follows them is shown", "[client][inbox]") {
  Pair pair;
  CHECK(read(pair.dana, pair.written(new_content(now_s))).empty());
  // Field 900, of a kind that does not exist yet.
  content::Content newer;
  REQUIRE(newer.ParseFromString(new_content(now_s).SerializeAsString() + "\xA2\x38\x03"
                                                                         "abc"));
  CHECK(read(pair.dana, pair.written(newer)).empty());
  content::Content receipt = new_content(now_s);
  receipt.mutable_receipt()->set_kind(static_cast<content::Receipt::Kind>(77));
  receipt.mutable_receipt()->add_content_ids(str(random_bytes(16)));
  receipt.mutable_receipt()->add_content_ids("short");
  CHECK(read(pair.dana, pair.written(receipt)).empty());
  content::Content text = new_content(now_s);
  text.mutable_text()->set_text("still here");
  CHECK(read(pair.dana, pair.written(text)).size() == 1);
}

TEST_CASE("what cannot be opened is shown, and asked for again once an hour and not for each", "[client][inbox]") {
  Pair pair;
  content::Content content = new_content(now_s);
  content.mutable_text()->set_text("x");
  for (int i = 0; i < 3; ++i) {
    wire::Delivery broken = pair.written(content);
    broken.mutable_envelope()->back() = static_cast<char>(broken.envelope().back() ^ 1);
    const std::vector<News> shown = read(pair.dana, broken);
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].kind == News::Kind::cannot_open);
    CHECK(shown[0].name == "Aigul");
    CHECK(read(pair.dana, broken).empty());  // said once
  }
  CHECK(troubles_written(pair.dana) == 1);
}

TEST_CASE("through a withdrawn or unknown address nothing is shown, opened or asked for", "[client][inbox]") {
  Pair pair;
  content::Content content = new_content(now_s);
  content.mutable_text()->set_text("after all");
  const wire::Delivery waiting = pair.written(content);
  pair.dana.account->addresses.withdraw(pair.aigul_at_dana);
  CHECK(pair.dana.account->addresses.of(pair.aigul_at_dana).empty());
  CHECK(pair.dana.account->addresses.withdrawn().size() == 1);
  CHECK(read(pair.dana, waiting).empty());
  CHECK(read(pair.dana, stage(pair, one_shot(pair, alert_content()), 1)).empty());
  wire::Delivery strange = waiting;
  strange.set_copy_id(str(random_bytes(16)));
  strange.set_address_hash(str(random_bytes(32)));
  CHECK(read(pair.dana, strange).empty());
  CHECK(pair.dana.account->alerts.all().empty());
  CHECK(pair.dana.account->inbox.newest(10).empty());
  CHECK(troubles_written(pair.dana) == 0);
}

TEST_CASE("the end of a check-in may overtake its beginning, and then it has not begun", "[client][inbox]") {
  Pair pair;
  content::Content begun = new_content(now_s);
  content::CheckIn& said = *begun.mutable_check_in();
  said.set_checkin_id(std::string(16, 'c'));
  said.set_kind(content::CheckIn::BEGUN);
  said.set_begun_s(now_s + 86'400);  // her clock is ahead
  said.set_every_s(600);
  said.set_counts_from_s(now_s + 600);
  content::Content ended = new_content(now_s);
  *ended.mutable_check_in() = said;
  ended.mutable_check_in()->set_kind(content::CheckIn::ENDED);
  CHECK(read(pair.dana, pair.written(ended)).empty());
  CHECK(read(pair.dana, pair.written(begun)).empty());
  Watches& watches = pair.dana.account->watches;
  CHECK(watches.all().empty());

  // One that fires or whose end never comes is not watched for ever.
  begun.mutable_check_in()->set_checkin_id(std::string(16, 'd'));
  begun.set_id(new_content(now_s).id());
  CHECK(read(pair.dana, pair.written(begun)).size() == 1);
  watches.forget_old(now_s + limits::vigil_life_s);
  CHECK(watches.all().size() == 1);
  watches.forget_old(now_s + limits::vigil_life_s + 1);
  CHECK(watches.all().empty());
}
