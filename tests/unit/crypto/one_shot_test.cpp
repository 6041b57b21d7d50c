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

TEST_CASE("a prepared one-shot seals without the identity's secret: the send-only slot has none", "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  const SecretBytes slot = prepared->serialised();
  CHECK(slot.size() < 1024);
  // Whoever seizes the slot cannot sign or read as its owner.
  const View secret = anna.identity.private_key();
  CHECK(std::search(slot.view().begin(), slot.view().end(), secret.begin(), secret.end()) == slot.view().end());
  std::optional<OneShot> out_of_the_slot = OneShot::load(slot.view());
  REQUIRE(out_of_the_slot);
  CHECK(out_of_the_slot->recipient() == boris.identity.key());
  const Outcome<Bytes> envelope = out_of_the_slot->seal(boris.address_hash, 4096, text_content("locked"));
  REQUIRE(envelope);
  CHECK(envelope->size() == 4096);
  CHECK(open(boris, anna, *envelope) == "locked");
  CHECK(boris.store.state().sessions.empty());
}

TEST_CASE("a prepared one-shot seals again with fresher fixes; each opens once, in any order, or only the last",
          "[crypto][e2ee][once]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  std::vector<Bytes> sealed;
  for (int i = 0; i < 20; ++i) {
    // Through the slot's file each time: the chain must go on where it was.
    std::optional<OneShot> again = OneShot::load(prepared->serialised().view());
    REQUIRE(again);
    prepared = std::move(*again);
    const Outcome<Bytes> envelope = prepared->seal(boris.address_hash, 4096, text_content(std::to_string(i)));
    REQUIRE(envelope);
    sealed.push_back(*envelope);
  }
  for (const std::size_t which : {19U, 0U, 7U, 18U}) {
    CHECK(open(boris, anna, sealed[which]) == std::to_string(which));
    const auto again = open_once(boris, anna.identity.key(), sealed[which]);
    REQUIRE_FALSE(again);
    CHECK(again.error().fault == Fault::replay);
    CHECK(again.error().content_id);
  }
}

TEST_CASE("a slot's record that is damaged is refused, never crashes", "[crypto][e2ee][once][hostile]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Outcome<OneShot> prepared = OneShot::prepare(anna.identity, boris.bundle());
  REQUIRE(prepared);
  const SecretBytes record = prepared->serialised();
  const Bytes good(record.view().begin(), record.view().end());
  for (std::size_t length = 0; length < good.size(); length += 29) {
    std::optional<OneShot> cut = OneShot::load(View(good).first(length));
    if (cut) CHECK_FALSE(cut->seal(boris.address_hash, 4096, text_content("x")));
  }
  for (std::size_t at = 0; at < good.size(); at += 3) {
    Bytes bent = good;
    bent[at] ^= 0x55;
    std::optional<OneShot> loaded = OneShot::load(bent);
    if (!loaded) continue;
    const Outcome<Bytes> envelope = loaded->seal(boris.address_hash, 4096, text_content("x"));
    if (envelope) CHECK(envelope->size() == 4096);
  }
}
