// What a delivery becomes. Goal: once to the person whatever a relay repeats, rung again when a later round says so, and nothing
// that cannot be opened is swallowed. Method: two real profiles, real sessions and one-shot copies; the relay is this test.
#include "client/inbox.hpp"

#include <catch2/catch.hpp>

#include "client/consent.hpp"
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
Bytes one_shot(Pair& pair, content::Content content) {
  const auto bundle = e2ee::verify_bundle(own_bundle(*pair.dana.account, now_s), pair.dana.account->identity.key(), now_s, 0,
                                          e2ee::BundleAge::may_be_old);
  REQUIRE(bundle);
  if (content.has_alert()) {
    content::Alert& alert = *content.mutable_alert();
    const e2ee::ResponderSecrets hers{random_id<Secret>(), random_id<Secret>()};
    const auto sealed = e2ee::seal_responder_secrets(*bundle, view(alert.vigil_id()), alert.your_index(), hers);
    REQUIRE(sealed);
    alert.set_your_secrets(str(*sealed));
  }
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
  CHECK(pair.dana.account->alerts.find(view(content.alert().alert_id()))->record().vigils(0).mine());  // she can answer

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

TEST_CASE("places of others are gone 24 h after their share ended or their alert was over, and not before", "[client][places]") {
  Pair pair;
  Account& dana = *pair.dana.account;
  const View aigul = pair.aigul.account->identity.key().view();
  constexpr std::uint64_t day_s = 86'400;
  const auto fix = [](content::Track& track, std::uint64_t at_s) {
    track.mutable_newest()->set_latitude(432'000'000);
    track.mutable_newest()->set_longitude(769'000'000);
    track.mutable_newest()->set_at_s(at_s);
  };
  const auto forget = [&](std::uint64_t at_s) { dana.places.forget_old(dana.alerts, at_s); };

  content::Content shares = new_content(now_s);
  shares.mutable_sharing()->set_share_id(std::string(16, 's'));
  shares.mutable_sharing()->set_until_s(now_s + 3600);
  REQUIRE(read(pair.dana, pair.written(shares)).size() == 1);
  content::Content ping = new_content(now_s);
  ping.mutable_ping()->set_share_id(std::string(16, 's'));
  fix(*ping.mutable_ping()->mutable_track(), now_s);
  REQUIRE(read(pair.dana, pair.written(ping)).size() == 1);
  SECTION("a share that runs out") {
    forget(now_s + 3600 + day_s);
    CHECK(dana.places.trail(aigul).last() != nullptr);
    forget(now_s + 3600 + day_s + 1);
    CHECK(dana.places.trail(aigul).last() == nullptr);
    CHECK_FALSE(dana.places.find(view(ping.ping().share_id()), aigul));
  }
  SECTION("a share that she ends") {
    content::Content ends = new_content(now_s);
    ends.mutable_sharing()->set_share_id(std::string(16, 's'));
    REQUIRE(read(pair.dana, pair.written(ends), now_s + 600).size() == 1);
    forget(now_s + 600 + day_s);
    CHECK(dana.places.trail(aigul).last() != nullptr);
    forget(now_s + 600 + day_s + 1);
    CHECK(dana.places.trail(aigul).last() == nullptr);
  }
  SECTION("an alert") {
    content::Content alert = alert_content();
    fix(*alert.mutable_alert()->mutable_track(), now_s + 5);
    REQUIRE(read(pair.dana, stage(pair, one_shot(pair, alert), 1), now_s + 10).size() == 1);
    // As long as it goes on nothing of it is forgotten; the share beside it is.
    forget(now_s + 3 * day_s);
    REQUIRE(dana.places.trail(aigul).last() != nullptr);
    CHECK(dana.places.trail(aigul).last()->fix.at_s == now_s + 5);
    dana.alerts.update(view(alert.alert().alert_id()), [](AlertState& state) {
      state.record().set_over_s(now_s + 4 * day_s);
      return true;
    });
    forget(now_s + 5 * day_s);
    CHECK(dana.places.trail(aigul).last() != nullptr);
    forget(now_s + 5 * day_s + 1);
    CHECK(dana.places.trail(aigul).last() == nullptr);
  }
}

TEST_CASE("nothing that comes from another person starts, sharpens or lengthens one's own share, or somebody else's",
          "[client][places]") {
  Pair pair;
  Account& dana = *pair.dana.account;
  const std::string id(16, 's');
  const auto read_all = [&] {
    // Everything that has to do with places, under her share's id, with an end a day later and exactly.
    content::Content sharing = new_content(now_s);
    sharing.mutable_sharing()->set_share_id(id);
    sharing.mutable_sharing()->set_until_s(now_s + 80'000);
    sharing.mutable_sharing()->set_exact(true);
    content::Content ping = new_content(now_s);
    ping.mutable_ping()->set_share_id(id);
    ping.mutable_ping()->set_exact(true);
    ping.mutable_ping()->mutable_track()->mutable_newest()->set_at_s(now_s);
    content::Content check_in = new_content(now_s);
    check_in.mutable_check_in()->set_checkin_id(id);
    check_in.mutable_check_in()->set_kind(content::CheckIn::BEGUN);
    for (const content::Content* one : {&sharing, &ping, &check_in}) (void)read(pair.dana, pair.written(*one));
    (void)read(pair.dana, stage(pair, one_shot(pair, alert_content()), 1));
  };
  SECTION("there is none") {
    read_all();
    CHECK_FALSE(dana.places.own());
    CHECK(dana.slot.running()->empty());  // and no alert of hers, which would make one exact
    CHECK_FALSE(*dana.slot.check_in());
  }
  SECTION("one runs, coarse, for an hour") {
    OwnShare own{.share_id = Bytes(id.begin(), id.end()), .begun_s = now_s, .until_s = now_s + 3600};
    own.with = {pair.aigul_at_dana};
    own.topics = random_id<Secret>();
    dana.places.begin(own);
    read_all();
    const std::optional<OwnShare> after = dana.places.own();
    REQUIRE(after);
    CHECK(after->until_s == now_s + 3600);
    CHECK(after->extra_s == own.extra_s);
    CHECK_FALSE(after->exact);
    CHECK(after->with == own.with);
    CHECK(after->topics == own.topics);
  }
  SECTION("a third person's, under the same id") {
    const Bytes third(33, 9);
    dana.places.put({.share_id = Bytes(id.begin(), id.end()), .person = third, .until_s = now_s + 3600});
    read_all();
    const std::optional<Shared> after = dana.places.find(view(id), third);
    REQUIRE(after);
    CHECK(after->until_s == now_s + 3600);
    CHECK_FALSE(after->exact);
    CHECK(dana.places.trail(third).last() == nullptr);
  }
  SECTION("through an address that is for the others of a third person, or with no address of hers at all") {
    content::Content ping = new_content(now_s);
    ping.mutable_sharing()->set_share_id(id);
    ping.mutable_sharing()->set_until_s(now_s + 80'000);
    wire::Delivery strange = pair.written(ping);
    strange.set_address_hash(str(random_bytes(32)));
    CHECK(read(pair.dana, strange).empty());
    CHECK_FALSE(dana.places.find(view(id), pair.aigul.account->identity.key().view()));
  }
}

TEST_CASE("that she pressed again comes straight from her and rings; any other alert that no vigil brought does not",
          "[client][inbox]") {
  Pair pair;
  Account& dana = *pair.dana.account;
  content::Content ask = new_content(now_s);
  ask.mutable_may_i_wake();
  REQUIRE(take_may_i_wake(dana, *dana.contacts.find(pair.aigul_at_dana), ask, now_s));
  Agreement duty = dana.duties.find(pair.aigul_at_dana).value();
  duty.word = Word::accepted;
  dana.duties.put(duty);
  content::Content alert = alert_content();
  const View id = view(alert.alert().alert_id());
  REQUIRE(read(pair.dana, stage(pair, one_shot(pair, alert), 1)).size() == 1);
  const content::Content strange = alert_content();
  CHECK(read(pair.dana, pair.delivery(one_shot(pair, strange))).empty());
  CHECK_FALSE(pair.dana.account->alerts.find(view(strange.alert().alert_id())));

  content::Content again = new_content(now_s);
  *again.mutable_alert() = alert.alert();
  again.mutable_alert()->set_pressed_again(1);
  const Bytes envelope = one_shot(pair, again);
  const std::vector<News> news = read(pair.dana, pair.delivery(envelope), now_s + 60);
  REQUIRE(news.size() == 1);
  CHECK(news[0].kind == News::Kind::alert);
  CHECK((!news[0].first && news[0].pressed_again && news[0].rings));
  CHECK(news[0].round == 1);  // not of a round of its own
  const std::optional<AlertState> known = pair.dana.account->alerts.find(id);
  REQUIRE(known);
  CHECK(known->record().alert().pressed_again() == 1);
  // The ladder brings the same sealed copy with the next round: it rings because nobody has answered.
  const std::vector<News> round = read(pair.dana, stage(pair, envelope, 2), now_s + 600);
  REQUIRE(round.size() == 1);
  CHECK((!round[0].first && !round[0].pressed_again && round[0].round == 2));
}
