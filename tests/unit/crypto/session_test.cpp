// Goal: what is sealed for a contact opens there once, whatever the network does to it. Method: two people in one process.
#include <catch2/catch.hpp>

#include <random>

#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

struct InFlight {
  bool to_boris = false;
  std::string text;
  Bytes envelope;
  int sent_at = 0;
};

// 200 messages in both directions over one session; each may be lost, come twice or overtake up to four others.
void talk(unsigned seed, bool with_one_time) {
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  Person anna;
  Person boris;
  introduce(anna, boris);
  std::vector<InFlight> flying;
  int sent = 0;
  int lost = 0;
  int opened = 0;
  int twice = 0;
  while (sent < 200 || !flying.empty()) {
    if (sent < 200 && (flying.size() < 5 || one_in(2))) {
      const bool to_boris = sent == 0 || one_in(2);
      const std::string text = "message " + std::to_string(sent);
      flying.push_back({to_boris, text,
                        to_boris ? seal(anna, boris, 2, text, 0, with_one_time) : seal(boris, anna, 2, text, 0, with_one_time),
                        sent});
      ++sent;
      continue;
    }
    // The library keeps five receiving chains: nothing waits for more than four later messages.
    const bool oldest = sent - flying.front().sent_at >= 4;
    const std::size_t which = oldest ? 0 : random() % flying.size();
    const InFlight message = flying[which];
    flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(which));
    if (one_in(10)) {
      ++lost;
      continue;
    }
    Person& reader = message.to_boris ? boris : anna;
    const Person& writer = message.to_boris ? anna : boris;
    REQUIRE(open(reader, writer, message.envelope) == message.text);
    ++opened;
    if (!one_in(5)) continue;
    const auto again = reader.sessions.open(message.envelope, reader.address_hash, writer.identity.key(), test_start_s);
    REQUIRE_FALSE(again);
    REQUIRE(again.error().fault == Fault::replay);
    ++twice;
  }
  CHECK(opened + lost == 200);
  CHECK(lost > 0);
  CHECK(twice > 0);
}

}  // namespace

TEST_CASE("200 messages with loss, duplicates and reordering open once each, 25 seeds", "[crypto][e2ee][session]") {
  for (unsigned seed = 1; seed <= 25; ++seed) talk(seed, seed % 2 == 0);
}

TEST_CASE("what is opened says from whom, on which session and how it began", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes first = seal(anna, boris, 3, "hello");
  const auto opened = boris.sessions.open(first, boris.address_hash, anna.identity.key(), test_start_s);
  REQUIRE(opened);
  CHECK(opened->sender == anna.identity.key());
  CHECK(opened->device == 3);
  CHECK(opened->first);
  CHECK_FALSE(opened->one_shot);
  CHECK_FALSE(opened->without_one_time);
  CHECK(opened->content.text().text() == "hello");
  CHECK(view(opened->content.sender()).size() == 33);
  const Bytes second = seal(anna, boris, 3, "again");
  const auto later = boris.sessions.open(second, boris.address_hash, anna.identity.key(), test_start_s);
  REQUIRE(later);
  CHECK_FALSE(later->first);  // of the same first flight, but the session is known
  Person clara;
  introduce(clara, boris);
  const Bytes weaker = seal(clara, boris, 3, "hello", 0, false);
  const auto flagged = boris.sessions.open(weaker, boris.address_hash, clara.identity.key(), test_start_s);
  REQUIRE(flagged);
  CHECK(flagged->without_one_time);
}

TEST_CASE("both begin at once and still understand each other", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes from_anna = seal(anna, boris, 2, "anna 1");
  const Bytes from_boris = seal(boris, anna, 2, "boris 1");
  CHECK(open(anna, boris, from_boris) == "boris 1");
  CHECK(open(boris, anna, from_anna) == "anna 1");
  for (int turn = 2; turn < 8; ++turn) {
    const std::string text = std::to_string(turn);
    CHECK(open(boris, anna, seal(anna, boris, 2, "anna " + text)) == "anna " + text);
    CHECK(open(anna, boris, seal(boris, anna, 2, "boris " + text)) == "boris " + text);
  }
}

