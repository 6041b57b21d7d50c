// Every kind of request on a real connection: what it does, and each way in which it is refused.
#include <catch2/catch.hpp>

#include "alert.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/vigil_id.hpp"
#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

TEST_CASE("a proof is good for its own connection only", "[server][owner]") {
  RunningRelay relay;
  const SigningKey owner = SigningKey::generate();
  const std::unique_ptr<Member> first = relay.member();
  const std::unique_ptr<Member> second = relay.member();
  wire::Request request;
  wire::Prove& prove = *request.mutable_prove();
  prove.set_version(limits::protocol_version);
  prove.set_owner_key(bytes_of(owner.public_key()));
  const auto challenge = Challenge::from(view(second->greeting().challenge()));
  // Right challenge, exporter of another connection: what a relay in the middle would have.
  prove.set_signature(bytes_of(sign_proof(owner, first->binding(), *challenge)));
  CHECK(second->ask(request).status() == wire::REFUSED);
  // Another root.
  Binding other = second->binding();
  other.root = SigningKey::generate().public_key();
  prove.set_signature(bytes_of(sign_proof(owner, other, *challenge)));
  CHECK(second->ask(request).status() == wire::REFUSED);
  CHECK(relay.counters().proofs_refused.value() == 2);
  CHECK(second->prove(owner) == wire::DONE);
  CHECK(second->prove(owner) == wire::DONE);
  CHECK(second->prove(SigningKey::generate()) == wire::WRONG_ROLE);
}

TEST_CASE("three bad proofs end a connection", "[server][owner]") {
  RunningRelay relay;
  const std::unique_ptr<Member> member = relay.member();
  wire::ClientFrame frame;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    wire::Request& request = *frame.add_requests();
    request.set_id(id);
    request.mutable_prove()->set_version(limits::protocol_version);
    request.mutable_prove()->set_owner_key(std::string(32, 'k'));
    request.mutable_prove()->set_signature(std::string(64, 's'));
  }
  member->send(frame);
  member->receive_close();
  CHECK(member->line().receive().empty());
}

TEST_CASE("an owner's connection makes no capability request, and the other way round", "[server][owner]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  CHECK(owner.member->deliver(owner.address, envelope_of('x')).status() == wire::WRONG_ROLE);
  wire::Request probe;
  probe.mutable_probe()->set_address(bytes_of(owner.address));
  CHECK(owner.member->ask(probe).status() == wire::WRONG_ROLE);
  const std::unique_ptr<Member> sender = relay.member();
  CHECK(sender->listen() == wire::NOT_PROVED);
  CHECK(sender->ask(probe).status() == wire::DONE);
  CHECK(sender->listen() == wire::WRONG_ROLE);
  CHECK(sender->prove(owner.key) == wire::WRONG_ROLE);
  // Routes belong to no mailbox: either may ask.
  wire::Request routes;
  routes.mutable_fetch_routes();
  CHECK_FALSE(sender->ask(routes).routes().body().empty());
  routes.mutable_fetch_routes()->set_have_serial(1);
  CHECK_FALSE(owner.member->ask(routes).has_routes());
}

