// Goal: each numbered trap of the notes on libsignal-protocol-c stays shut (5 and 9 are about sender keys and come with circles).
// Method: what a hostile member, a hostile relay or a failing disk would do, made by hand.
#include <openssl/err.h>
#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <catch2/catch.hpp>

#include "crypto/base/labels.hpp"
#include "crypto/e2ee/signal_store.hpp"
#include "tests/unit/crypto/people.hpp"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

std::string in_brackets(Fault fault) {
  return "[" + std::string(meaning(fault)) + "]";
}

std::expected<Opened, OpenFailure> open_from(Person& reader, const IdentityKey& expected, View envelope) {
  return reader.sessions.open(envelope, reader.address_hash, expected, test_start_s);
}

Fault fault_of(const std::expected<Opened, OpenFailure>& opened) {
  REQUIRE_FALSE(opened);
  return opened.error().fault;
}

// Any bytes as a first message of 'from', by the library itself, without what Sessions binds in: a hostile member's own program.
Bytes first_message(Person& from, Person& to, const std::string& plain) {
  SignalStore store(&from.identity, nullptr);
  store.begin_scratch();
  store.expect(to.identity.key());
  const PeerBundle keys = to.bundle();
  const SignalAddress address("hostile", 1);
  const Ref<ec_public_key> identity = public_key_of(keys.identity().view());
  const Ref<ec_public_key> prekey = public_key_of(keys.signed_prekey().view());
  Ref<session_pre_key_bundle> bundle;
  REQUIRE(session_pre_key_bundle_create(bundle.out(), keys.registration_id(), 1, 0, nullptr, keys.signed_prekey_id(),
                                        prekey.get(), keys.signed_prekey_signature().bytes.data(), 64, identity.get()) == 0);
  session_builder* builder = nullptr;
  REQUIRE(session_builder_create(&builder, store.get(), address.get(), store.context()) == 0);
  REQUIRE(session_builder_process_pre_key_bundle(builder, bundle.get()) == 0);
  session_builder_free(builder);
  session_cipher* cipher = nullptr;
  REQUIRE(session_cipher_create(&cipher, store.get(), address.get(), store.context()) == 0);
  Ref<ciphertext_message> message;
  const View bytes = view(plain);
  REQUIRE(session_cipher_encrypt(cipher, bytes.data(), bytes.size(), message.out()) == 0);
  session_cipher_free(cipher);
  const signal_buffer* serialised = ciphertext_message_get_serialized(message.get());
  return Bytes(signal_buffer_const_data(serialised), signal_buffer_const_data(serialised) + signal_buffer_len(serialised));
}

content::Inner one_shot_inner(const Person& from, const Person& to, View message) {
  content::Inner inner;
  inner.set_sender(from.identity.key().bytes.data(), 33);
  inner.set_recipient(to.identity.key().bytes.data(), 33);
  inner.set_type(CIPHERTEXT_PREKEY_TYPE);
  inner.set_one_shot(true);
  inner.set_message(message.data(), message.size());
  return inner;
}

std::string bytes_as_string(const IdentityKey& key) {
  return std::string(text(key.view()));
}

}  // namespace

TEST_CASE("trap 1: a forged first message with a bad MAC leaves the store untouched", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  content::Inner inner = inner_of(boris, seal(anna, boris, 2, "genuine"));
  const std::string genuine = inner.message();
  // The MAC covers the inner message, which ends eight bytes before the end of the whole.
  for (const std::size_t back : {1U, 8U, 12U, 30U}) {
    std::string forged = genuine;
    forged[forged.size() - back] ^= 1;
    inner.set_message(forged);
    const Bytes envelope = reseal(boris, inner);
    const MemoryKeyStore::State before = boris.store.state();
    CHECK(open(boris, anna, envelope) == in_brackets(Fault::cannot_open));
    CHECK(boris.store.state() == before);
    CHECK(boris.store.open_transactions() == 0);
  }
  // The same on a running session, where a bad MAC must not move the ratchet.
  inner.set_message(genuine);
  CHECK(open(boris, anna, reseal(boris, inner)) == "genuine");
  CHECK(open(anna, boris, seal(boris, anna, 2, "answer")) == "answer");
  content::Inner later = inner_of(boris, seal(anna, boris, 2, "later"));
  REQUIRE(later.type() == CIPHERTEXT_SIGNAL_TYPE);
  const std::string good = later.message();
  later.mutable_message()->back() ^= 1;
  const Bytes bad = reseal(boris, later);
  const MemoryKeyStore::State before = boris.store.state();
  CHECK(open(boris, anna, bad) == in_brackets(Fault::cannot_open));
  CHECK(boris.store.state() == before);
  later.set_message(good);
  CHECK(open(boris, anna, reseal(boris, later)) == "later");
}

