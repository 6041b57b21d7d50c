// Goal: the hashes and derivations are exactly those of docs/protocol.md. Method: vectors computed by Python's hashlib and hmac
// (tests/unit/crypto/vectors.py prints them), not by this code.
#include "crypto/base/hash.hpp"

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/labels.hpp"

using namespace vigil;

namespace {

// 'count' bytes: first, first + 1, ...
Bytes rising(std::size_t count, std::uint8_t first) {
  Bytes out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(first + i);
  return out;
}

template <class Id>
Id rising_id(std::uint8_t first) {
  return *Id::from(rising(Id::length, first));
}

struct LabelVector {
  std::string_view label;
  std::string_view text;
  std::string_view hash_hex;  // H(label, 00 01 .. 1f)
};

// Every hashing and signing label, with its text: a changed label breaks everybody's signatures.
constexpr LabelVector label_vectors[] = {
    {labels::mailbox, "vigil mailbox", "6bcf6be1a316ad8e0bd53d1e29e0c9b60146a2c48414a4c2217ed26a5bc8961b"},
    {labels::address, "vigil address", "a4414c1cf35d34136d68b322c2f350ecad98143caf240911e86c6ff98b6fe6cd"},
    {labels::copy, "vigil copy", "2b21951d61a15e0c8f17131c923ce5dea989c043b552617508bc11ca20448679"},
    {labels::released_copy, "vigil released", "8dfcb5e3c57ed3db8a0e1b3ff3eca311f07bbe3faa078a371e7e45188ad71201"},
    {labels::vigil, "vigil vigil", "53153d8c79822b17c2d55a73bcba3b31bdf67950364d83918e8b058a2b6c1489"},
    {labels::vigil_secret, "vigil secret", "0f22ead411239b6132bc3c43e622ab4a54e1bed662de58de1d1a0c1f57aad01b"},
    {labels::answer_step, "vigil answer step", "6139a9521e99227b3f71c35bcf9e76fc88c66fc777ba390c52b47567e56d7c2e"},
    {labels::invite, "vigil invite", "50bc653a8a18de82171806862080245430562e93199d44b7fa4356ddfafe19b0"},
    {labels::greeting, "vigil greeting", "e033dda5f161295af8003a88cc1b7bf72fc9672c2621aae9b62530f0f6d7d9d6"},
    {labels::online_key, "vigil online key", "2522b8722e6ce9e4a9883ba1f755a4031293dda4e8df854f7bda418fb7b4b8a0"},
    {labels::owner, "vigil owner", "921fb7c09d152831b865110558f2a0e8b777f21b76102b14bbec8fd398a8f286"},
    {labels::grant, "vigil grant", "a45857b19c019176ab55b5127db7e784a6ee25bb95f23bdae3351e4b681e6177"},
    {labels::withdraw, "vigil withdraw", "29ebe734911d2d9e0a15d663d7d56a9043dd9aa9d20789a2ce64c2a754f90eea"},
    {labels::burn, "vigil burn", "4debc63c81b0bacceaf61b34948bda60e42605fc6fe85f2a010148ec7e4cabfc"},
    {labels::routes, "vigil routes", "428330ad0ac3ca6efcd380fc5f10b228046f5396b4348942525ae90e6548da34"},
    {labels::per_relay, "vigil per relay", "4070db43a7f4cb22cec5ae1f92d831afefc27f9773209c6fcd5b47693b4f30a0"},
    {labels::bundle, "vigil bundle", "694eb7fe055ffab305ccb308837e52bef09619b404b22f4eb6b4e8bec2120c60"},
    {labels::envelope, "vigil envelope", "6c3d8a27e278aa873f567117e5354cf52f5ca3e8a0cab71aa30508caa7a1ff34"},
    {labels::words, "vigil words", "92990800706b32cc5881fbe4fd5cb7d977a5539d59a4d0b40aa0bd5731ff4609"},
    {labels::meeting, "vigil meeting", "ab8d8705e235634808aca589cbb6a24f675bd13da27b71b6694065deee7bdc71"},
    {labels::first_message, "vigil first message", "43838ffa1047c66eb493d6b21b7ff87be1cda85dab8a99941df91bbf9194df8f"},
    {labels::slot, "vigil slot", "44d07c773096b24577a61deabe48fe2dc7718c43b89ec8c79c7cc8c961869a1b"},
    {labels::box, "vigil box", "a93bdf8cdcc3d29c3ea4b3cd17efd57b82a3968a0df4807d37d13829031a0aaf"},
    {labels::content_seen, "vigil content seen", "f8f6f37bd076f9632dfc2630ebce023e6f24cff56a5ba8d97693b7298231fae2"},
    {labels::plan, "vigil plan", "b110cb47064c740964ceca977206c51622e2b2ba95bd6e30d8a62d1975bc8f94"},
    {labels::sealed_plan, "vigil sealed plan", "b23e8e416c5ac9ea15f94ff0ea4a36cd09f8e47843e170853c0b008c4f67ac84"},
    {labels::between, "vigil between responders", "d5c78cb449aeac65d0910ae66d3664cff11a148df784c77a1b5fc445ff325b6d"},
    {labels::goodbye, "vigil goodbye", "177cd82643f17c241fc62c1bc2c9a67557080a5402247e89e76e5c850dd58a81"},
    {labels::ping_topic, "vigil ping topic", "669843914f85cbb4832f6f24dc4f0a67f7cfc4abf94e3d972dd9534580ad9824"},
    {labels::key_slot, "vigil key slot", "bdf776ac7a232df666f89e971e3fe50fb2c20ed38c4a998e2860fe1ca9e38e6b"},
    {labels::store_key, "vigil store key", "4651a677a1d479b8041095eaeaebb7b47a1baaf425613a329a1c8f0f1093db1d"},
    {labels::key_check, "vigil key check", "fdb545b35db71fa4ba9a67a52ced96b5f036f5095d2e7f52bd4bbe14bf60a839"},
    {labels::responder_secrets, "vigil responder secrets", "89dd8c1eab91cf4e1dc8024aa77a1115e9cb95ff5449ba1a3ce20715edb16948"},
    {labels::trouble_said, "vigil trouble said", "59e45d7fd2bfdb73cc4ad367579fe8ab29e40b1c1e88a664543dbf5640b20146"},
};

}  // namespace

