// Goal: a relay can neither mix nor roll back keys, and no bundle harms the library. Method: a good bundle, changed in one way a
// test.
#include <catch2/catch.hpp>

#include "crypto/base/labels.hpp"
#include "proto/limits.hpp"
#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

Fault fault_of(const Outcome<PeerBundle>& outcome) {
  REQUIRE_FALSE(outcome);
  return outcome.error();
}

// The bundle with its body changed and signed again by 'signer': what a hostile contact could publish.
Bytes changed(View bundle, const Identity& signer, const std::function<void(content::BundleBody&)>& change) {
  content::Bundle outer;
  content::BundleBody body;
  REQUIRE(outer.ParseFromArray(bundle.data(), static_cast<int>(bundle.size())));
  REQUIRE(body.ParseFromString(outer.body()));
  change(body);
  outer.set_body(body.SerializeAsString());
  const IdentitySignature signature = signer.sign(labels::bundle, {view(outer.body())});
  outer.set_signature(signature.bytes.data(), signature.bytes.size());
  const std::string out = outer.SerializeAsString();
  return Bytes(out.begin(), out.end());
}

Outcome<PeerBundle> verified(View bundle, const Person& of, std::uint64_t now_s = test_start_s, std::uint64_t seen = 0,
                             BundleAge age = BundleAge::must_be_fresh) {
  return verify_bundle(bundle, of.identity.key(), now_s, seen, age);
}

}  // namespace

TEST_CASE("a good bundle is taken and says what it holds", "[crypto][e2ee][bundle]") {
  Person anna;
  const OwnKeys::Published published = anna.keys.make_bundle(test_start_s);
  CHECK(published.bundle.size() <= limits::bundle_bytes_max);
  CHECK(published.sequence == 1);
  const Outcome<PeerBundle> bundle = verified(published.bundle, anna);
  REQUIRE(bundle);
  CHECK(bundle->identity() == anna.identity.key());
  CHECK(bundle->sequence() == 1);
  CHECK(bundle->issued_s() == test_start_s);
  CHECK(bundle->not_after_s() == test_start_s + 14 * day_s);
  CHECK(bundle->registration_id() == anna.identity.registration_id());
  CHECK(anna.keys.make_bundle(test_start_s).sequence == 2);
}

TEST_CASE("a bundle that is older or lower than one seen is refused", "[crypto][e2ee][bundle]") {
  Person anna;
  const Bytes first = anna.keys.make_bundle(test_start_s).bundle;
  const Bytes second = anna.keys.make_bundle(test_start_s).bundle;
  CHECK(verified(second, anna, test_start_s, 2));
  CHECK(fault_of(verified(first, anna, test_start_s, 2)) == Fault::rolled_back);
  CHECK(verified(first, anna, test_start_s + 14 * day_s));
  CHECK(fault_of(verified(first, anna, test_start_s + 14 * day_s + 1)) == Fault::expired);
  CHECK(verified(first, anna, test_start_s - 2 * day_s));
  CHECK(fault_of(verified(first, anna, test_start_s - 2 * day_s - 1)) == Fault::from_the_future);
  // Out of one's own profile: an alert to an old key is better than none, whatever the clock says.
  CHECK(verified(first, anna, test_start_s + 400 * day_s, 0, BundleAge::may_be_old));
  CHECK(verified(first, anna, 0, 0, BundleAge::may_be_old));
}

TEST_CASE("a relay cannot put its own keys into a bundle", "[crypto][e2ee][bundle]") {
  Person anna;
  Person relay;
  const Bytes good = anna.keys.make_bundle(test_start_s).bundle;
  CHECK(fault_of(verified(relay.keys.make_bundle(test_start_s).bundle, anna)) == Fault::wrong_identity);
  const auto swap_sealing_key = [&](content::BundleBody& body) {
    const X25519Pair own = generate_x25519();
    body.set_sealing_key(own.public_key.data(), own.public_key.size());
  };
  CHECK(fault_of(verified(changed(good, relay.identity, swap_sealing_key), anna)) == Fault::bad_signature);
  // A part of one bundle in another: the signature is over the whole.
  const Bytes later = anna.keys.make_bundle(test_start_s + 8 * day_s).bundle;
  content::Bundle mixed;
  content::Bundle other;
  REQUIRE(mixed.ParseFromArray(good.data(), static_cast<int>(good.size())));
  REQUIRE(other.ParseFromArray(later.data(), static_cast<int>(later.size())));
  mixed.set_signature(other.signature());
  const std::string bytes = mixed.SerializeAsString();
  CHECK(fault_of(verified(view(bytes), anna)) == Fault::bad_signature);
  // The identity itself may not vouch for a prekey that another signed.
  const auto swap_prekey = [&](content::BundleBody& body) {
    const IdentityKey own = Identity::generate().key();
    body.set_signed_prekey(own.bytes.data(), own.bytes.size());
  };
  CHECK(fault_of(verified(changed(good, anna.identity, swap_prekey), anna)) == Fault::bad_signature);
}