TEST_CASE("trap 2: a bundle without its prekey signature is refused without calling the library", "[crypto][e2ee][trap]") {
  // Handed to the library it would end this process.
  Person anna;
  const Bytes good = anna.keys.make_bundle(test_start_s).bundle;
  content::Bundle outer;
  content::BundleBody body;
  REQUIRE(outer.ParseFromArray(good.data(), static_cast<int>(good.size())));
  REQUIRE(body.ParseFromString(outer.body()));
  body.clear_signed_prekey_signature();
  outer.set_body(body.SerializeAsString());
  outer.set_signature(anna.identity.sign(labels::bundle, {view(outer.body())}).bytes.data(), 64);
  const std::string bytes = outer.SerializeAsString();
  const Outcome<PeerBundle> verified = verify_bundle(view(bytes), anna.identity.key(), test_start_s, 0, BundleAge::must_be_fresh);
  REQUIRE_FALSE(verified);
  CHECK(verified.error() == Fault::malformed);
}

TEST_CASE("trap 3: addresses prove nothing: a message cannot be passed off as another's", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  Person mallory;
  introduce(anna, boris);
  introduce(mallory, boris);
  const Bytes envelope = seal(anna, boris, 2, "from anna", 0, false);
  // Through an address that only Mallory was given.
  CHECK(fault_of(open_from(boris, mallory.identity.key(), envelope)) == Fault::wrong_sender);
  // Re-sealed by Mallory under her own name: identity in the first message, before anything is decrypted.
  content::Inner inner = inner_of(boris, envelope);
  inner.set_sender(bytes_as_string(mallory.identity.key()));
  CHECK(fault_of(open_from(boris, mallory.identity.key(), reseal(boris, inner))) == Fault::wrong_sender);
  // Anna forwards what Clara was meant to read.
  Person clara;
  introduce(anna, clara);
  content::Inner forwarded = inner_of(clara, seal(anna, clara, 2, "for clara"));
  CHECK(fault_of(open_from(boris, anna.identity.key(), reseal(boris, forwarded))) == Fault::wrong_recipient);
  // Mallory's own message, whose content says that Anna wrote it, or that Clara should read it.
  content::Content lie = text_content("lie");
  lie.set_sender(bytes_as_string(anna.identity.key()));
  lie.set_recipient(bytes_as_string(boris.identity.key()));
  const Bytes by_anna = first_message(mallory, boris, lie.SerializeAsString());
  CHECK(fault_of(open_from(boris, mallory.identity.key(), reseal(boris, one_shot_inner(mallory, boris, by_anna)))) ==
        Fault::wrong_sender);
  // As the start of an ordinary session it decrypts, and then everything that decrypting stored must go again.
  content::Inner as_session = one_shot_inner(mallory, boris, by_anna);
  as_session.set_one_shot(false);
  as_session.set_device(2);
  const Bytes session_envelope = reseal(boris, as_session);
  const MemoryKeyStore::State before_lie = boris.store.state();
  CHECK(fault_of(open_from(boris, mallory.identity.key(), session_envelope)) == Fault::wrong_sender);
  CHECK(boris.store.state() == before_lie);
  lie.set_sender(bytes_as_string(mallory.identity.key()));
  lie.set_recipient(bytes_as_string(clara.identity.key()));
  const Bytes for_clara = first_message(mallory, boris, lie.SerializeAsString());
  CHECK(fault_of(open_from(boris, mallory.identity.key(), reseal(boris, one_shot_inner(mallory, boris, for_clara)))) ==
        Fault::wrong_recipient);
  lie.set_recipient(bytes_as_string(boris.identity.key()));
  const Bytes honest = first_message(mallory, boris, lie.SerializeAsString());
  CHECK(open(boris, mallory, reseal(boris, one_shot_inner(mallory, boris, honest))) == "lie");
  CHECK(open(boris, anna, envelope) == "from anna");
}

