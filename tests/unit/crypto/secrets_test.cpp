// Goal: what is signed, sealed, wiped and encoded is so, and what is wrong is refused. Vectors from Node's crypto (OpenSSL) and
// RFCs.
#include <sodium.h>

#include <catch2/catch.hpp>

#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/file_cipher.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/secret_bytes.hpp"
#include "crypto/base/sign.hpp"

using namespace vigil;

namespace {

// 1: had started already, although static objects are made before main.
const int started_again = sodium_init();

Bytes rising(std::size_t count, std::uint8_t first) {
  Bytes out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(first + i);
  return out;
}

Bytes copy(View bytes) {
  return Bytes(bytes.begin(), bytes.end());
}

// How much of an earlier call of itself lies on the stack, and leaves as much for the next.
[[gnu::noinline]] std::ptrdiff_t stack_says(char left, char wanted) {
  [[clang::uninitialized]] std::array<char, 4096> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): what lies there
  asm volatile("" : "+m"(room));
  const std::ptrdiff_t found = std::count(room.begin(), room.end(), wanted);
  room.fill(left);
  asm volatile("" : "+m"(room));
  return found;
}

}  // namespace

TEST_CASE("what a call has left on the stack is gone when the stack is wiped", "[crypto]") {
  (void)stack_says('V', 'V');
  const std::ptrdiff_t left = stack_says('V', 'V');
  wipe_stack_and_registers();
  const std::ptrdiff_t after = stack_says('V', 'V');
  CHECK(left > 4000);
  CHECK(after < 64);  // a register or two have kept some
}

TEST_CASE("libsodium has started before anything could use it", "[crypto]") {
  CHECK(started_again == 1);
}

TEST_CASE("a file's cipher is AES-256-CTR, the same from every place in the file", "[crypto][vectors]") {
  // openssl enc -aes-256-ctr -K ... -iv of block 0 and of block 2^33, over 00 01 .. 3f.
  const FileCipher cipher{SecretBytes(*from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))};
  Bytes bytes = rising(64, 0);
  cipher.apply(0, bytes);
  CHECK(hex(bytes) ==
        "e569f48290ca70d11f4446cb4f1da65b81040c4e1f6f090cd8ceb6cbb2234ffb372f01f25779f4f251cf10a357e4e63c783c0ede92033352ad4"
        "08f2da8df8611");
  Bytes far = rising(64, 0);
  cipher.apply(std::uint64_t{16} << 33, far);
  CHECK(hex(far) ==
        "321c858e3b3b1f1363ba0ab70b4922c367f583beebb11a056fef3ba36db28db3d92754eafc13a431733f24668c94dc9a67d2b1362c3ec4177458d"
        "19c24d04abb");
  for (std::size_t from = 0; from < 64; ++from)
    for (std::size_t count = 0; from + count <= 64; count += 7) {
      Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(from + count));
      cipher.apply(from, part);
      const Bytes plain = rising(64, 0);
      REQUIRE(std::equal(part.begin(), part.end(), plain.begin() + static_cast<std::ptrdiff_t>(from)));
    }
}

TEST_CASE("a signature is Ed25519 over the labelled hash", "[crypto][vectors]") {
  const std::optional<SigningKey> key = SigningKey::from_seed(rising(32, 9));
  REQUIRE(key);
  CHECK(hex(key->public_key().view()) == "677edd9c7a6fbaa5d609dc7005ce8011d54e0314acf89ca172057bc140ede62a");
  const Signature signature = key->sign(labels::owner, {view("a"), view("bc")});
  CHECK(hex(signature.view()) ==
        "fe0ba0402371f1a8a7519c7c6440c8a1f2e04435bcbf7fe1cf2f2da2d876a20bdbdb5e36d1ecf95b8677fb0da0092ee88d0efe8d5952fdf782ef7f64"
        "280e7e0b");
  CHECK(verify(key->public_key(), signature, labels::owner, {view("a"), view("bc")}));
}

