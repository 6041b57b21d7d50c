// What a hostile relay says to a client: answers, deliveries, route lists, bundles. What passes the edge (check.hpp, routes.hpp,
// prekeys.hpp) is held against its bounds, and what the outbox makes of the answers loses no copy.
#include "client/check.hpp"
#include "client/outbox.hpp"
#include "client/screen_model.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/signed.hpp"
#include "crypto/e2ee/memory_key_store.hpp"
#include "crypto/e2ee/prekeys.hpp"
#include "tests/fuzz/member_cases.pb.h"
#include "tests/fuzz/must.hpp"

namespace {

using namespace vigil;
using namespace vigil::client;
using fuzz::must;
using fuzz::str;

constexpr std::uint64_t now_s = 1'800'000'000;

struct World {
  World() {
    e2ee::OwnKeys keys(contact, store);
    published = keys.make_bundle(now_s);
  }
  SigningKey root = *SigningKey::from_seed(Bytes(32, 1)), other = *SigningKey::from_seed(Bytes(32, 2));
  e2ee::Identity contact = e2ee::Identity::generate();
  e2ee::MemoryKeyStore store;
  e2ee::OwnKeys::Published published;
};

void hear_answers(const fuzz::Hearsay& said) {
  if (said.asked_size() == 0 || said.asked_size() != said.post().answers_size()) return;
  kept::Item item;
  std::vector<wire::Answer> answers;
  for (int i = 0; i < said.asked_size(); ++i) {
    const wire::Request& asked = said.asked(i);
    if (asked.has_prove() || asked.kind_case() == wire::Request::KIND_NOT_SET) return;
    wire::Answer answer = said.post().answers(i);
    if (!check_answer(asked, answer)) return;
    must(wire::Status_IsValid(answer.status()) && answer.status() != wire::STATUS_UNSET, "an answer has a status");
    for (const char c : answer.why()) must(c >= ' ' && c <= '~', "a why can be shown");
    must(answer.why().size() <= 200, "and is short");
    must(!answer.has_lease() || answer.lease().holder() < limits::responders_max, "a holder is a responder");
    must(!answer.has_prekeys() || answer.prekeys().bundle().size() <= limits::bundle_bytes_max, "a bundle has a bound");
    must(!asked.has_deliver() || (answer.status() == wire::PARTIAL) == (answer.detail_case() == wire::Answer::kEach),
         "fates come with the word that says so");
    if (answer.detail_case() == wire::Answer::kEach)
      must(answer.each().size() * 32 == asked.deliver().addresses().size(), "one fate for each address");
    answers.push_back(answer);
    item.add_requests(asked.SerializeAsString());
  }
  item.set_written_s(now_s);
  // Done is what the relay has all of: every delivery to every address, and every keep whole.
  bool all = true, keep_done = false;
  for (std::size_t i = 0; i < answers.size(); ++i)
    keep_done = keep_done || (said.asked(static_cast<int>(i)).has_keep() && answers[i].status() == wire::DONE);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const wire::Request& asked = said.asked(static_cast<int>(i));
    const std::string& each = answers[i].each();
    const bool every = asked.has_deliver() && answers[i].status() == wire::PARTIAL && !each.empty() &&
                       std::all_of(each.begin(), each.end(), [](char one) { return one == static_cast<char>(wire::DONE); });
    all = all && (answers[i].status() == wire::DONE || every || (asked.has_keep() && keep_done));
  }
  const Fate fate = fate_after(item, answers, now_s);
  must((fate == Fate::done) == all, "done is said of what the relay has, and of nothing else");
  must(fate == Fate::done || item.requests_size() > 0, "what is not done is still there");
}