TEST_CASE("trap 4: a first message without one-time prekey is not replayable once its session is gone", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const Bytes envelope = seal(anna, boris, 2, "once", 0, false);
  const Bytes second = seal(anna, boris, 2, "of the same flight", 0, false);
  REQUIRE(open(boris, anna, envelope) == "once");
  CHECK(open(boris, anna, envelope) == in_brackets(Fault::replay));
  CHECK(open(boris, anna, second) == "of the same flight");
  boris.sessions.forget(anna.identity.key());
  const MemoryKeyStore::State before = boris.store.state();
  const auto again = open_from(boris, anna.identity.key(), envelope);
  CHECK(fault_of(again) == Fault::replay);
  CHECK(again.error().content_id);
  CHECK(fault_of(open_from(boris, anna.identity.key(), second)) == Fault::replay);
  CHECK(boris.store.state() == before);
  // Nor as a one-shot, nor on another device of the same sender.
  content::Inner inner = inner_of(boris, envelope);
  inner.set_device(5);
  CHECK(fault_of(open_from(boris, anna.identity.key(), reseal(boris, inner))) == Fault::replay);
  inner.set_device(0);
  inner.set_one_shot(true);
  CHECK(fault_of(open_from(boris, anna.identity.key(), reseal(boris, inner))) == Fault::replay);
}

TEST_CASE("trap 6: the library never asks before encrypting, so we ask: nothing is sealed to who is no contact",
          "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  REQUIRE(open(boris, anna, seal(anna, boris, 2, "while a contact")) == "while a contact");
  anna.store.distrust(boris.identity.key());
  const PeerBundle bundle = boris.bundle();
  const MemoryKeyStore::State before = anna.store.state();
  const Outcome<Bytes> refused = anna.sessions.seal({bundle, boris.address_hash}, 2, text_content("not any more"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == Fault::not_trusted);
  CHECK(anna.store.state() == before);
}

TEST_CASE("trap 7: low-order public keys in bundles are refused, also when their owner signed them", "[crypto][e2ee][trap]") {
  Person anna;
  const Bytes good = anna.keys.make_bundle(test_start_s).bundle;
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const Bytes low = *from_hex(point);
    std::string low33 = "\x05" + std::string(text(low));
    for (const bool sealing : {true, false}) {
      content::Bundle outer;
      content::BundleBody body;
      REQUIRE(outer.ParseFromArray(good.data(), static_cast<int>(good.size())));
      REQUIRE(body.ParseFromString(outer.body()));
      if (sealing) {
        body.set_sealing_key(std::string(text(low)));
      } else {
        body.set_signed_prekey(low33);
        body.set_signed_prekey_signature(anna.identity.sign_prekey(view(low33)).bytes.data(), 64);
      }
      outer.set_body(body.SerializeAsString());
      outer.set_signature(anna.identity.sign(labels::bundle, {view(outer.body())}).bytes.data(), 64);
      const std::string bytes = outer.SerializeAsString();
      const Outcome<PeerBundle> verified =
          verify_bundle(view(bytes), anna.identity.key(), test_start_s, 0, BundleAge::must_be_fresh);
      REQUIRE_FALSE(verified);
      CHECK(verified.error() == Fault::malformed);
    }
    CHECK_FALSE(is_public_key(view(low33)));
    CHECK_FALSE(check_one_time(7, view(low33)));
  }
}

namespace {

// A disk that fails when the consumed one-time prekey is to be erased: after the library stored the session.
class FailingStore : public MemoryKeyStore {
 public:
  void erase_key(KeyKind kind, std::uint32_t id) override {
    if (failing) throw std::runtime_error("disk full");
    MemoryKeyStore::erase_key(kind, id);
  }
  bool failing = false;
};

}  // namespace

TEST_CASE("trap 8: a disk that fails after the session was stored undoes the opening, through the library's C code",
          "[crypto][e2ee][trap]") {
  Person anna;
  const Identity boris = Identity::generate();
  FailingStore store;
  OwnKeys keys(boris, store);
  Sessions sessions(boris, store);
  anna.store.trust(boris.key());
  const Outcome<PeerBundle> bundle =
      verify_bundle(keys.make_bundle(test_start_s).bundle, boris.key(), test_start_s, 0, BundleAge::must_be_fresh);
  REQUIRE(bundle);
  const AddressHash address = random_id<AddressHash>();
  const Outcome<Bytes> envelope =
      anna.sessions.seal({*bundle, address}, 1, text_content("once more"), keys.make_one_time(1, test_start_s).at(0));
  REQUIRE(envelope);
  const MemoryKeyStore::State before = store.state();
  store.failing = true;
  CHECK_THROWS_AS(sessions.open(*envelope, address, anna.identity.key(), test_start_s), std::runtime_error);
  CHECK(store.state() == before);
  CHECK(store.open_transactions() == 0);
  store.failing = false;
  const auto opened = sessions.open(*envelope, address, anna.identity.key(), test_start_s);
  REQUIRE(opened);
  CHECK(opened->content.text().text() == "once more");
  CHECK(store.keys(KeyKind::one_time_prekey).empty());
}