TEST_CASE("a signature holds for its label, parts and key only", "[crypto]") {
  const SigningKey key = SigningKey::generate();
  Signature signature = key.sign(labels::owner, {view("a"), view("bc")});
  CHECK(verify(key.public_key(), signature, labels::owner, {view("a"), view("bc")}));
  CHECK_FALSE(verify(key.public_key(), signature, labels::grant, {view("a"), view("bc")}));
  CHECK_FALSE(verify(key.public_key(), signature, labels::owner, {view("ab"), view("c")}));
  CHECK_FALSE(verify(SigningKey::generate().public_key(), signature, labels::owner, {view("a"), view("bc")}));
  signature.bytes[3] ^= 1;
  CHECK_FALSE(verify(key.public_key(), signature, labels::owner, {view("a"), view("bc")}));
  CHECK_FALSE(verify(PublicKey{}, Signature{}, labels::owner, {}));
}

TEST_CASE("a signing key comes back from its seed, and from nothing else", "[crypto]") {
  const SigningKey key = SigningKey::generate();
  const std::optional<SigningKey> again = SigningKey::from_seed(key.seed());
  REQUIRE(again);
  CHECK(again->public_key() == key.public_key());
  CHECK_FALSE(SigningKey::from_seed(rising(31, 0)));
  CHECK_FALSE(SigningKey::from_seed({}));
}

TEST_CASE("an AEAD text opens whole or not at all", "[crypto]") {
  const Bytes key = random_bytes(32);
  for (const std::size_t length : {0U, 1U, 100U, 5000U}) {
    const Bytes plain = random_bytes(length);
    const Bytes sealed = aead_seal(key, plain, view("to"));
    CHECK(sealed.size() == length + aead_overhead_bytes);
    const std::optional<SecretBytes> opened = aead_open(key, sealed, view("to"));
    REQUIRE(opened);
    CHECK(copy(opened->view()) == plain);
    CHECK_FALSE(aead_open(key, sealed, view("from")));
    CHECK_FALSE(aead_open(random_bytes(32), sealed, view("to")));
    CHECK_FALSE(aead_open(random_bytes(31), sealed, view("to")));
    for (const std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      Bytes bent = sealed;
      bent[at] ^= 0x80;
      CHECK_FALSE(aead_open(key, bent, view("to")));
    }
    CHECK_FALSE(aead_open(key, View(sealed).first(sealed.size() - 1), view("to")));
  }
  CHECK_FALSE(aead_open(key, {}, {}));
  CHECK(aead_seal(key, view("same"), {}) != aead_seal(key, view("same"), {}));
}

