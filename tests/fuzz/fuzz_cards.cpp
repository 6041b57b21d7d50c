// Cards: scanned, pasted or typed, made by whoever a person meets. What is accepted is whole: keys, one to four relays that are
// different, a name that can be shown; and it can be pasted in pieces and drawn as a QR code.
#include <set>

#include "client/card.hpp"
#include "client/printable.hpp"
#include "client/qr.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"
#include "tests/fuzz/member_cases.pb.h"
#include "tests/fuzz/must.hpp"

namespace {

using namespace vigil;
using namespace vigil::client;
using fuzz::must;
using fuzz::str;

constexpr std::uint64_t now_s = 1'800'000'000;

std::string signed_list(wire::RouteListBody body, std::uint8_t number) {
  const SigningKey root = *SigningKey::from_seed(Bytes(32, number));
  if (body.root().empty()) body.set_root(str(root.public_key().view()));
  for (wire::Route& route : *body.mutable_routes())
    if (route.pin().empty()) route.set_pin(std::string(32, 'p'));
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(str(root.sign(labels::routes, {view(list.body())}).view()));
  return list.SerializeAsString();
}

std::string card_of(const fuzz::CardCase& said) {
  static const e2ee::Identity identity = e2ee::Identity::generate();
  if (!said.text().empty()) return said.text();
  content::Card card = said.card();
  if (card.identity().empty()) card.set_identity(str(identity.key().view()));
  if (card.secret().empty()) card.set_secret(std::string(32, 's'));
  if (card.not_after_s() == 0) card.set_not_after_s(now_s + 600);
  for (int i = 0; i < card.relays_size(); ++i) {
    content::CardRelay& relay = *card.mutable_relays(i);
    if (relay.address().empty()) relay.set_address(std::string(32, 'a'));
    if (relay.routes().empty() && i < said.routes_size())
      relay.set_routes(signed_list(said.routes(i), static_cast<std::uint8_t>(i)));
  }
  return write_card(card);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::CardCase said;
  if (!said.ParseFromArray(data, static_cast<int>(size))) return 0;
  const std::string text = card_of(said);
  const auto read = read_card(text, now_s);
  if (!read) return 0;
  must(e2ee::is_public_key(read->identity.view()), "the identity is a key");
  must(!read->relays.empty() && read->relays.size() <= card_relays_max, "one to four relays");
  must(read->not_after_s + 60 >= now_s, "an old card is refused");
  must(read->name == printable(read->name, name_characters_max), "a name can be shown");
  std::set<PublicKey> roots;
  for (const CardReach& reach : read->relays) {
    must(roots.insert(reach.routes.root()).second, "no relay twice");
    must(!reach.routes.routes().empty(), "a relay has a route");
    for (const Route& route : reach.routes.routes()) {
      const std::string head = route.host + route.path + route.server_name;
      must(head.find_first_of("\r\n \t\0\"", 0, 6) == std::string::npos && route.path.starts_with('/'), "a route is plain");
      must(route.port != 0 && !route.pins.empty() && route.pins.size() <= 2, "with a port, and one or two pins");
    }
  }
  // Over several lines, as it is pasted.
  std::string folded;
  for (std::size_t at = 0; at < text.size(); at += 60) folded += text.substr(at, 60) + "\r\n ";
  const auto again = read_card(folded, now_s);
  must(again && again->identity == read->identity && again->secret == read->secret, "folding changes nothing");
  (void)draw_qr(text);
  return 0;
}