TEST_CASE("every label has its text and its vector", "[crypto][vectors]") {
  for (const LabelVector& vector : label_vectors) {
    INFO(vector.text);
    CHECK(vector.label == vector.text);
    CHECK(hex(hash(vector.label, {rising(32, 0)}).view()) == vector.hash_hex);
  }
  for (const LabelVector& one : label_vectors)
    for (const LabelVector& other : label_vectors) CHECK((&one == &other || one.label != other.label));
}

TEST_CASE("the length in front of each part keeps two inputs apart", "[crypto][vectors]") {
  CHECK(hex(hash("vigil test", {}).view()) == "9e7275cef2f2180454eb6af8503dfe2dbf465c08460e9907a3e5df4739442cd9");
  CHECK(hex(hash("vigil test", {view("ab"), view("c")}).view()) ==
        "a011580e27e097868a6b4213fb592909bcdeba6e5bf283dbe6ba2a6d7aa8d97f");
  CHECK(hex(hash("vigil test", {view("a"), view("bc")}).view()) ==
        "8d3de4a1cb9f78dd76d91b42fe8ff3aaae76aacb3796b72b5924bdd89fe8e7e0");
}

TEST_CASE("ids of the protocol", "[crypto][vectors]") {
  const AddressHash to = address_hash(rising_id<Address>(2));
  CHECK(hex(mailbox_id(rising_id<PublicKey>(1)).view()) == "7fcbf8d7b6ac201d9b1f06ffc4916ea4fac022d7544bc1e90edb59bc3d1fe31e");
  CHECK(hex(to.view()) == "013878870b38b52e60e3f29b8a3291d4bd3c585779e92a519463b7ee503bfcf5");
  CHECK(hex(copy_id(rising_id<FanoutId>(3), to).view()) == "a53006b6ada1106222b936d2ea57f914");
  CHECK(hex(released_copy_id(rising_id<VigilId>(4), 2, 1, 3, to).view()) == "99f62512e046cf0743517e1e2d5a98ce");
  CHECK(hex(vigil_secret_hash(rising_id<Secret>(5)).view()) ==
        "fba76d4beabd1412f25a28f8a25cbd4d74b3b4b9cdb76be9949c845c09b8a802");
  CHECK(hex(invite_hash(rising_id<Secret>(5)).view()) == "92fa3d63a8b931d4c35313ac39de5b26395b35224e3d0813dcbfd299b0405c3e");
}