TEST_CASE("XChaCha20-Poly1305 is the one of draft-irtf-cfrg-xchacha-03, A.3.1", "[crypto][vectors]") {
  const Bytes key = *from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const Bytes associated = *from_hex("50515253c0c1c2c3c4c5c6c7");
  const Bytes sealed = *from_hex(
      "404142434445464748494a4b4c4d4e4f5051525354555657"
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e12"
      "13b452"
      "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
      "c0875924c1c7987947deafd8780acf49");
  const std::optional<SecretBytes> opened = aead_open(key, sealed, associated);
  REQUIRE(opened);
  CHECK(text(opened->view()) ==
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
}

TEST_CASE("a box opens for its key pair only", "[crypto]") {
  const BoxKeys keys = generate_box_keys();
  const Bytes sealed = box_seal(keys.public_key, view("stop"));
  CHECK(sealed.size() == 4 + box_overhead_bytes);
  const std::optional<SecretBytes> opened = box_open(keys.public_key, keys.secret_key.view(), sealed);
  REQUIRE(opened);
  CHECK(text(opened->view()) == "stop");
  const BoxKeys other = generate_box_keys();
  CHECK_FALSE(box_open(other.public_key, other.secret_key.view(), sealed));
  CHECK_FALSE(box_open(keys.public_key, keys.secret_key.view(), View(sealed).first(47)));
  CHECK_THROWS_AS(box_seal(Bytes(32, 0), view("stop")), std::invalid_argument);
}

TEST_CASE("a PIN's key depends on PIN, salt and cost", "[crypto]") {
  const Bytes salt = rising(16, 0);
  const SecretBytes key = key_from_pin(view("1234"), salt, PinCost::tests());
  CHECK(key.size() == 32);
  CHECK(copy(key.view()) == copy(key_from_pin(view("1234"), salt, PinCost::tests()).view()));
  CHECK(copy(key.view()) != copy(key_from_pin(view("1235"), salt, PinCost::tests()).view()));
  CHECK(copy(key.view()) != copy(key_from_pin(view("1234"), rising(16, 1), PinCost::tests()).view()));
  CHECK(copy(key.view()) != copy(key_from_pin(view("1234"), salt, {2, PinCost::tests().memory_bytes}).view()));
  CHECK(PinCost::people().memory_bytes >= 64 * 1024 * 1024);
}

TEST_CASE("secret memory moves and is never shared", "[crypto]") {
  SecretBytes one(View(rising(8, 1)));
  SecretBytes two = std::move(one);
  CHECK(two.size() == 8);
  CHECK(one.size() == 0);  // NOLINT(bugprone-use-after-move): that is the point
  CHECK(copy(two.view()) == rising(8, 1));
  one = std::move(two);
  CHECK(copy(one.view()) == rising(8, 1));
  CHECK(SecretBytes().view().empty());
  CHECK(SecretBytes(std::size_t{0}).size() == 0);
  CHECK(copy(SecretBytes(std::size_t{4}).view()) == Bytes(4, 0));
  Bytes ordinary = rising(8, 1);
  wipe(ordinary);
  CHECK(ordinary == Bytes(8, 0));
}

TEST_CASE("secrets of every size have memory of their own, zeroed again after use", "[crypto]") {
  // Two rounds, so that pieces of the first are used again; each is full of its own octet at the same time as all others.
  for (int round = 0; round < 2; ++round) {
    std::vector<SecretBytes> secrets;
    for (const std::size_t size : {1U, 32U, 64U, 65U, 256U, 257U, 1000U, 1024U, 4096U, 4097U, 100'000U}) {
      for (int i = 0; i < 70; ++i) {
        secrets.emplace_back(std::size_t{size});
        const View fresh = secrets.back().view();
        REQUIRE(std::all_of(fresh.begin(), fresh.end(), [](std::uint8_t octet) { return octet == 0; }));
        const auto mark = static_cast<std::uint8_t>(secrets.size() % 251 + 1);
        std::fill(secrets.back().span().begin(), secrets.back().span().end(), mark);
        if (size > 4096 && i == 2) break;
      }
    }
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      const View bytes = secrets[i].view();
      REQUIRE(std::all_of(bytes.begin(), bytes.end(), [&](std::uint8_t octet) { return octet == (i + 1) % 251 + 1; }));
    }
  }
}

TEST_CASE("base64url and hex go both ways and refuse everything else", "[crypto]") {
  for (std::size_t length = 0; length < 70; ++length) {
    const Bytes bytes = random_bytes(length);
    CHECK(from_base64url(base64url(bytes)) == bytes);
    CHECK(from_hex(hex(bytes)) == bytes);
  }
  CHECK(base64url(*from_hex("fbff")) == "-_8");
  for (const char* bad : {"a", "ab=", "ab==", "a b", "ab+/", "ab\n", "-_9", "a\xc3\xa9"}) {
    INFO(bad);
    CHECK_FALSE(from_base64url(bad));
  }
  for (const char* bad : {"a", "0g", "0x00", " 00", "00 "}) {
    INFO(bad);
    CHECK_FALSE(from_hex(bad));
  }
}

TEST_CASE("random values are spread and bounded", "[crypto]") {
  CHECK(random_id<Secret>() != random_id<Secret>());
  bool seen[10] = {};
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t number = random_below(10);
    REQUIRE(number < 10);
    seen[number] = true;
  }
  for (const bool one : seen) CHECK(one);
}
