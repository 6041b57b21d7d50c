// Goal: our HPKE is RFC 9180's. Method: appendix A.2.1 (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode);
// tests/interop adds @hpke/core in both directions.
#include "crypto/e2ee/hpke.hpp"

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/identity.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

X25519Pair pair_of(std::string_view private_hex) {
  std::optional<X25519Pair> pair = x25519_from_private(*from_hex(private_hex));
  REQUIRE(pair);
  return std::move(*pair);
}

const Bytes rfc_info = *from_hex("4f6465206f6e2061204772656369616e2055726e");
const Bytes rfc_plain = *from_hex("4265617574792069732074727574682c20747275746820626561757479");
const Bytes rfc_associated = *from_hex("436f756e742d30");

}  // namespace

TEST_CASE("HPKE: RFC 9180 A.2.1.1, sequence number 0", "[crypto][e2ee][vectors]") {
  const X25519Pair ephemeral = pair_of("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
  const X25519Pair recipient = pair_of("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
  CHECK(hex(ephemeral.public_key) == "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
  CHECK(hex(recipient.public_key) == "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
  const std::optional<Bytes> sealed = hpke_seal_with(ephemeral, recipient.public_key, rfc_info, rfc_associated, rfc_plain);
  REQUIRE(sealed);
  CHECK(hex(*sealed) ==
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
  const std::optional<SecretBytes> opened = hpke_open(recipient, rfc_info, rfc_associated, *sealed);
  REQUIRE(opened);
  CHECK(text(opened->view()) == text(rfc_plain));
}

TEST_CASE("HPKE opens with the same key, info and associated data only", "[crypto][e2ee]") {
  const X25519Pair own = generate_x25519();
  for (const std::size_t length : {0U, 1U, 1024U, 57344U}) {
    const Bytes plain = random_bytes(length);
    const std::optional<Bytes> sealed = hpke_seal(own.public_key, view("info"), view("aad"), plain);
    REQUIRE(sealed);
    CHECK(sealed->size() == length + hpke_overhead_bytes);
    const std::optional<SecretBytes> opened = hpke_open(own, view("info"), view("aad"), *sealed);
    REQUIRE(opened);
    CHECK(std::equal(plain.begin(), plain.end(), opened->view().begin(), opened->view().end()));
    CHECK_FALSE(hpke_open(own, view("other"), view("aad"), *sealed));
    CHECK_FALSE(hpke_open(own, view("info"), view("other"), *sealed));
    CHECK_FALSE(hpke_open(generate_x25519(), view("info"), view("aad"), *sealed));
    for (const std::size_t at : {std::size_t{0}, std::size_t{31}, sealed->size() - 17, sealed->size() - 1}) {
      Bytes bent = *sealed;
      bent[at] ^= 1;
      CHECK_FALSE(hpke_open(own, view("info"), view("aad"), bent));
    }
  }
  CHECK_FALSE(hpke_open(own, {}, {}, Bytes(47, 0)));
}

TEST_CASE("HPKE refuses an all-zero agreement on both sides (RFC 9180, 7.1.4)", "[crypto][e2ee]") {
  // Every point of small order, in its canonical and non-canonical encodings.
  const char* low_order[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  };
  const X25519Pair own = generate_x25519();
  for (const char* point : low_order) {
    INFO(point);
    const Bytes key = *from_hex(point);
    CHECK_FALSE(is_x25519_key(key));
    CHECK_FALSE(hpke_seal(key, {}, {}, view("text")));
    Bytes sealed = key;
    sealed.resize(64);
    CHECK_FALSE(hpke_open(own, {}, {}, sealed));
  }
  CHECK(is_x25519_key(own.public_key));
  CHECK_FALSE(is_x25519_key(Bytes(31, 9)));
}
