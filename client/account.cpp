#include "client/account.hpp"

#include "client/printable.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {

Account::Account(Home its_home, Profile its_profile)
    : home(std::move(its_home)),
      profile(std::move(its_profile)),
      container(profile.container()),
      keys(container),
      identity(keys.own_identity()),
      sessions(identity, keys),
      own_keys(identity, keys),
      relays(container),
      contacts(container),
      addresses(container),
      tiers(container),
      consents(container, Agreements::Side::consents),
      duties(container, Agreements::Side::duties),
      plans(container),
      alerts(container),
      meetings(container),
      watches(container),
      places(container),
      inbox(container),
      sent(container),
      underway(container),
      receipts(container),
      remembered(container),
      outbox(home),
      slot(home) {}

Outcome<std::unique_ptr<Account>> Account::open(const Home& home, View pin) {
  Outcome<Profile> profile = Profile::open(home, pin);
  if (!profile) return std::unexpected(profile.error());
  return std::make_unique<Account>(home, std::move(*profile));
}

std::string Account::own_name() {
  const auto name = container.setting("own name");
  return name ? printable(text(*name)) : std::string();
}
void Account::set_own_name(std::string_view name) {
  container.set("own name", view(name));
}

std::string Account::name_of(const e2ee::IdentityKey& who) {
  if (const auto contact = contacts.find(who)) return printable(contact->name);
  return who == identity.key() ? words().you() : words().somebody();
}

}  // namespace vigil::client
