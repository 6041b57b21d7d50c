#include "tests/unit/crypto/people.hpp"

#include "crypto/base/hash.hpp"

namespace vigil::e2ee {

Person::Person()
    : identity(Identity::generate()),
      sessions(identity, store),
      one_shots(identity),
      keys(identity, store),
      address_hash(vigil::address_hash(address)) {}

PeerBundle Person::bundle(std::uint64_t now_s) {
  if (published_ && published_s_ == now_s) return *published_;
  const OwnKeys::Published published = keys.make_bundle(now_s);
  const Outcome<PeerBundle> verified = verify_bundle(published.bundle, identity.key(), now_s, 0, BundleAge::must_be_fresh);
  REQUIRE(verified);
  published_ = *verified;
  published_s_ = now_s;
  return *verified;
}

OneTimePrekey Person::one_time(std::uint64_t now_s) {
  const OneTimePrekey made = keys.make_one_time(1, now_s).at(0);
  const std::optional<OneTimePrekey> checked = check_one_time(made.id, made.key.view());
  REQUIRE(checked);
  return *checked;
}

void introduce(Person& one, Person& other) {
  one.store.trust(other.identity.key());
  other.store.trust(one.identity.key());
}

content::Content text_content(const std::string& text) {
  content::Content content;
  const CopyId id = random_id<CopyId>();
  content.set_id(id.bytes.data(), id.bytes.size());
  content.set_written_s(test_start_s);
  content.mutable_text()->set_text(text);
  return content;
}

Bytes seal(Person& from, Person& to, Device device, const std::string& text, std::size_t bytes, bool with_one_time) {
  std::optional<OneTimePrekey> one_time;
  if (with_one_time && !from.sessions.has_session(to.identity.key(), device)) one_time = to.one_time();
  const PeerBundle bundle = to.bundle();
  const Outcome<Bytes> envelope = from.sessions.seal({bundle, to.address_hash, bytes}, device, text_content(text), one_time);
  REQUIRE(envelope);
  return *envelope;
}

std::string open(Person& reader, const Person& from, View envelope, std::uint64_t now_s) {
  const auto opened = reader.sessions.open(envelope, reader.address_hash, from.identity.key(), now_s);
  if (!opened) return "[" + std::string(meaning(opened.error().fault)) + "]";
  return opened->content.text().text();
}

namespace {

X25519Pair newest_sealing_pair(Person& person) {
  Transaction transaction(person.store);
  const std::vector<KeyAge> ids = person.store.keys(KeyKind::sealing_key);
  REQUIRE_FALSE(ids.empty());
  const std::optional<StoredKey> key = person.store.key(KeyKind::sealing_key, ids.front().id);
  std::optional<X25519Pair> pair = x25519_from_private(key->record.view());
  REQUIRE(pair);
  transaction.commit();
  return std::move(*pair);
}

}  // namespace

content::Inner inner_of(Person& reader, View envelope) {
  const Outcome<content::Inner> inner = open_envelope(envelope, newest_sealing_pair(reader), reader.address_hash);
  REQUIRE(inner);
  return *inner;
}

Bytes reseal(Person& reader, const content::Inner& inner, std::size_t bytes) {
  const Outcome<Bytes> envelope = seal_envelope(inner, newest_sealing_pair(reader).public_key, reader.address_hash, bytes);
  REQUIRE(envelope);
  return *envelope;
}

}  // namespace vigil::e2ee
