// Goal: copies that wait on a relay for weeks open whenever they come, once, and leave no session behind.
#include <algorithm>
#include <catch2/catch.hpp>

#include "proto/limits.hpp"
#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

Bytes seal_once(Person& from, Person& to, const content::Content& content, std::size_t bytes = limits::alert_envelope_bytes) {
  const PeerBundle bundle = to.bundle();
  const Outcome<Bytes> envelope = from.one_shots.seal({bundle, to.address_hash, bytes}, content);
  REQUIRE(envelope);
  return *envelope;
}

std::expected<Opened, OpenFailure> open_once(Person& reader, const std::optional<IdentityKey>& expected, View envelope,
                                             std::uint64_t now_s = test_start_s) {
  return reader.sessions.open(envelope, reader.address_hash, expected, now_s);
}

}  // namespace

TEST_CASE("a one-shot opens and leaves no session, neither here nor there", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const content::Content alert = text_content("help");
  const Bytes envelope = seal_once(anna, boris, alert);
  CHECK(envelope.size() == limits::alert_envelope_bytes);
  CHECK(anna.store.state().sessions.empty());
  const auto opened = open_once(boris, anna.identity.key(), envelope);
  REQUIRE(opened);
  CHECK(opened->one_shot);
  CHECK(opened->device == 0);
  CHECK(opened->without_one_time);
  CHECK(opened->content.id() == alert.id());
  CHECK(opened->content.text().text() == "help");
  CHECK(boris.store.state().sessions.empty());
}

TEST_CASE("a one-shot opens after every weekly rotation up to 81 days, and not later", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes envelope = seal_once(anna, boris, text_content("sealed on day 0"));
  const MemoryKeyStore::State sealed = boris.store.state();
  int opened_on = 0;
  for (std::uint64_t day = 0; day <= 81; ++day) {
    const std::uint64_t now_s = test_start_s + day * day_s;
    boris.keys.rotate(now_s);
    const Transaction looking(boris.store);  // undone: each day is a first opening
    if (open(boris, anna, envelope, now_s) == "sealed on day 0") ++opened_on;
  }
  CHECK(opened_on == 82);
  boris.keys.rotate(test_start_s + 81 * day_s + 1);
  CHECK(open(boris, anna, envelope, test_start_s + 81 * day_s + 1) == "[" + std::string(meaning(Fault::cannot_open)) + "]");
  CHECK(sealed.sessions.empty());
}

TEST_CASE("a replayed one-shot is refused and names its content, so that a later round can ring again", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const content::Content alert = text_content("help");
  const Bytes envelope = seal_once(anna, boris, alert);
  REQUIRE(open_once(boris, anna.identity.key(), envelope));
  for (const std::uint64_t day : {0U, 30U, 80U}) {
    boris.keys.rotate(test_start_s + day * day_s);
    const MemoryKeyStore::State before = boris.store.state();
    const auto again = open_once(boris, anna.identity.key(), envelope, test_start_s + day * day_s);
    REQUIRE_FALSE(again);
    CHECK(again.error().fault == Fault::replay);
    REQUIRE(again.error().content_id);
    CHECK(text(again.error().content_id->view()) == alert.id());
    CHECK(boris.store.state() == before);
  }
  // The memory of it is forgotten only after the keys that could open it.
  boris.keys.rotate(test_start_s + 81 * day_s + 1);
  CHECK(boris.store.state().firsts.empty());
  CHECK_FALSE(open_once(boris, anna.identity.key(), envelope, test_start_s + 81 * day_s + 1));
}

TEST_CASE("the same content sealed for two relays is two one-shots with one id", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const content::Content alert = text_content("help");
  const Bytes one = seal_once(anna, boris, alert);
  const Bytes other = seal_once(anna, boris, alert);
  CHECK(one != other);
  const auto first = open_once(boris, anna.identity.key(), one);
  const auto second = open_once(boris, anna.identity.key(), other);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->content.id() == second->content.id());
}