TEST_CASE("an answer chain: the token of step k leads to the head in k steps", "[crypto][vectors]") {
  const Secret secret = rising_id<Secret>(5);
  const Secret head = answer_chain(secret, 255);
  CHECK(hex(answer_chain(secret, 1).view()) == "b4348749a52e04b412d6a9e4d5155e809a300257eff3e54b0cfb8986dca14ab7");
  CHECK(hex(head.view()) == "6c69cccb9934f7267d9a7212826fcc5997864f2412f0519ad8a20314f0be5244");
  for (const std::uint32_t step : {1U, 2U, 100U, 255U}) CHECK(answer_chain(answer_chain(secret, 255 - step), step) == head);
  CHECK(answer_chain(secret, 0) == secret);
}

TEST_CASE("keyed hashes are BLAKE2b-128 of the same framing", "[crypto][vectors]") {
  const HashingKey key = rising_id<HashingKey>(6);
  CHECK(hex(keyed_hash(key, labels::mailbox_tag, view("part"))) == "0df1674aa6831703f77633744b5a5823");
  CHECK(hex(keyed_hash(key, labels::mailbox_tag, rising(32, 0))) == "c4feb9b9a4782b6a996cfb6564ead686");
  CHECK(hex(keyed_hash(key, labels::address_tag, rising(32, 0))) == "522a3365ca7c7d2a5c7d1f4ed71cf082");
  CHECK(hex(keyed_hash(key, labels::remembered, rising(32, 0))) == "6086af0dc7096402e7161855ee37211a");
}

TEST_CASE("derive is RFC 5869's HKDF-SHA256", "[crypto][vectors]") {
  // Test case 1 of the RFC; its info is not text, but bytes are bytes.
  const Bytes info = rising(10, 0xf0);
  CHECK(hex(derive(Bytes(22, 0x0b), rising(13, 0), text(info), 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(hex(for_relay(rising_id<Secret>(7), rising_id<PublicKey>(8)).view()) ==
        "7b3cc35fce5e894300e14bb7552e7dfc400ecb514683aa53740320e2c5669284");
  const Bytes longest = derive(rising(32, 7), {}, labels::per_relay, 255 * 32);
  CHECK(longest.size() == 8160);
  CHECK(hex(longest).substr(0, 64) == hex(derive(rising(32, 7), {}, labels::per_relay, 32)));
  CHECK(derive(rising(32, 7), {}, labels::per_relay, 0).empty());
}

TEST_CASE("numbers are big-endian", "[crypto]") {
  CHECK(hex(be32(0x01020304)) == "01020304");
  CHECK(hex(be64(0x0102030405060708)) == "0102030405060708");
}

TEST_CASE("secrets of different lengths differ", "[crypto]") {
  CHECK(equal_secret(rising(32, 0), rising(32, 0)));
  CHECK_FALSE(equal_secret(rising(32, 0), rising(31, 0)));
  CHECK_FALSE(equal_secret(rising(32, 0), rising(32, 1)));
  CHECK(equal_secret({}, {}));
}
