// Goal: an envelope has exactly one of four sizes, shows nothing, and opens at its own address only.
#include "crypto/e2ee/envelope.hpp"

#include <catch2/catch.hpp>

#include "proto/limits.hpp"
#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

content::Inner inner_with(std::size_t message_bytes) {
  content::Inner inner;
  inner.set_sender(std::string(33, '\x05'));
  inner.set_recipient(std::string(33, '\x05'));
  inner.set_device(1);
  inner.set_type(3);
  inner.set_message(std::string(message_bytes, 'm'));
  return inner;
}

// A content whose serialised form, both identities included, has exactly 'bytes'.
content::Content content_of(std::size_t bytes) {
  content::Content content = text_content(std::string(bytes, 'x'));
  content.set_sender(std::string(33, 's'));
  content.set_recipient(std::string(33, 'r'));
  while (content.ByteSizeLong() > bytes) content.mutable_text()->mutable_text()->pop_back();
  return content;
}

}  // namespace

TEST_CASE("an envelope has exactly the size asked for and opens again", "[crypto][e2ee]") {
  const X25519Pair key = generate_x25519();
  const AddressHash address = random_id<AddressHash>();
  for (const std::size_t bytes : limits::envelope_bytes) {
    for (const std::size_t message : {std::size_t{1}, bytes / 2, bytes - envelope_overhead_bytes - 80}) {
      const Outcome<Bytes> envelope = seal_envelope(inner_with(message), key.public_key, address, bytes);
      REQUIRE(envelope);
      CHECK(envelope->size() == bytes);
      CHECK((*envelope)[0] == envelope_version);
      CHECK((*envelope)[1] == envelope_suite);
      const Outcome<content::Inner> opened = open_envelope(*envelope, key, address);
      REQUIRE(opened);
      CHECK(opened->SerializeAsString() == inner_with(message).SerializeAsString());
    }
    CHECK(seal_envelope(inner_with(bytes), key.public_key, address, bytes).error() == Fault::too_large);
    CHECK(seal_envelope(inner_with(1), key.public_key, address, bytes + 1).error() == Fault::malformed);
  }
  CHECK(seal_envelope(inner_with(1), Bytes(32, 0), address, 1024).error() == Fault::malformed);
  CHECK(seal_envelope(inner_with(1), Bytes(31, 9), address, 1024).error() == Fault::malformed);
}

TEST_CASE("a relay cannot move an envelope to another address, nor change its head", "[crypto][e2ee]") {
  const X25519Pair key = generate_x25519();
  const AddressHash address = random_id<AddressHash>();
  const Bytes envelope = *seal_envelope(inner_with(10), key.public_key, address, 1024);
  CHECK(open_envelope(envelope, key, random_id<AddressHash>()).error() == Fault::cannot_open);
  CHECK(open_envelope(envelope, generate_x25519(), address).error() == Fault::cannot_open);
  for (std::size_t at = 0; at < envelope.size(); at += 37) {
    Bytes bent = envelope;
    bent[at] ^= 1;
    CHECK_FALSE(open_envelope(bent, key, address));
  }
  Bytes other_suite = envelope;
  other_suite[1] = 2;
  CHECK(open_envelope(other_suite, key, address).error() == Fault::malformed);
  CHECK(open_envelope(View(envelope).first(1023), key, address).error() == Fault::malformed);
  CHECK(open_envelope({}, key, address).error() == Fault::malformed);
}

TEST_CASE("padding that is not zero is refused", "[crypto][e2ee]") {
  const X25519Pair key = generate_x25519();
  const AddressHash address = random_id<AddressHash>();
  const auto sealed_by_hand = [&](const Bytes& padded) {
    Bytes associated{envelope_version, envelope_suite};
    associated.insert(associated.end(), address.bytes.begin(), address.bytes.end());
    Bytes out{envelope_version, envelope_suite};
    const Bytes sealed = *hpke_seal(key.public_key, view("vigil envelope"), associated, padded);
    out.insert(out.end(), sealed.begin(), sealed.end());
    return out;
  };
  Bytes padded(1024 - 2 - hpke_overhead_bytes);
  CHECK(open_envelope(sealed_by_hand(padded), key, address));  // an empty Inner is an Inner
  padded.back() = 1;
  CHECK(open_envelope(sealed_by_hand(padded), key, address).error() == Fault::malformed);
  padded.back() = 0;
  padded[0] = 0xff;  // a length beyond the end
  CHECK(open_envelope(sealed_by_hand(padded), key, address).error() == Fault::malformed);
  padded[0] = 0;
  padded[3] = 2;  // two zero bytes are no message: field number 0
  CHECK(open_envelope(sealed_by_hand(padded), key, address).error() == Fault::malformed);
}

TEST_CASE("the size of an envelope follows from the content alone, first message or later", "[crypto][e2ee]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  for (const std::size_t size : limits::envelope_bytes) {
    const std::size_t most = content_bytes_max(size);
    CHECK(envelope_bytes_for(most) == size);
    const PeerBundle bundle = boris.bundle();
    const Sealing smallest{bundle, boris.address_hash, 0};
    anna.sessions.forget(boris.identity.key());
    const std::optional<OneTimePrekey> one_time = boris.one_time();
    const Outcome<Bytes> first = anna.sessions.seal(smallest, 1, content_of(most), one_time);
    REQUIRE(first);
    CHECK(first->size() == size);
    CHECK_FALSE(open(boris, anna, *first).empty());
    const Outcome<Bytes> once = anna.one_shots.seal(smallest, content_of(most));
    REQUIRE(once);
    CHECK(once->size() == size);
    const Bytes back = seal(boris, anna, 1, "so that later ones are no first ones");
    CHECK(open(anna, boris, back) == "so that later ones are no first ones");
    const Outcome<Bytes> later = anna.sessions.seal(smallest, 1, content_of(most));
    REQUIRE(later);
    CHECK(later->size() == size);
    const Sealing exact{bundle, boris.address_hash, size};
    CHECK(anna.sessions.seal(exact, 1, content_of(most + 1)).error() == Fault::too_large);
    CHECK(anna.one_shots.seal(exact, content_of(most + 1)).error() == Fault::too_large);
  }
  CHECK_FALSE(envelope_bytes_for(content_bytes_max(limits::envelope_bytes_max) + 1));
  CHECK(content_bytes_max(1000) == 0);
}

TEST_CASE("the caller's size is kept: an alert fills 4,096 bytes however short it is", "[crypto][e2ee]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  CHECK(seal(anna, boris, 1, "short").size() == 1024);
  CHECK(seal(anna, boris, 1, "short", limits::alert_envelope_bytes).size() == 4096);
  const PeerBundle bundle = boris.bundle();
  CHECK(anna.sessions.seal({bundle, boris.address_hash, 5000}, 1, text_content("x")).error() == Fault::malformed);
  content::Content without_id = text_content("x");
  without_id.clear_id();
  CHECK(anna.sessions.seal({bundle, boris.address_hash}, 1, without_id).error() == Fault::malformed);
  CHECK(anna.sessions.seal({bundle, boris.address_hash}, 0, text_content("x")).error() == Fault::malformed);
  CHECK(anna.sessions.seal({bundle, boris.address_hash}, device_max + 1, text_content("x")).error() == Fault::malformed);
}
