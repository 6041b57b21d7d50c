// Vigil's side of the interop test: one member with a store in memory, driven over standard input, one command a line, answered
// by one line each: "ok ..." or "fault MEANING". Bytes are hex; "-" stands for none. interop.mjs is the other side.
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crypto/base/encoding.hpp"
#include "crypto/e2ee/memory_key_store.hpp"
#include "crypto/e2ee/session.hpp"
#include "crypto/e2ee/words.hpp"

namespace vigil::e2ee {
namespace {

struct BadCommand {
  std::string why;
};

using Words = std::vector<std::string>;

Bytes bytes_of(const std::string& word) {
  if (word == "-") return {};
  const std::optional<Bytes> bytes = from_hex(word);
  if (!bytes) throw BadCommand{"not hex"};
  return *bytes;
}

template <class Id>
Id id_of(const std::string& word) {
  const std::optional<Id> id = Id::from(bytes_of(word));
  if (!id) throw BadCommand{"wrong length"};
  return *id;
}

std::uint32_t number_of(const std::string& word) {
  return static_cast<std::uint32_t>(std::stoul(word));
}

std::string fault(Fault why) {
  return "fault " + std::string(meaning(why));
}

class Peer {
 public:
  std::string answer(const Words& words) {
    const auto command = commands_.find(words.at(0));
    if (command == commands_.end()) throw BadCommand{"unknown command"};
    if (words.size() != command->second.arguments + 1) throw BadCommand{"wrong number of arguments"};
    return (this->*command->second.run)(words);
  }

 private:
  struct Command {
    std::size_t arguments = 0;
    std::string (Peer::*run)(const Words&) = nullptr;
  };

  std::string identity(const Words&) { return "ok " + hex(identity_.key().view()); }
  std::string trust(const Words& words) {
    store_.trust(id_of<IdentityKey>(words[1]));
    return "ok";
  }
  std::string bundle(const Words& words) { return "ok " + hex(keys_.make_bundle(std::stoull(words[1])).bundle); }
  std::string one_time(const Words& words) {
    const OneTimePrekey made = keys_.make_one_time(1, std::stoull(words[1])).at(0);
    return "ok " + std::to_string(made.id) + " " + hex(made.key.view());
  }
  // learn BUNDLE IDENTITY NOW SEQUENCE-SEEN
  std::string learn(const Words& words) {
    const Outcome<PeerBundle> verified = verify_bundle(bytes_of(words[1]), id_of<IdentityKey>(words[2]), std::stoull(words[3]),
                                                       std::stoull(words[4]), BundleAge::must_be_fresh);
    if (!verified) return fault(verified.error());
    known_.insert_or_assign(verified->identity(), *verified);
    return "ok " + std::to_string(verified->sequence());
  }
  // seal TO DEVICE ADDRESS-HASH SIZE ID TEXT ONE-TIME-ID ONE-TIME-KEY
  std::string seal(const Words& words) {
    std::optional<OneTimePrekey> one_time;
    if (words[8] != "-") one_time = OneTimePrekey{number_of(words[7]), id_of<IdentityKey>(words[8])};
    const Sealing how{known_.at(id_of<IdentityKey>(words[1])), id_of<AddressHash>(words[3]), number_of(words[4])};
    return envelope(sessions_.seal(how, number_of(words[2]), content(words[5], words[6]), one_time));
  }
  // once TO ADDRESS-HASH SIZE ID TEXT
  std::string once(const Words& words) {
    const Sealing how{known_.at(id_of<IdentityKey>(words[1])), id_of<AddressHash>(words[2]), number_of(words[3])};
    return envelope(OneShots(identity_).seal(how, content(words[4], words[5])));
  }
  // open ADDRESS-HASH EXPECTED NOW ENVELOPE
  std::string open(const Words& words) {
    std::optional<IdentityKey> expected;
    if (words[2] != "-") expected = id_of<IdentityKey>(words[2]);
    const auto opened = sessions_.open(bytes_of(words[4]), id_of<AddressHash>(words[1]), expected, std::stoull(words[3]));
    if (!opened) return fault(opened.error().fault);
    return "ok " + hex(opened->sender.view()) + " " + std::to_string(opened->device) + " " + (opened->first ? "first" : "later") +
           " " + (opened->without_one_time ? "without" : "with") + " " + hex(view(opened->content.id())) + " " +
           hex(view(opened->content.text().text()));
  }
  std::string forget(const Words& words) {
    sessions_.forget(id_of<IdentityKey>(words[1]));
    return "ok";
  }
  // safety OWN-NAME OTHER-NAME OTHER
  std::string safety(const Words& words) {
    return "ok " + safety_number(words[1], identity_.key(), words[2], id_of<IdentityKey>(words[3]));
  }
  std::string hpke_key(const Words&) { return "ok " + hex(pair_.public_key); }
  std::string seal_hpke(const Words& words) {
    const std::optional<Bytes> sealed = hpke_seal(bytes_of(words[1]), bytes_of(words[2]), bytes_of(words[3]), bytes_of(words[4]));
    return sealed ? "ok " + hex(*sealed) : "fault refused";
  }
  std::string open_hpke(const Words& words) {
    const std::optional<SecretBytes> opened = hpke_open(pair_, bytes_of(words[1]), bytes_of(words[2]), bytes_of(words[3]));
    if (!opened) return "fault refused";
    return opened->size() == 0 ? "ok -" : "ok " + hex(opened->view());
  }

  static content::Content content(const std::string& id, const std::string& text_hex) {
    content::Content out;
    const Bytes id_bytes = bytes_of(id);
    const Bytes bytes = bytes_of(text_hex);
    out.set_id(id_bytes.data(), id_bytes.size());
    out.mutable_text()->set_text(std::string(text(bytes)));
    return out;
  }
  static std::string envelope(const Outcome<Bytes>& sealed) { return sealed ? "ok " + hex(*sealed) : fault(sealed.error()); }

  const std::map<std::string, Command> commands_{
      {"identity", {0, &Peer::identity}},  {"trust", {1, &Peer::trust}},       {"bundle", {1, &Peer::bundle}},
      {"one_time", {1, &Peer::one_time}},  {"learn", {4, &Peer::learn}},       {"seal", {8, &Peer::seal}},
      {"once", {5, &Peer::once}},          {"open", {4, &Peer::open}},         {"forget", {1, &Peer::forget}},
      {"safety", {3, &Peer::safety}},      {"hpke_key", {0, &Peer::hpke_key}}, {"hpke_seal", {4, &Peer::seal_hpke}},
      {"hpke_open", {3, &Peer::open_hpke}}};
  Identity identity_ = Identity::generate();
  MemoryKeyStore store_;
  OwnKeys keys_{identity_, store_};
  Sessions sessions_{identity_, store_};
  std::map<IdentityKey, PeerBundle> known_;
  X25519Pair pair_ = generate_x25519();
};

}  // namespace
}  // namespace vigil::e2ee

int main() {
  std::ios::sync_with_stdio(false);
  vigil::e2ee::Peer peer;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    vigil::e2ee::Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) continue;
    try {
      std::cout << peer.answer(words) << std::endl;
    } catch (const vigil::e2ee::BadCommand& bad) {
      std::cout << "bad " << bad.why << std::endl;
    } catch (const std::exception& failed) {
      std::cout << "bad " << failed.what() << std::endl;
    }
  }
}
