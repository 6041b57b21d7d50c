// Requests about a vigil that is kept, over a real connection: refresh, renew, hurry and close do what they say. And parts of a
// vigil whose rest never comes.
#include <catch2/catch.hpp>

#include "alert.hpp"
#include "running_relay.hpp"
#include "server/requests/keep_parts.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

TEST_CASE("a hurry releases a vigil now, with the copies of its last refresh, and once", "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  const Alert alert(owner.address, 3600);
  REQUIRE(sender->ask(alert.parts(1)[0]).status() == wire::DONE);
  CHECK(sender->ask(refresh_of(alert, 2, envelope_of('f', 4096))).status() == wire::DONE);
  CHECK(sender->ask(refresh_of(alert, 1, envelope_of('o', 4096))).status() == wire::DONE);  // late: done, and changes nothing
  const wire::Answer before = sender->ask(look_at(alert));
  CHECK_FALSE(before.vigil().released());
  CHECK(before.vigil().due_s() > 3500);  // a refresh never moves due

  CHECK(sender->ask(hurry_of(alert)).status() == wire::DONE);
  const wire::Delivery stage = owner.member->next_delivery();
  CHECK((stage.of_vigil() == wire::STAGE && stage.round() == 1 && stage.stage() == 0));
  CHECK(stage.envelope() == envelope_of('f', 4096));
  CHECK(sender->ask(look_at(alert)).vigil().released());
  CHECK(sender->ask(hurry_of(alert)).status() == wire::DONE);
  // Nothing came twice: what is sent next comes next.
  REQUIRE(sender->deliver(owner.address, envelope_of('u'), wire::URGENT).status() == wire::DONE);
  CHECK(owner.member->next_delivery().envelope() == envelope_of('u'));
}

TEST_CASE("an ending that overtakes its keep wins, whichever of the two it is", "[server][vigils]") {
  // Method: each alert's ending comes over one connection, its keep afterwards over another; an alert under coercion goes on.
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> first = relay.member(), second = relay.member();
  std::string answered[2];
  for (const bool goes_on : {false, true}) {
    Alert alert(owner.address, 0);
    alert.vigil.mutable_endings(0)->mutable_copies(0)->set_envelope(envelope_of('x'));
    alert.name();
    CHECK(first->ask(end_of(alert, goes_on ? alert.go_on : alert.stop)).status() == wire::DONE);
    CHECK(second->ask(alert.parts(2)[1]).status() == wire::PARTIAL);
    wire::Answer kept = second->ask(alert.parts(2)[0]);
    CHECK(kept.status() == wire::ENDED);
    kept.set_id(1);
    answered[goes_on] = kept.SerializeAsString();
    if (goes_on) {
      const wire::Delivery stage = owner.member->next_delivery();
      CHECK((stage.of_vigil() == wire::STAGE && stage.envelope() == envelope_of('s', 4096)));
      const wire::Delivery ending = owner.member->next_delivery();
      CHECK((ending.of_vigil() == wire::ENDING && ending.envelope() == envelope_of('e')));
      // Alive for its responders.
      CHECK(second->ask(answer_to(alert)).lease().yours());
      CHECK(owner.member->next_delivery().of_vigil() == wire::NOTICE);
    }
    // And ended for its owner: the same ending, the other one, and every other secret.
    for (const wire::Request& request : {end_of(alert, alert.stop), end_of(alert, alert.go_on), hurry_of(alert),
                                         refresh_of(alert, 1, envelope_of('f', 4096)), look_at(alert), alert.parts(1)[0]})
      CHECK(second->ask(request).status() == wire::ENDED);
    // Nothing else came: what is sent next comes next.
    REQUIRE(second->deliver(owner.address, envelope_of('u'), wire::URGENT).status() == wire::DONE);
    CHECK(owner.member->next_delivery().envelope() == envelope_of('u'));
  }
  CHECK(answered[0] == answered[1]);
}

TEST_CASE("a renewal moves a check-in by at most its period, answers with the new time and tells its responders",
          "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  const CheckIn check_in(owner.address, 100, 1000);
  REQUIRE(sender->ask(check_in.parts(2)[0]).status() == wire::PARTIAL);
  REQUIRE(sender->ask(check_in.parts(2)[1]).status() == wire::DONE);

  std::string shown[2];
  for (const std::uint64_t seq : {1u, 2u}) {
    wire::Request request;
    request.mutable_renew()->set_vigil_id(check_in.vigil.id());
    request.mutable_renew()->set_secret(bytes_of(check_in.renewals[seq - 1]));
    request.mutable_renew()->set_seq(seq);
    request.mutable_renew()->set_due_in_s(5000);
    wire::Answer answer = sender->ask(request);
    CHECK(answer.status() == wire::DONE);
    CHECK(answer.vigil().due_s() == 1000);
    answer.set_id(1);
    shown[seq - 1] = answer.SerializeAsString();
    const wire::Delivery told = owner.member->next_delivery();
    CHECK(told.of_vigil() == wire::RENEWAL);
    CHECK(told.envelope() == envelope_of(seq == 1 ? 'a' : 'b'));
    owner.member->acknowledge(told.number(), told.number());
  }
  CHECK(shown[0] == shown[1]);  // the free one and its twin
  CHECK(sender->ask(look_at(check_in)).vigil().due_s() > 900);
}