TEST_CASE("trap 10: a thousand skipped messages stay below 100 KB of record and the late ones open", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  const PeerBundle bundle = boris.bundle();
  const auto quick = [&](const std::string& text) {
    const Outcome<Bytes> envelope = anna.sessions.seal({bundle, boris.address_hash}, 2, text_content(text));
    REQUIRE(envelope);
    return *envelope;
  };
  REQUIRE(open(boris, anna, quick("0")) == "0");
  const Bytes late = quick("1");
  for (int i = 2; i < 1000; ++i) quick("lost");
  REQUIRE(open(boris, anna, quick("1000")) == "1000");
  for (const auto& [which, record] : boris.store.state().sessions) CHECK(record.size() < 100 * 1024);
  CHECK(open(boris, anna, late) == "1");
  // A jump of more than 2,000 is refused and changes nothing, instead of filling the record.
  for (int i = 0; i < 2002; ++i) quick("lost");
  const Bytes beyond = quick("beyond");
  const MemoryKeyStore::State before = boris.store.state();
  CHECK(open(boris, anna, beyond) == in_brackets(Fault::cannot_open));
  CHECK(boris.store.state() == before);
}

TEST_CASE("trap: verifying is 1 for good and negative for errors: only 1 counts", "[crypto][e2ee][trap]") {
  const Identity anna = Identity::generate();
  const IdentitySignature good = anna.sign(labels::bundle, {view("body")});
  CHECK(verify(anna.key(), good.view(), labels::bundle, {view("body")}));
  for (const std::size_t length : {0U, 1U, 63U, 65U, 96U})
    CHECK_FALSE(verify(anna.key(), Bytes(length, 7), labels::bundle, {view("body")}));
  CHECK_FALSE(verify(anna.key(), View(good.view()).first(63), labels::bundle, {view("body")}));
  CHECK_FALSE(verify(anna.key(), good.view(), labels::envelope, {view("body")}));
  CHECK_FALSE(verify(anna.key(), good.view(), labels::bundle, {view("bodies")}));
  CHECK_FALSE(verify(Identity::generate().key(), good.view(), labels::bundle, {view("body")}));
  IdentityKey wrong_type = anna.key();
  wrong_type.bytes[0] = 6;
  CHECK_FALSE(verify(wrong_type, good.view(), labels::bundle, {view("body")}));
}

TEST_CASE("trap: encrypting without a session is asked for first, and starts one", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  CHECK_FALSE(anna.sessions.has_session(boris.identity.key(), 2));
  const Bytes envelope = seal(anna, boris, 2, "first");
  CHECK(anna.sessions.has_session(boris.identity.key(), 2));
  CHECK_FALSE(anna.sessions.has_session(boris.identity.key(), 1));
  CHECK(inner_of(boris, envelope).type() == CIPHERTEXT_PREKEY_TYPE);
}

TEST_CASE("trap: a consumed one-time prekey opens nothing more", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  Person clara;
  introduce(anna, boris);
  introduce(clara, boris);
  const OneTimePrekey shared = boris.one_time();
  const PeerBundle bundle = boris.bundle();
  const Outcome<Bytes> first = anna.sessions.seal({bundle, boris.address_hash}, 2, text_content("first"), shared);
  const Outcome<Bytes> second = clara.sessions.seal({bundle, boris.address_hash}, 2, text_content("second"), shared);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(open(boris, anna, *first) == "first");
  const MemoryKeyStore::State before = boris.store.state();
  CHECK(open(boris, clara, *second) == in_brackets(Fault::cannot_open));
  CHECK(boris.store.state() == before);
}

TEST_CASE("trap: a failed opening leaves no error for TLS on this thread", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  introduce(anna, boris);
  ERR_clear_error();
  Bytes envelope = seal(anna, boris, 2, "text");
  envelope.back() ^= 1;
  CHECK(open(boris, anna, envelope) == in_brackets(Fault::cannot_open));
  Bytes low(1024, 0);
  low[0] = envelope_version;
  low[1] = envelope_suite;
  CHECK(open(boris, anna, low) == in_brackets(Fault::cannot_open));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("trap: two accounts in one process do not share names", "[crypto][e2ee][trap]") {
  Person anna;
  Person boris;
  Person clara;
  introduce(anna, boris);
  introduce(anna, clara);
  CHECK(open(boris, anna, seal(anna, boris, 2, "b")) == "b");
  CHECK(open(clara, anna, seal(anna, clara, 2, "c")) == "c");
  CHECK(anna.store.state().sessions.size() == 2);
}
