// Relays, contacts and tiers in the container: plain records and where they are kept. One thread, the container's; failures throw
// Failed.
#pragma once

#include "client/container.hpp"
#include "client/routes.hpp"
#include "crypto/e2ee/identity.hpp"

namespace vigil::client {

enum class ContactId : std::int64_t {};

// A relay on which this member has a mailbox.
struct Relay {
  Routes routes;                        // names the root
  SecretBytes owner_seed;               // of the mailbox's Ed25519 key, this relay's alone
  std::optional<Secret> invite;         // until the mailbox is open; then erased
  std::optional<Address> self_address;  // an address of the own mailbox, so that the own screen hears notices
  std::uint64_t bundle_sequence = 0;    // of the bundle published here last; 0 = none yet
  std::uint64_t bundle_not_after_s = 0;
  std::int64_t number = 0;  // place in the list that contacts know, from 0; never changes (the Signal device id uses it)
};

class Relays {
 public:
  explicit Relays(Container& container) : container_(container) {}
  // Gives it the next number. False: there already is one with this root.
  bool add(const Relay& relay);
  std::vector<Relay> all();
  std::optional<Relay> find(const PublicKey& root);
  void set_routes(const Routes& routes);  // of the relay with this root; also for contacts' relays
  void opened(const PublicKey& root);     // the mailbox is open: the invite is erased
  void set_self_address(const PublicKey& root, const Address& address);
  void set_published(const PublicKey& root, std::uint64_t sequence, std::uint64_t not_after_s);
  void remove(const PublicKey& root);

 private:
  Container& container_;
};

struct Contact {
  ContactId id{};
  std::string name;  // as this member calls her
  e2ee::IdentityKey identity;
  bool checked = false;    // in person: both saw the same words
  bool responder = false;  // she has accepted to be woken by this member, or is in a tier
  std::uint64_t met_s = 0;
  bool through = false;  // never met: another responder of somebody's alert, named by that person's plan
};

// Where a contact is reached: her relay, the address there that she gave to this member alone, her newest bundle.
struct Reach {
  Routes routes;
  Address address;
  std::uint32_t number = 0;           // place of the relay in HER list
  Bytes bundle;                       // serialised content.Bundle; empty = never fetched
  std::uint64_t bundle_sequence = 0;  // never goes down
};

class Contacts {
 public:
  explicit Contacts(Container& container) : container_(container) {}
  // With 'id' ignored. Nothing: this identity is a contact already. One that was known through somebody's plan only becomes one.
  std::optional<ContactId> add(const Contact& contact);
  std::vector<Contact> all();  // by name; also those known through a plan only
  std::optional<Contact> find(ContactId id);
  std::optional<Contact> find(const e2ee::IdentityKey& identity);
  std::vector<Contact> named(std::string_view name);
  void rename(ContactId id, std::string_view name);
  void set_checked(ContactId id, bool checked);
  void set_responder(ContactId id, bool responder);
  // With reaches, grants and places in tiers; her sessions are the caller's to forget.
  void remove(ContactId id);

  std::vector<Reach> reaches(ContactId id);                           // by number
  void set_reaches(ContactId id, const std::vector<Reach>& reaches);  // in place of all; bundles of same roots are kept
  // False: older than the one we have (rolled back); nothing changes.
  bool set_bundle(ContactId id, const PublicKey& root, View bundle, std::uint64_t sequence);

 private:
  Container& container_;
};

// Addresses of the own mailboxes, and to whom each was given: what tells whose a delivery is.
struct Given {
  // others: for the other responders of the alerts of 'contact'. withdrawn: taken back from a contact; the row goes when the
  // relay knows it too.
  enum class To { contact = 1, self = 2, introduction = 3, withdrawn = 4, others = 5 };
  PublicKey root;  // of the own relay
  Address address;
  To to = To::contact;
  std::optional<ContactId> contact;
  std::uint64_t until_s = 0;  // introductions; 0 = stays
  SecretBytes card_secret;    // introductions: the card's
};
class Addresses {
 public:
  explicit Addresses(Container& container) : container_(container) {}
  void add(const Given& given);
  std::optional<Given> find(const AddressHash& hash);
  std::vector<Given> of(ContactId contact);  // empty: she cannot write to this member any more
  std::vector<Given> for_others_of(ContactId contact);
  std::vector<Given> self();
  void give_to(const AddressHash& hash, ContactId contact);  // an address made before the contact was known
  // Takes back all that she was given, also for her other responders: nothing that comes through them is hers any more. They wait
  // here for their relay.
  void withdraw(ContactId contact);
  std::vector<Given> withdrawn();
  void remove(const AddressHash& hash);
  std::vector<Given> expired(std::uint64_t now_s);

 private:
  std::vector<Given> given(Given::To to, std::optional<ContactId> contact);
  Container& container_;
};

// Who is woken, in which order.
struct TierPlace {
  ContactId contact{};
  std::uint32_t tier = 1;     // from 1
  std::uint32_t after_s = 0;  // after pressing
};
class Tiers {
 public:
  explicit Tiers(Container& container) : container_(container) {}
  std::vector<TierPlace> all();  // by tier, then in the order they were set
  void set(const std::vector<TierPlace>& places);

 private:
  Container& container_;
};

}  // namespace vigil::client