void hear_frame(const fuzz::Hearsay& said) {
  std::uint64_t last = 0;
  for (const wire::Delivery& delivery : said.frame().deliveries()) {
    if (!check_delivery(delivery, last)) break;
    must(delivery.number() == last + 1, "deliveries are numbered without a gap");
    last = delivery.number();
    must(limits::is_envelope_size(delivery.envelope().size()), "an envelope has one of the sizes");
    must(delivery.copy_id().size() == 16 && delivery.address_hash().size() == 32, "ids have their lengths");
    must(delivery.has_notice() == (delivery.of_vigil() == wire::NOTICE), "a notice says what happened, nothing else does");
    if (!delivery.has_notice()) continue;
    must(delivery.notice().index() < limits::responders_max && delivery.notice().index_other() < limits::responders_max,
         "by a responder");
    must(delivery.notice().step() <= limits::answer_chain_steps, "with a step of a chain");
  }
  (void)check_greeting(said.frame().greeting(), PublicKey{}, Exporter{});
  const Rounds rounds = Rounds::of(said.frame().greeting().limits());
  for (const std::uint32_t round : {0u, 1u, 5u, 40u, ~0u}) must(rounds.gap_s(round) > 0, "rounds go on");
}

void hear_routes(const World& world, const fuzz::Hearsay& said) {
  std::optional<Routes> known;
  for (wire::RouteListBody body : said.routes()) {
    const SigningKey& by = said.foreign() ? world.other : world.root;
    if (body.root().empty()) body.set_root(str(world.root.public_key().view()));
    if (known && body.before().empty()) body.set_before(str(known->hash().view()));
    for (wire::Route& route : *body.mutable_routes())
      if (route.pin().empty()) route.set_pin(std::string(32, 'p'));
    wire::RouteList list;
    list.set_body(body.SerializeAsString());
    list.set_signature(str(by.sign(labels::routes, {view(list.body())}).view()));
    const Outcome<Routes> next = known ? known->followed_by(list) : Routes::verify(list, world.root.public_key());
    if (!next) continue;
    must(!said.foreign(), "only the root makes routes");
    must(next->root() == world.root.public_key() && !next->routes().empty() && next->routes().size() <= routes_max,
         "some routes");
    must(!known || next->serial() > known->serial() || next->hash() == known->hash(), "a relay cannot go back to older routes");
    for (const Route& route : next->routes()) {
      const std::string head = route.host + route.path + route.server_name;
      must(std::all_of(head.begin(), head.end(), [](char c) { return c > ' ' && c <= '~'; }), "a route breaks out of nothing");
    }
    known = *next;
  }
}

void hear_bundle(const World& world, const fuzz::Hearsay& said) {
  if (!said.has_bundle()) return;
  content::Bundle bundle;
  content::BundleBody body;
  must(bundle.ParseFromArray(world.published.bundle.data(), static_cast<int>(world.published.bundle.size())) &&
           body.ParseFromString(bundle.body()),
       "our own bundle can be read");
  body.MergeFrom(said.bundle());
  static const e2ee::Identity stranger = e2ee::Identity::generate();
  const e2ee::Identity& by = said.foreign() ? stranger : world.contact;
  bundle.set_body(body.SerializeAsString());
  bundle.set_signature(str(by.sign(labels::bundle, {view(bundle.body())}).view()));
  const auto read = e2ee::verify_bundle(view(bundle.SerializeAsString()), world.contact.key(), now_s, said.bundle_seen(),
                                        e2ee::BundleAge::must_be_fresh);
  if (!read) return;
  must(!said.foreign() && read->identity() == world.contact.key(), "only the contact makes her bundles");
  must(read->sequence() >= said.bundle_seen(), "a relay cannot roll keys back");
  must(read->not_after_s() + e2ee::clock_tolerance_s >= now_s && read->issued_s() <= now_s + e2ee::clock_tolerance_s, "fresh");
  must(e2ee::is_public_key(read->signed_prekey().view()) && e2ee::is_x25519_key(read->sealing_key()), "with usable keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  fuzz::Hearsay said;
  if (!said.ParseFromArray(data, static_cast<int>(size))) return 0;
  hear_answers(said);
  hear_frame(said);
  hear_routes(world, said);
  hear_bundle(world, said);
  return 0;
}