TEST_CASE("grants, withdrawals and burning need the owner's signature over this request on this connection", "[server][owner]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const Address address = random_id<Address>();
  const auto sign_then_change = [&](wire::Grant& grant) {
    grant.set_urgent(false);
    grant.set_vigils(false);
    sign_grant(owner.key, owner.member->binding(), grant);
    grant.set_urgent(true);
  };
  CHECK(owner.member->grant(owner.key, address, sign_then_change) == wire::REFUSED);
  const auto other_connection = [&](wire::Grant& grant) { sign_grant(owner.key, relay.member()->binding(), grant); };
  CHECK(owner.member->grant(owner.key, address, other_connection) == wire::REFUSED);
  CHECK(owner.member->grant(SigningKey::generate(), address) == wire::REFUSED);
  CHECK(owner.member->grant(owner.key, address) == wire::DONE);
  CHECK(owner.member->grant(owner.key, address, [](wire::Grant& grant) { grant.set_life_max(wire::LIFETIME_UNSET); }) ==
        wire::INVALID);
  CHECK(owner.member->grant(owner.key, address, [](wire::Grant& grant) { grant.set_expires(static_cast<wire::Lifetime>(77)); }) ==
        wire::INVALID);
  CHECK(owner.member->grant(owner.key, address, [](wire::Grant& grant) { grant.set_address_hash("short"); }) == wire::INVALID);

  wire::Request withdraw;
  withdraw.mutable_withdraw()->set_address_hash(bytes_of(address_hash(address)));
  withdraw.mutable_withdraw()->set_signature(std::string(64, 'x'));
  CHECK(owner.member->ask(withdraw).status() == wire::REFUSED);
  sign_withdraw(owner.key, owner.member->binding(), *withdraw.mutable_withdraw());
  CHECK(owner.member->ask(withdraw).status() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  CHECK(sender->deliver(address, envelope_of('x')).status() == wire::REFUSED);
  CHECK(sender->deliver(owner.address, envelope_of('x')).status() == wire::DONE);

  wire::Request burn;
  burn.mutable_burn()->set_signature(std::string(64, 'x'));
  CHECK(owner.member->ask(burn).status() == wire::REFUSED);
  sign_burn(owner.key, owner.member->binding(), *burn.mutable_burn());
  CHECK(owner.member->ask(burn).status() == wire::DONE);
  CHECK(sender->deliver(owner.address, envelope_of('y')).status() == wire::REFUSED);
}

TEST_CASE("prekeys are published, counted and handed out once", "[server][prekeys]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  wire::Request publish;
  publish.mutable_publish_prekeys()->set_bundle("bundle");
  publish.mutable_publish_prekeys()->set_sequence(1);
  for (std::uint32_t id = 1; id <= 2; ++id) {
    wire::OneTime& one = *publish.mutable_publish_prekeys()->add_one_time();
    one.set_id(id);
    one.set_key(std::string(33, static_cast<char>('0' + id)));
  }
  CHECK(owner.member->ask(publish).status() == wire::DONE);
  wire::Request count;
  count.mutable_count_prekeys();
  CHECK(owner.member->ask(count).prekey_count().one_time() == 2);
  const std::unique_ptr<Member> sender = relay.member();
  wire::Request fetch;
  fetch.mutable_fetch_prekeys()->set_address(bytes_of(owner.address));
  fetch.mutable_fetch_prekeys()->set_one_time(true);
  const wire::Answer first = sender->ask(fetch);
  const wire::Answer second = sender->ask(fetch);
  CHECK(first.prekeys().bundle() == "bundle");
  CHECK(first.prekeys().one_time().key().size() == 33);
  CHECK(first.prekeys().one_time().id() != second.prekeys().one_time().id());
  CHECK(owner.member->ask(count).prekey_count().one_time() == 0);

  publish.mutable_publish_prekeys()->mutable_one_time(0)->set_key("short");
  CHECK(owner.member->ask(publish).status() == wire::INVALID);
  publish.mutable_publish_prekeys()->set_bundle(std::string(limits::bundle_bytes_max + 1, 'b'));
  CHECK(owner.member->ask(publish).status() == wire::TOO_LARGE);
}

TEST_CASE("a delivery with a wrong length, enum or count is refused, with a fixed reason", "[server][deliver]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::unique_ptr<Member> sender = relay.member();
  const auto refused = [&](const std::function<void(wire::Deliver&)>& spoil) {
    wire::Request request = deliver_request(owner.address, envelope_of('x'));
    spoil(*request.mutable_deliver());
    const wire::Answer answer = sender->ask(request);
    CHECK_FALSE(answer.why().empty());
    return answer.status();
  };
  CHECK(refused([](auto& deliver) { deliver.set_id("short"); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_lane(static_cast<wire::Lane>(2)); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_lifetime(wire::LIFETIME_UNSET); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_lifetime(static_cast<wire::Lifetime>(-1)); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_topic("short"); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_order(1); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_envelope(std::string(1023, 'x')); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_envelope(""); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_addresses(""); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_addresses(deliver.addresses() + "x"); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_addresses(deliver.addresses() + deliver.addresses()); }) == wire::INVALID);
  CHECK(refused([](auto& deliver) { deliver.set_addresses(std::string(1001 * 32, 'x')); }) == wire::TOO_LARGE);
  wire::Request nothing;
  CHECK(sender->ask(nothing).status() == wire::UNSUPPORTED);
  CHECK(sender->deliver(owner.address, envelope_of('x')).status() == wire::DONE);
}

TEST_CASE("a fan-out tells the fate of each address, and asking again changes nothing", "[server][deliver]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  wire::Request request = deliver_request(owner.address, envelope_of('f'));
  request.mutable_deliver()->set_addresses(bytes_of(random_id<Address>()) + bytes_of(owner.address));
  for (int again = 0; again < 2; ++again) {
    const wire::Answer answer = sender->ask(request);
    CHECK(answer.status() == wire::PARTIAL);
    CHECK(answer.each() == std::string{static_cast<char>(wire::REFUSED), static_cast<char>(wire::DONE)});
  }
  CHECK(sender->deliver(owner.address, envelope_of('g')).status() == wire::DONE);
  CHECK(owner.member->next_delivery().envelope() == envelope_of('f'));
  CHECK(owner.member->next_delivery().envelope() == envelope_of('g'));
}

TEST_CASE("an alert in parts is kept, released at once, answered by one and ended", "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  const Alert alert(owner.address, 0);
  const std::vector<wire::Request> parts = alert.parts(3);
  CHECK(sender->ask(parts[2]).status() == wire::PARTIAL);
  CHECK(sender->ask(parts[0]).status() == wire::PARTIAL);
  CHECK(sender->ask(parts[0]).status() == wire::PARTIAL);
  const wire::Answer kept = sender->ask(parts[1]);
  CHECK(kept.status() == wire::DONE);
  CHECK(relay.relay().parts_bytes.load() == 0);  // given back before the answer
  const wire::Delivery stage = owner.member->next_delivery();
  CHECK(stage.of_vigil() == wire::STAGE);
  CHECK((stage.round() == 1 && stage.stage() == 0 && stage.lane() == wire::URGENT));
  CHECK(stage.envelope() == envelope_of('s', 4096));

  wire::Request look = look_at(alert);
  CHECK(sender->ask(look).vigil().released());
  look.mutable_look()->set_secret(bytes_of(random_id<Secret>()));
  CHECK(sender->ask(look).status() == wire::REFUSED);

  wire::Request answering = answer_to(alert);
  const wire::Answer lease = sender->ask(answering);
  CHECK(lease.status() == wire::DONE);
  CHECK((lease.lease().yours() && lease.lease().lease_s() > 0));
  const wire::Delivery notice = owner.member->next_delivery();
  CHECK(notice.of_vigil() == wire::NOTICE);
  CHECK(notice.notice().act() == wire::Released::ANSWERED);
  CHECK(notice.notice().token() == answering.answering().token());

  CHECK(sender->ask(end_of(alert, alert.stop)).status() == wire::DONE);
  CHECK(owner.member->next_delivery().of_vigil() == wire::ENDING);
}

TEST_CASE("both endings are answered with the same bytes", "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::unique_ptr<Member> sender = relay.member();
  std::string shown[2];
  for (int which = 0; which < 2; ++which) {
    const Alert alert(owner.address, 3600);
    REQUIRE(sender->ask(alert.parts(1)[0]).status() == wire::DONE);
    wire::Answer answer = sender->ask(end_of(alert, which == 0 ? alert.stop : alert.go_on));
    CHECK(answer.status() == wire::DONE);
    answer.set_id(1);
    shown[which] = answer.SerializeAsString();
  }
  CHECK(shown[0] == shown[1]);
}

TEST_CASE("a vigil that breaks the protocol is refused", "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::unique_ptr<Member> sender = relay.member();
  const auto refused = [&](const std::function<void(wire::Vigil&)>& spoil) {
    Alert alert(owner.address, 3600);
    spoil(alert.vigil);
    alert.name();
    return sender->ask(alert.parts(1)[0]).status();
  };
  CHECK(refused([](auto& vigil) { vigil.set_kind(static_cast<wire::VigilKind>(9)); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.set_kind(wire::CHECK_IN); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.set_due_in_s(0xffffffff); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.set_nonce(""); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.set_hurry_hash("x"); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.set_addresses(std::string(34 * 32, 'x')); }) == wire::TOO_LARGE);
  CHECK(refused([](auto& vigil) { vigil.clear_stages(); }) == wire::INVALID);
  const auto add_eight_stages = [](auto& vigil) {
    for (int i = 0; i < 8; ++i) *vigil.add_stages() = vigil.stages(0);
  };
  CHECK(refused(add_eight_stages) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_stages(0)->mutable_copies(0)->set_address(1); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_stages(0)->mutable_copies(0)->set_envelope("x"); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_stages(0)->mutable_copies(0)->set_envelope(std::string(16384, 'x')); }) ==
        wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_endings()->RemoveLast(); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_endings(0)->clear_copies(); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_endings(0)->set_effect(wire::EFFECT_UNSET); }) == wire::INVALID);
  CHECK(refused([](auto& vigil) { vigil.mutable_endings(0)->set_hash(vigil.endings(1).hash()); }) == wire::INVALID);
  const auto add_32_answers = [](auto& vigil) {
    for (int i = 0; i < 32; ++i) *vigil.add_answers() = vigil.answers(0);
  };
  CHECK(refused(add_32_answers) == wire::TOO_LARGE);
  CHECK(refused([](auto& vigil) { vigil.mutable_notices(0)->set_envelope(std::string(4096, 'x')); }) == wire::INVALID);

  // An id that is not the hash: nobody can keep a vigil under another's id.
  Alert forged(owner.address, 3600);
  forged.vigil.set_id(std::string(32, 'i'));
  CHECK(sender->ask(forged.parts(1)[0]).status() == wire::INVALID);
  Alert swapped(owner.address, 3600);
  std::swap(*swapped.vigil.mutable_endings(0)->mutable_hash(), *swapped.vigil.mutable_hurry_hash());
  CHECK(sender->ask(swapped.parts(1)[0]).status() == wire::INVALID);

  // Parts
  const Alert alert(owner.address, 3600);
  std::vector<wire::Request> parts = alert.parts(2);
  wire::Request wrong = parts[0];
  wrong.mutable_keep()->set_parts(9);
  CHECK(sender->ask(wrong).status() == wire::INVALID);
  wrong.mutable_keep()->set_parts(0);
  CHECK(sender->ask(wrong).status() == wire::INVALID);
  CHECK(sender->ask(parts[0]).status() == wire::PARTIAL);
  wrong = parts[1];
  wrong.mutable_keep()->set_parts(3);
  CHECK(sender->ask(wrong).status() == wire::INVALID);  // and what was here is forgotten
  CHECK(sender->ask(parts[1]).status() == wire::PARTIAL);
  parts[0].mutable_keep()->set_piece("garbage");
  CHECK(sender->ask(parts[0]).status() == wire::INVALID);
  // Many vigils begun and none finished cost bounded memory.
  unsigned slowed = 0;
  for (int i = 0; i < 8; ++i) slowed += sender->ask(Alert(owner.address, 60).parts(2)[0]).status() == wire::SLOW_DOWN ? 1 : 0;
  CHECK(slowed == 4);
  CHECK(relay.relay().parts_bytes.load() > 0);
}

