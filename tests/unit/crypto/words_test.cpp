// Goal: both screens of a meeting show the same words, others do not; fingerprints are Signal's.
#include "crypto/e2ee/words.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

// Identity with the private key clamp(SHA-256(name)), as in the vector of notes/libsignal.md.
Identity identity_of(std::string_view sha256_hex) {
  Bytes secret = *from_hex(sha256_hex);
  secret[0] &= 248;
  secret[31] &= 127;
  secret[31] |= 64;
  secret.insert(secret.end(), {0, 0, 0, 1});
  std::optional<Identity> identity = Identity::load(secret);
  REQUIRE(identity);
  return std::move(*identity);
}

}  // namespace

TEST_CASE("Signal's fingerprint: the vector that four implementations agree on", "[crypto][e2ee][vectors][trap]") {
  const Identity alice = identity_of("2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90");  // sha256("alice")
  const Identity bob = identity_of("81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9");    // sha256("bob")
  const std::string number = "243118498679508583264265230621432191021746048047330045517214";
  CHECK(safety_number("alice@example", alice.key(), "bob@example", bob.key()) == number);
  CHECK(safety_number("bob@example", bob.key(), "alice@example", alice.key()) == number);
  CHECK(safety_number("bob@example", bob.key(), "mallory@example", alice.key()) != number);
}

TEST_CASE("three words: the same on both screens, others for another card or person", "[crypto][e2ee]") {
  const IdentityKey anna = Identity::generate().key();
  const IdentityKey boris = Identity::generate().key();
  const Bytes secret = random_bytes(32);
  const auto words = meeting_words(secret, anna, boris, PinCost::tests());
  CHECK(words == meeting_words(secret, boris, anna, PinCost::tests()));
  CHECK(words != meeting_words(random_bytes(32), anna, boris, PinCost::tests()));
  CHECK(words != meeting_words(secret, anna, Identity::generate().key(), PinCost::tests()));
}

TEST_CASE("three words: a vector at the protocol's own cost", "[crypto][e2ee][vectors]") {
  IdentityKey low{};
  IdentityKey high{};
  low.bytes.fill(1);
  high.bytes.fill(2);
  const auto words = meeting_words(Bytes(32, 3), high, low);
  CHECK(std::string(words[0]) + " " + std::string(words[1]) + " " + std::string(words[2]) == "sugar bracket duty");
}

TEST_CASE("the proof of a meeting has a direction", "[crypto][e2ee][vectors]") {
  const IdentityKey anna = Identity::generate().key();
  const IdentityKey boris = Identity::generate().key();
  const Bytes secret = random_bytes(32);
  CHECK(meeting_proof(secret, anna, boris) != meeting_proof(secret, boris, anna));
  CHECK(meeting_proof(secret, anna, boris) == hash(labels::meeting, {secret, anna.view(), boris.view()}));
  CHECK(meeting_proof(secret, anna, boris) != meeting_proof(random_bytes(32), anna, boris));
}

TEST_CASE("the list: 1,024 words, easily told apart", "[crypto][e2ee]") {
  const auto& words = word_list();
  std::set<std::string> beginnings;
  for (std::size_t i = 0; i < words.size(); ++i) {
    INFO(words[i]);
    CHECK(words[i].size() >= 3);
    CHECK(words[i].size() <= 8);
    CHECK(words[i].find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos);
    CHECK(beginnings.insert(std::string(words[i].substr(0, 4))).second);
    if (i > 0) CHECK(words[i - 1] < words[i]);
  }
}