TEST_CASE("every part of a bundle that is missing or of a wrong length is refused before the library sees it",
          "[crypto][e2ee][bundle]") {
  Person anna;
  const Bytes good = anna.keys.make_bundle(test_start_s).bundle;
  using Body = content::BundleBody;
  const std::function<void(Body&)> changes[] = {
      [](Body& body) { body.clear_identity(); },
      [](Body& body) { body.mutable_identity()->pop_back(); },
      [](Body& body) { body.mutable_identity()->at(0) = 4; },
      [](Body& body) { body.clear_signed_prekey(); },
      [](Body& body) { body.mutable_signed_prekey()->push_back(0); },
      [](Body& body) { body.mutable_signed_prekey()->at(0) = 0; },
      [](Body& body) { body.clear_signed_prekey_signature(); },
      [](Body& body) { body.mutable_signed_prekey_signature()->pop_back(); },
      [](Body& body) { body.clear_sealing_key(); },
      [](Body& body) { body.mutable_sealing_key()->push_back(0); },
      [](Body& body) { body.clear_sequence(); },
      [](Body& body) { body.clear_signed_prekey_id(); },
      [](Body& body) { body.set_signed_prekey_id(0xFFFFFF); },
      [](Body& body) { body.set_not_after_s(body.issued_s() - 1); },
      [](Body& body) { body.set_not_after_s(body.issued_s() + 15 * day_s); },
  };
  int number = 0;
  for (const auto& change : changes) {
    INFO("change " << number++);
    CHECK(fault_of(verified(changed(good, anna.identity, change), anna)) == Fault::malformed);
  }
  CHECK(verified(changed(good, anna.identity, [](Body& body) { body.set_kem_key("reserved"); }), anna));  // room for suite 2
  Bytes too_long = good;
  too_long.resize(limits::bundle_bytes_max + 1);
  CHECK(fault_of(verified(too_long, anna)) == Fault::malformed);
}

TEST_CASE("keys are rotated weekly and kept for 81 days", "[crypto][e2ee][bundle]") {
  Person anna;
  CHECK(anna.keys.rotate(test_start_s));
  CHECK_FALSE(anna.keys.rotate(test_start_s + 7 * day_s - 1));
  CHECK(anna.keys.rotate(test_start_s + 7 * day_s));
  const auto count = [&](KeyKind kind) { return anna.store.keys(kind).size(); };
  CHECK(count(KeyKind::signed_prekey) == 2);
  CHECK(count(KeyKind::sealing_key) == 2);
  anna.keys.rotate(test_start_s + 81 * day_s);
  CHECK(anna.store.key(KeyKind::signed_prekey, 1));
  CHECK(anna.store.key(KeyKind::sealing_key, 1));
  anna.keys.rotate(test_start_s + 81 * day_s + 1);
  CHECK_FALSE(anna.store.key(KeyKind::signed_prekey, 1));
  CHECK_FALSE(anna.store.key(KeyKind::sealing_key, 1));
  // Made under a clock that was a year ahead: replaced as soon as the clock is right again.
  Person boris;
  boris.keys.rotate(test_start_s + 365 * day_s);
  CHECK(boris.keys.rotate(test_start_s));
}

TEST_CASE("one-time prekeys never reuse an id, also after they are gone", "[crypto][e2ee][bundle]") {
  Person anna;
  std::set<std::uint32_t> ids;
  for (int batch = 0; batch < 3; ++batch) {
    for (const OneTimePrekey& made : anna.keys.make_one_time(one_time_target, test_start_s)) {
      CHECK(ids.insert(made.id).second);
      CHECK(check_one_time(made.id, made.key.view()));
      anna.store.erase_key(KeyKind::one_time_prekey, made.id);
    }
  }
  CHECK(ids.size() == 300);
  CHECK_FALSE(ids.contains(0));
  CHECK_FALSE(check_one_time(0, Identity::generate().key().view()));
  CHECK_FALSE(check_one_time(0xFFFFFF, Identity::generate().key().view()));  // the library would never delete it
  CHECK_FALSE(check_one_time(1, Bytes(32, 9)));
  Bytes zero(33, 0);
  zero[0] = 5;
  CHECK_FALSE(check_one_time(1, zero));
}

TEST_CASE("the private halves of unused one-time prekeys are bounded", "[crypto][e2ee][bundle]") {
  Person anna;
  for (int batch = 0; batch < 11; ++batch) anna.keys.make_one_time(100, test_start_s);
  CHECK(anna.store.keys(KeyKind::one_time_prekey).size() == one_time_kept_max);
  CHECK_FALSE(anna.store.key(KeyKind::one_time_prekey, 100));
  CHECK(anna.store.key(KeyKind::one_time_prekey, 1100));
}

TEST_CASE("an identity comes back from its secret, and from nothing damaged", "[crypto][e2ee]") {
  const Identity anna = Identity::generate();
  CHECK(is_public_key(anna.key().view()));
  const std::optional<Identity> again = Identity::load(anna.secret());
  REQUIRE(again);
  CHECK(again->key() == anna.key());
  CHECK(again->registration_id() == anna.registration_id());
  Bytes secret(anna.secret().begin(), anna.secret().end());
  CHECK_FALSE(Identity::load(View(secret).first(35)));
  Bytes bent = secret;
  bent[0] |= 1;  // not clamped
  CHECK_FALSE(Identity::load(bent));
  bent = secret;
  bent[32] = 0xff;  // registration id out of range
  CHECK_FALSE(Identity::load(bent));
  CHECK_FALSE(Identity::load({}));
}