TEST_CASE("urgent traffic that overtakes does not break the backlog: a session per lane", "[crypto][e2ee][session]") {
  const auto backlog_that_opens = [](Device urgent, Device normal) {
    Person anna;
    Person boris;
    introduce(anna, boris);
    // A conversation, so that the ratchet turns; then ten normal ones wait while eight urgent turns go back and forth.
    REQUIRE(open(boris, anna, seal(anna, boris, normal, "a")) == "a");
    REQUIRE(open(anna, boris, seal(boris, anna, normal, "b")) == "b");
    std::vector<Bytes> backlog;
    for (int i = 0; i < 10; ++i) backlog.push_back(seal(anna, boris, normal, "waiting " + std::to_string(i)));
    for (int turn = 0; turn < 8; ++turn) {
      REQUIRE(open(boris, anna, seal(anna, boris, urgent, "urgent")) == "urgent");
      REQUIRE(open(anna, boris, seal(boris, anna, urgent, "seen")) == "seen");
    }
    int opened = 0;
    for (std::size_t i = 0; i < backlog.size(); ++i)
      if (open(boris, anna, backlog[i]) == "waiting " + std::to_string(i)) ++opened;
    return opened;
  };
  CHECK(backlog_that_opens(device_of(0, 0), device_of(1, 0)) == 10);
  CHECK(backlog_that_opens(device_of(1, 0), device_of(1, 0)) < 10);  // why it is so: one session for both loses them for good
}

TEST_CASE("devices differ by lane and relay", "[crypto][e2ee][session]") {
  std::set<Device> all;
  for (std::uint32_t relay = 0; relay < 32; ++relay)
    for (std::uint32_t lane = 0; lane < 2; ++lane) {
      const Device device = device_of(lane, relay);
      CHECK(device >= 1);
      CHECK(device <= device_max);
      CHECK(all.insert(device).second);
    }
}

TEST_CASE("a session that was lost on one side begins anew", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  REQUIRE(open(boris, anna, seal(anna, boris, 2, "one")) == "one");
  REQUIRE(open(anna, boris, seal(boris, anna, 2, "two")) == "two");
  boris.sessions.forget(anna.identity.key());
  CHECK_FALSE(boris.sessions.has_session(anna.identity.key(), 2));
  const MemoryKeyStore::State before = boris.store.state();
  const Bytes orphan = seal(anna, boris, 2, "into the void");
  const MemoryKeyStore::State sealed = boris.store.state();
  CHECK(open(boris, anna, orphan) == "[" + std::string(meaning(Fault::cannot_open)) + "]");
  CHECK(boris.store.state() == sealed);
  CHECK(open(anna, boris, seal(boris, anna, 2, "write again")) == "write again");
  CHECK(open(boris, anna, seal(anna, boris, 2, "into the void")) == "into the void");
  CHECK(before.sessions.empty());
}

TEST_CASE("opening and keeping happen together or not at all", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes envelope = seal(anna, boris, 2, "keep me");
  const MemoryKeyStore::State before = boris.store.state();
  const auto refused =
      boris.sessions.open(envelope, boris.address_hash, anna.identity.key(), test_start_s, [&](const Opened& opened) {
        CHECK(opened.content.text().text() == "keep me");
        CHECK(boris.store.open_transactions() == 1);
        return false;
      });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::not_kept);
  CHECK(boris.store.state() == before);
  const auto thrown = [&] {
    return boris.sessions.open(envelope, boris.address_hash, anna.identity.key(), test_start_s,
                               [](const Opened&) -> bool { throw std::runtime_error("disk"); });
  };
  CHECK_THROWS_AS(thrown(), std::runtime_error);
  CHECK(boris.store.state() == before);
  CHECK(boris.store.open_transactions() == 0);
  CHECK(open(boris, anna, envelope) == "keep me");
}

TEST_CASE("a caller's own transaction around seal and open undoes both", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes envelope = seal(anna, boris, 2, "one");
  const MemoryKeyStore::State before = boris.store.state();
  {
    const Transaction outer(boris.store);
    CHECK(open(boris, anna, envelope) == "one");
    CHECK_FALSE(boris.store.state() == before);
  }
  CHECK(boris.store.state() == before);
  CHECK(open(boris, anna, envelope) == "one");
}

TEST_CASE("what was sealed before a weekly rotation opens after it", "[crypto][e2ee][session]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes envelope = seal(anna, boris, 2, "slow mail");
  for (std::uint64_t day = 7; day <= 77; day += 7) boris.keys.rotate(test_start_s + day * day_s);
  CHECK(boris.store.keys(KeyKind::sealing_key).size() == 12);
  CHECK(open(boris, anna, envelope, test_start_s + 77 * day_s) == "slow mail");
}
