// Two members with open profiles who have met: Aigul writes, Dana reads. No relay: what one puts into her outbox is handed to the
// other as a delivery.
#pragma once

#include <catch2/catch.hpp>

#include "client/account.hpp"
#include "client/mail.hpp"
#include "client/mailbox.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/support.hpp"
#include "tests/unit/client/temporary_home.hpp"

namespace vigil::client::testing {

inline constexpr std::uint64_t now_s = 1'800'000'000;

struct Person {
  explicit Person(const Routes& routes) : root(routes.root()) {
    auto profile = Profile::create(*home, view("258036"), PinCost::tests());
    REQUIRE(profile);
    account = std::make_unique<Account>(*home, std::move(*profile));
    Relay relay{.routes = routes,
                .owner_seed = SecretBytes(SigningKey::generate().seed()),
                .invite = std::nullopt,
                .self_address = std::nullopt};
    account->relays.add(relay);
  }
  TemporaryHome home;
  PublicKey root;
  std::unique_ptr<Account> account;
};

struct Pair {
  explicit Pair(Routes chosen = some_routes()) : routes(std::move(chosen)), aigul(routes), dana(routes) {
    aigul_at_dana = know(dana, aigul, "Aigul", given_by_dana);
    dana_at_aigul = know(aigul, dana, "Dana", given_by_aigul);
    reach(aigul, dana, dana_at_aigul, given_by_dana);
    reach(dana, aigul, aigul_at_dana, given_by_aigul);
  }

  wire::Delivery delivery(View envelope) const {
    wire::Delivery delivery;
    delivery.set_copy_id(std::string(text(View(random_bytes(16)))));
    delivery.set_address_hash(std::string(text(address_hash(given_by_dana).view())));
    delivery.set_envelope(std::string(text(envelope)));
    return delivery;
  }
  // Aigul writes this to Dana; taken out of her outbox as it would come.
  wire::Delivery written(const content::Content& content) {
    const auto contact = aigul.account->contacts.find(dana_at_aigul);
    const auto items = write_to(*aigul.account, *contact, content, wire::NORMAL, {}, false, now_s);
    REQUIRE(items);
    auto claimed = aigul.account->outbox.claim(items->front());
    REQUIRE(claimed);
    wire::Request request;
    REQUIRE(request.ParseFromString(claimed->item().requests(0)));
    REQUIRE(claimed->forget());
    wire::Delivery made = delivery(view(request.deliver().envelope()));
    made.set_lane(wire::NORMAL);
    return made;
  }

  Routes routes;
  Person aigul, dana;
  Address given_by_dana = random_id<Address>(), given_by_aigul = random_id<Address>();
  ContactId aigul_at_dana{}, dana_at_aigul{};

 private:
  // 'me' has met 'her', and gave her this address.
  ContactId know(Person& me, Person& her, const std::string& name, const Address& address) const {
    const auto id = me.account->contacts.add(
        {.id = {}, .name = name, .identity = her.account->identity.key(), .checked = true, .responder = false, .met_s = now_s});
    REQUIRE(id);
    Given given;
    given.root = routes.root();
    given.address = address;
    given.contact = id;
    me.account->addresses.add(given);
    return *id;
  }
  void reach(Person& me, Person& her, ContactId id, const Address& address) const {
    const Bytes bundle = own_bundle(*her.account, now_s);
    const auto checked = e2ee::verify_bundle(bundle, her.account->identity.key(), now_s, 0, e2ee::BundleAge::may_be_old);
    REQUIRE(checked);
    me.account->contacts.set_reaches(
        id, {{.routes = routes, .address = address, .number = 0, .bundle = bundle, .bundle_sequence = checked->sequence()}});
  }
};

}  // namespace vigil::client::testing