TEST_CASE("200 check-ins that fall silent together all say so to who listens, a lone one does not", "[server][vigils]") {
  // Method: real seconds; all are kept before the first one is due. Two for each responder: a check-in takes several of her 12
  // urgent places.
  constexpr std::size_t each = 2;
  for (const std::size_t count : {std::size_t{200}, std::size_t{1}}) {
    CAPTURE(count);
    RunningRelay relay;
    std::vector<RunningRelay::Owner> owners;
    const std::unique_ptr<Member> sender = relay.member();
    for (std::size_t i = 0; i < count; ++i) {
      if (i % each == 0) {
        owners.push_back(relay.owner());
        REQUIRE(owners.back().member->listen() == wire::DONE);
      }
    }
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(sender->ask(CheckIn(owners[i / each].address, 6, 6).parts(1)[0]).status() == wire::DONE);
    const auto all_due = std::chrono::steady_clock::now() + std::chrono::seconds(6);
    for (const RunningRelay::Owner& owner : owners) REQUIRE(owner.member->deliveries.empty());
    while (std::chrono::steady_clock::now() < all_due) {
      relay.release_due();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    relay.release_due();
    for (std::size_t i = 0; i < count; ++i) {
      const wire::Delivery told = owners[i / each].member->next_delivery();
      CHECK(told.of_vigil() == wire::STAGE);
      CHECK(told.many_silent() == (count > 1));
    }
  }
}

TEST_CASE("one responder's close ends nothing, a second one's ends the vigil for all", "[server][vigils]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  Alert alert(owner.address, 3600);
  const Secret second = random_id<Secret>();
  alert.vigil.add_answers()->set_head(bytes_of(answer_chain(random_id<Secret>(), limits::answer_chain_steps)));
  alert.vigil.mutable_answers(1)->set_close_hash(bytes_of(vigil_secret_hash(second)));
  alert.name();
  REQUIRE(sender->ask(alert.parts(1)[0]).status() == wire::DONE);
  const auto close = [&](std::uint32_t index, const Secret& token) {
    wire::Request request;
    request.mutable_close()->set_vigil_id(alert.vigil.id());
    request.mutable_close()->set_index(index);
    request.mutable_close()->set_token(bytes_of(token));
    return sender->ask(request).status();
  };
  CHECK(close(0, second) == wire::REFUSED);
  CHECK(close(0, alert.close) == wire::DONE);
  CHECK(close(0, alert.close) == wire::DONE);  // the same one again is not two
  CHECK(sender->ask(look_at(alert)).status() == wire::DONE);
  CHECK(close(1, second) == wire::DONE);
  const wire::Delivery notice = owner.member->next_delivery();
  CHECK(notice.of_vigil() == wire::NOTICE);
  CHECK(notice.notice().act() == wire::Released::CLOSED);
  // Who closed it, with both proofs: in the order of acting or of the table, each token beside its index.
  const std::string tokens[2] = {bytes_of(alert.close), bytes_of(second)};
  REQUIRE((notice.notice().index() < 2 && notice.notice().index_other() < 2));
  CHECK(notice.notice().index() != notice.notice().index_other());
  CHECK(notice.notice().token() == tokens[notice.notice().index()]);
  CHECK(notice.notice().token_other() == tokens[notice.notice().index_other()]);
  CHECK(sender->ask(look_at(alert)).status() == wire::ENDED);
  CHECK(sender->ask(hurry_of(alert)).status() == wire::ENDED);
}

TEST_CASE("parts of a vigil whose rest has not come are forgotten after 60 s, and their bytes given back", "[server][vigils]") {
  RunningRelay relay;
  const Alert alert(random_id<Address>(), 60);
  std::vector<wire::Request> first = alert.parts(2), again = alert.parts(2);
  KeepParts parts(relay.relay());
  constexpr std::uint64_t start_s = 5'000;
  const std::size_t bytes = first[0].keep().piece().size();
  const auto status = [](const KeepParts::Added& added) { return added ? wire::DONE : added.error().status; };
  REQUIRE(status(parts.add(*first[0].mutable_keep(), start_s)) == wire::PARTIAL);
  CHECK(relay.relay().parts_bytes.load() == bytes);
  CHECK(parts.until_s() == start_s + 60);
  parts.forget_old(start_s + 59);
  CHECK_FALSE(parts.empty());
  SECTION("by the clock") {
    parts.forget_old(start_s + 60);
    CHECK(parts.empty());
    CHECK(relay.relay().parts_bytes.load() == 0);
  }
  SECTION("when another part comes too late") {
    CHECK(status(parts.add(*first[1].mutable_keep(), start_s + 60)) == wire::PARTIAL);
    CHECK(parts.until_s() == start_s + 120);
    // And the vigil is whole when both come within the time.
    CHECK(status(parts.add(*again[0].mutable_keep(), start_s + 119)) == wire::DONE);
    CHECK(parts.empty());
    CHECK(relay.relay().parts_bytes.load() == 0);
  }
}