TEST_CASE("other requests about vigils are checked too", "[server][vigils]") {
  RunningRelay relay;
  const std::unique_ptr<Member> sender = relay.member();
  const std::string id(32, 'v'), secret(32, 's');
  const auto status_of = [&](const std::function<void(wire::Request&)>& make) {
    wire::Request request;
    make(request);
    return sender->ask(request).status();
  };
  CHECK(status_of([&](auto& r) { r.mutable_hurry()->set_vigil_id(id); }) == wire::INVALID);
  CHECK(status_of([&](auto& r) { r.mutable_end()->set_vigil_id(id), r.mutable_end()->set_secret(secret); }) == wire::INVALID);
  CHECK(status_of([&](auto& r) { r.mutable_renew()->set_vigil_id(id), r.mutable_renew()->set_secret(secret); }) == wire::INVALID);
  CHECK(status_of([&](auto& r) { r.mutable_refresh()->set_vigil_id(id), r.mutable_refresh()->set_secret(secret); }) ==
        wire::INVALID);
  CHECK(status_of([&](auto& r) {
          r.mutable_answering()->set_vigil_id(id), r.mutable_answering()->set_token(secret), r.mutable_answering()->set_step(256);
        }) == wire::INVALID);
  CHECK(status_of([&](auto& r) {
          r.mutable_close()->set_vigil_id(id), r.mutable_close()->set_token(secret), r.mutable_close()->set_index(32);
        }) == wire::INVALID);
  // A vigil that is not here
  CHECK(status_of([&](auto& r) { r.mutable_hurry()->set_vigil_id(id), r.mutable_hurry()->set_secret(secret); }) == wire::REFUSED);
  CHECK(status_of([&](auto& r) { r.mutable_look()->set_vigil_id(id), r.mutable_look()->set_secret(secret); }) == wire::REFUSED);
}