TEST_CASE("a stranger may introduce herself by a one-shot and by nothing else", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  content::Content hello = text_content("");
  hello.mutable_introduction()->set_name("Boris");
  const auto opened = open_once(anna, std::nullopt, seal_once(boris, anna, hello, 0));
  REQUIRE(opened);
  CHECK(opened->sender == boris.identity.key());
  CHECK(opened->content.introduction().name() == "Boris");
  const Bytes session = seal(boris, anna, 2, "no introduction");
  const auto refused = open_once(anna, std::nullopt, session);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::wrong_sender);
}

TEST_CASE("forty and more one-shots wait and open in any order", "[crypto][e2ee][once]") {
  // The library archives 40 sessions a name: a name of its own for each is why this works.
  Person anna;
  Person boris;
  introduce(anna, boris);
  std::vector<Bytes> waiting;
  for (int i = 0; i < 60; ++i) waiting.push_back(seal_once(anna, boris, text_content(std::to_string(i)), 1024));
  for (int i = 59; i >= 0; --i) CHECK(open(boris, anna, waiting[static_cast<std::size_t>(i)]) == std::to_string(i));
}

TEST_CASE("one-shots need no store: the send-only slot has none", "[crypto][e2ee][once]") {
  Person boris;
  const Identity anna = Identity::generate();
  const std::optional<Identity> out_of_the_slot = Identity::load(anna.secret());
  REQUIRE(out_of_the_slot);
  OneShots sealer(*out_of_the_slot);
  const PeerBundle bundle = boris.bundle();
  const Outcome<Bytes> envelope = sealer.seal({bundle, boris.address_hash, 4096}, text_content("locked"));
  REQUIRE(envelope);
  const auto opened = open_once(boris, anna.key(), *envelope);
  REQUIRE(opened);
  CHECK(opened->content.text().text() == "locked");
}

TEST_CASE("a prepared one-shot seals without the identity's secret, after its record was written and read",
          "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  const SecretBytes record = prepared->serialised();
  const View secret = anna.identity.private_key();
  CHECK(std::search(record.view().begin(), record.view().end(), secret.begin(), secret.end()) == record.view().end());
  std::optional<OneShot> loaded = OneShot::load(record.view());
  REQUIRE(loaded);
  CHECK(loaded->recipient() == boris.identity.key());
  const content::Content alert = text_content("help");
  const Outcome<Bytes> envelope = loaded->seal(boris.address_hash, limits::alert_envelope_bytes, alert);
  REQUIRE(envelope);
  CHECK(envelope->size() == limits::alert_envelope_bytes);
  const auto opened = open_once(boris, anna.identity.key(), *envelope);
  REQUIRE(opened);
  CHECK(opened->one_shot);
  CHECK(opened->content.id() == alert.id());
}

TEST_CASE("copies of one prepared one-shot open each by itself, once, in any order", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  std::vector<Bytes> envelopes;
  for (const char* text : {"first fixes", "fresher", "freshest"}) {
    prepared = *OneShot::load(prepared->serialised().view());  // as between two runs of the program
    envelopes.push_back(*prepared->seal(boris.address_hash, limits::alert_envelope_bytes, text_content(text)));
  }
  CHECK(open(boris, anna, envelopes[2]) == "freshest");
  CHECK(open(boris, anna, envelopes[0]) == "first fixes");
  CHECK(open(boris, anna, envelopes[1]) == "fresher");
  const auto again = open_once(boris, anna.identity.key(), envelopes[0]);
  REQUIRE_FALSE(again);
  CHECK(again.error().fault == Fault::replay);
}

TEST_CASE("a record that is no prepared one-shot is not taken", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  const SecretBytes record = prepared->serialised();
  Bytes bytes(record.view().begin(), record.view().end());
  CHECK_FALSE(OneShot::load(View(bytes).first(60)));
  CHECK_FALSE(OneShot::load({}));
  for (std::size_t at = 100; at < bytes.size(); at += 7) {
    Bytes damaged = bytes;
    damaged[at] ^= 0x5a;
    std::optional<OneShot> loaded = OneShot::load(damaged);  // the session's own damage shows when sealing, as a value
    if (loaded) (void)loaded->seal(boris.address_hash, limits::alert_envelope_bytes, text_content("help"));
  }
}
