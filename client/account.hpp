// A member on this device with her profile open: the container's records, the keys, and what lies beside them. Everything above
// works on one Account. One thread. Several processes may have the same one open at once (`listen` and a command).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/alert_book.hpp"
#include "client/meetings.hpp"
#include "client/places.hpp"
#include "client/records/agreements.hpp"
#include "client/records/plans.hpp"
#include "client/records/underway.hpp"
#include "client/vigil.hpp"
#include "client/watches.hpp"
#include "crypto/e2ee/prekeys.hpp"
#include "crypto/e2ee/session.hpp"

namespace vigil::client {

struct Account {
  Account(Home its_home, Profile its_profile);
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  static Outcome<std::unique_ptr<Account>> open(const Home& home, View pin);

  std::string own_name();
  void set_own_name(std::string_view name);
  // How a contact is called on this screen: printable, never empty.
  std::string name_of(const e2ee::IdentityKey& identity);

  Home home;
  Profile profile;
  Container& container;
  ContainerKeys keys;
  e2ee::Identity identity;
  e2ee::Sessions sessions;
  e2ee::OwnKeys own_keys;
  Relays relays;
  Contacts contacts;
  Addresses addresses;
  Tiers tiers;
  Agreements consents;  // who may be woken by this member
  Agreements duties;    // by whom this member may be woken
  PlanRecords plans;
  AlertBook alerts;
  Meetings meetings;
  Watches watches;
  Places places;
  Inbox inbox;
  SentContents sent;
  MessagesUnderway underway;
  DueReceipts receipts;
  Remembered remembered;
  Outbox outbox;
  SendSlot slot;
  std::map<PublicKey, std::uint64_t> routes_asked_s;  // when each relay was last asked for newer routes, by this process
};

}  // namespace vigil::client
