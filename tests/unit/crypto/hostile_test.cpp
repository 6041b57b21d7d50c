// Goal: any bytes may be handed to this room: a fault comes back, never a crash, and the store stays as it was. Method: seeded
// mutations; tests/fuzz does the same with coverage.
#include <catch2/catch.hpp>

#include <random>

#include "proto/limits.hpp"
#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

Bytes mutated(Bytes bytes, std::mt19937& random) {
  const unsigned changes = 1 + random() % 4;
  for (unsigned i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<std::uint8_t>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
        break;
      case 2:
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 3:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random()));
        break;
    }
  }
  return bytes;
}

Bytes bytes_of(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

}  // namespace

TEST_CASE("mutated and random bundles are refused", "[crypto][e2ee][hostile]") {
  Person anna;
  std::mt19937 random(1);
  const Bytes good = anna.keys.make_bundle(test_start_s).bundle;
  for (int i = 0; i < 2000; ++i) {
    const Bytes bad = mutated(good, random);
    if (bad == good) continue;
    const Outcome<PeerBundle> verified = verify_bundle(bad, anna.identity.key(), test_start_s, 0, BundleAge::must_be_fresh);
    // The only byte strings besides 'good' that may pass are other spellings of the same protobuf: the signed body is the same.
    if (verified) {
      content::Bundle one;
      content::Bundle other;
      REQUIRE(one.ParseFromArray(good.data(), static_cast<int>(good.size())));
      REQUIRE(other.ParseFromArray(bad.data(), static_cast<int>(bad.size())));
      REQUIRE(one.body() == other.body());
    }
  }
  for (std::size_t length = 0; length < 300; ++length)
    CHECK_FALSE(verify_bundle(random_bytes(length), anna.identity.key(), test_start_s, 0, BundleAge::may_be_old));
}

TEST_CASE("mutated inside and Signal messages are refused and change nothing", "[crypto][e2ee][hostile]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  std::mt19937 random(2);
  const Bytes first = seal(anna, boris, 2, "first");
  const content::Inner first_inner = inner_of(boris, first);
  REQUIRE(open(boris, anna, first) == "first");
  REQUIRE(open(anna, boris, seal(boris, anna, 2, "answer")) == "answer");
  const content::Inner later_inner = inner_of(boris, seal(anna, boris, 2, "later"));
  const MemoryKeyStore::State before = boris.store.state();
  for (int i = 0; i < 800; ++i) {
    content::Inner inner = i % 2 == 0 ? first_inner : later_inner;
    const Bytes message = mutated(bytes_of(inner.message()), random);
    if (message == bytes_of(inner.message())) continue;
    inner.set_message(message.data(), message.size());
    if (i % 7 == 0) {
      inner.set_one_shot(true);
      inner.set_device(0);
    }
    if (i % 11 == 0) inner.set_type(static_cast<std::uint32_t>(random() % 6));
    if (i % 13 == 0) inner.set_device(static_cast<std::uint32_t>(random()));
    const Transaction undone(boris.store);
    const auto opened = boris.sessions.open(reseal(boris, inner), boris.address_hash, anna.identity.key(), test_start_s);
    // Bytes outside the MAC (a spelling, a registration id) may change; the text then is the genuine one.
    if (opened)
      REQUIRE((opened->content.text().text() == "first" || opened->content.text().text() == "later"));
    else
      REQUIRE(boris.store.state() == before);
  }
}

TEST_CASE("random bytes of envelope sizes and all other sizes are refused", "[crypto][e2ee][hostile]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  boris.keys.rotate(test_start_s);
  const MemoryKeyStore::State before = boris.store.state();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1023}, std::size_t{1024}, std::size_t{4096},
                                 std::size_t{57344}, std::size_t{100'000}}) {
    for (int i = 0; i < 20; ++i) {
      Bytes bytes = random_bytes(size);
      if (size > 2 && i % 2 == 0) {
        bytes[0] = envelope_version;
        bytes[1] = envelope_suite;
      }
      CHECK_FALSE(boris.sessions.open(bytes, boris.address_hash, anna.identity.key(), test_start_s));
      CHECK_FALSE(boris.sessions.open(bytes, boris.address_hash, std::nullopt, test_start_s));
    }
  }
  CHECK(boris.store.state() == before);
}

TEST_CASE("an Inner of any bytes is refused", "[crypto][e2ee][hostile]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  std::mt19937 random(3);
  const Bytes good = bytes_of(inner_of(boris, seal(anna, boris, 2, "text")).SerializeAsString());
  const MemoryKeyStore::State before = boris.store.state();
  for (int i = 0; i < 500; ++i) {
    const Bytes bad = mutated(good, random);
    content::Inner inner;
    if (!inner.ParseFromArray(bad.data(), static_cast<int>(bad.size()))) continue;
    inner.mutable_message()->append("x");  // never the genuine one
    const auto opened = boris.sessions.open(reseal(boris, inner), boris.address_hash, anna.identity.key(), test_start_s);
    REQUIRE_FALSE(opened);
    REQUIRE(boris.store.state() == before);
  }
}
