// Rows of relays, contacts, addresses and tiers.
#include "client/records/people.hpp"

#include "crypto/base/hash.hpp"

namespace vigil::client {
namespace {

Routes routes_of(View serialised) {
  Outcome<Routes> routes = Routes::read(serialised);
  if (!routes) throw Failed(Fault::damaged);
  return std::move(*routes);
}

template <class Id>
std::optional<Id> optional_id(const Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return query.id<Id>(column);
}

void bind_contact(Query& query, const std::optional<ContactId>& contact) {
  if (contact) {
    query.bind(static_cast<std::int64_t>(*contact));
  } else {
    query.bind_null();
  }
}

// ---- columns: root, number, routes, owner_seed, invite, self_address, bundle_sequence, bundle_not_after_s
Relay read_relay(const Query& row) {
  return Relay{.routes = routes_of(row.blob(2)),
               .owner_seed = SecretBytes(row.blob(3)),
               .invite = optional_id<Secret>(row, 4),
               .self_address = optional_id<Address>(row, 5),
               .bundle_sequence = row.count(6),
               .bundle_not_after_s = row.count(7),
               .number = row.number(1)};
}

// ---- columns: id, name, identity, checked, responder, met_s, through
Contact read_contact(const Query& row) {
  return Contact{.id = ContactId{row.number(0)},
                 .name = row.text(1),
                 .identity = row.id<e2ee::IdentityKey>(2),
                 .checked = row.number(3) != 0,
                 .responder = row.number(4) != 0,
                 .met_s = row.count(5),
                 .through = row.number(6) != 0};
}

// ---- columns: root, address, given_to, contact, until_s, card_secret
Given read_given(const Query& row) {
  const std::int64_t to = row.number(2);
  if (to < 1 || to > 5) throw Failed(Fault::damaged);
  Given given;
  given.root = row.id<PublicKey>(0);
  given.address = row.id<Address>(1);
  given.to = static_cast<Given::To>(to);
  if (!row.is_null(3)) given.contact = ContactId{row.number(3)};
  given.until_s = row.count(4);
  given.card_secret = SecretBytes(row.blob(5));
  return given;
}

std::vector<Given> read_all_given(Query& query) {
  std::vector<Given> out;
  while (query.row()) out.push_back(read_given(query));
  return out;
}

}  // namespace

// ---- relays

bool Relays::add(const Relay& relay) {
  Container::Transaction step(container_);
  if (find(relay.routes.root())) return false;
  std::int64_t number = 0;
  {
    Query last = container_.query("SELECT coalesce(max(number) + 1, 0) FROM relays");
    if (last.row()) number = last.number(0);
  }
  {
    Query insert = container_.query(
        "INSERT INTO relays (root, number, routes, owner_seed, invite, self_address, bundle_sequence, bundle_not_after_s) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    const Bytes routes = relay.routes.serialised();
    insert.bind(relay.routes.root().view()).bind(number).bind(View(routes)).bind(relay.owner_seed.view());
    if (relay.invite) {
      insert.bind(relay.invite->view());
    } else {
      insert.bind_null();
    }
    if (relay.self_address) {
      insert.bind(relay.self_address->view());
    } else {
      insert.bind_null();
    }
    insert.bind(relay.bundle_sequence).bind(relay.bundle_not_after_s).run();
  }
  step.commit();
  return true;
}

std::vector<Relay> Relays::all() {
  Query found = container_.query(
      "SELECT root, number, routes, owner_seed, invite, self_address, bundle_sequence, bundle_not_after_s FROM relays ORDER BY "
      "number");
  std::vector<Relay> out;
  while (found.row()) out.push_back(read_relay(found));
  return out;
}

std::optional<Relay> Relays::find(const PublicKey& root) {
  Query found = container_.query(
      "SELECT root, number, routes, owner_seed, invite, self_address, bundle_sequence, bundle_not_after_s FROM relays WHERE root "
      "= ?");
  found.bind(root.view());
  if (!found.row()) return std::nullopt;
  return read_relay(found);
}

void Relays::set_routes(const Routes& routes) {
  const Bytes serialised = routes.serialised();
  Container::Transaction step(container_);
  container_.query("UPDATE relays SET routes = ? WHERE root = ?").bind(View(serialised)).bind(routes.root().view()).run();
  container_.query("UPDATE reaches SET routes = ? WHERE root = ?").bind(View(serialised)).bind(routes.root().view()).run();
  step.commit();
}

void Relays::opened(const PublicKey& root) {
  Container::Transaction step(container_);
  container_.query("UPDATE relays SET invite = NULL WHERE root = ?").bind(root.view()).run();
  step.commit();
}

void Relays::set_self_address(const PublicKey& root, const Address& address) {
  Container::Transaction step(container_);
  container_.query("UPDATE relays SET self_address = ? WHERE root = ?").bind(address.view()).bind(root.view()).run();
  step.commit();
}

void Relays::set_published(const PublicKey& root, std::uint64_t sequence, std::uint64_t not_after_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE relays SET bundle_sequence = ?, bundle_not_after_s = ? WHERE root = ?")
      .bind(sequence)
      .bind(not_after_s)
      .bind(root.view())
      .run();
  step.commit();
}

void Relays::remove(const PublicKey& root) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM relays WHERE root = ?").bind(root.view()).run();
  container_.query("DELETE FROM given WHERE root = ?").bind(root.view()).run();
  step.commit();
}

// ---- contacts

std::optional<ContactId> Contacts::add(const Contact& contact) {
  Container::Transaction step(container_);
  if (const auto known = find(contact.identity)) {
    if (!known->through || contact.through) return std::nullopt;
    container_.query("UPDATE contacts SET name = ?, checked = ?, responder = ?, met_s = ?, through = 0 WHERE id = ?")
        .bind(std::string_view(contact.name))
        .bind(contact.checked)
        .bind(contact.responder)
        .bind(contact.met_s)
        .bind(static_cast<std::int64_t>(known->id))
        .run();
    step.commit();
    return known->id;
  }
  container_.query("INSERT INTO contacts (name, identity, checked, responder, met_s, through) VALUES (?, ?, ?, ?, ?, ?)")
      .bind(std::string_view(contact.name))
      .bind(contact.identity.view())
      .bind(contact.checked)
      .bind(contact.responder)
      .bind(contact.met_s)
      .bind(contact.through)
      .run();
  const ContactId id{container_.last_row_id()};
  step.commit();
  return id;
}

std::vector<Contact> Contacts::all() {
  Query found = container_.query(
      "SELECT id, name, identity, checked, responder, met_s, through FROM contacts ORDER BY name COLLATE NOCASE, id");
  std::vector<Contact> out;
  while (found.row()) out.push_back(read_contact(found));
  return out;
}

std::optional<Contact> Contacts::find(ContactId id) {
  Query found = container_.query("SELECT id, name, identity, checked, responder, met_s, through FROM contacts WHERE id = ?");
  found.bind(static_cast<std::int64_t>(id));
  if (!found.row()) return std::nullopt;
  return read_contact(found);
}

std::optional<Contact> Contacts::find(const e2ee::IdentityKey& identity) {
  Query found =
      container_.query("SELECT id, name, identity, checked, responder, met_s, through FROM contacts WHERE identity = ?");
  found.bind(identity.view());
  if (!found.row()) return std::nullopt;
  return read_contact(found);
}

std::vector<Contact> Contacts::named(std::string_view name) {
  Query found = container_.query(
      "SELECT id, name, identity, checked, responder, met_s, through FROM contacts WHERE name = ? COLLATE NOCASE ORDER BY id");
  found.bind(name);
  std::vector<Contact> out;
  while (found.row()) out.push_back(read_contact(found));
  return out;
}

void Contacts::rename(ContactId id, std::string_view name) {
  Container::Transaction step(container_);
  container_.query("UPDATE contacts SET name = ? WHERE id = ?").bind(name).bind(static_cast<std::int64_t>(id)).run();
  step.commit();
}

void Contacts::set_checked(ContactId id, bool checked) {
  Container::Transaction step(container_);
  container_.query("UPDATE contacts SET checked = ? WHERE id = ?").bind(checked).bind(static_cast<std::int64_t>(id)).run();
  step.commit();
}

void Contacts::set_responder(ContactId id, bool responder) {
  Container::Transaction step(container_);
  container_.query("UPDATE contacts SET responder = ? WHERE id = ?").bind(responder).bind(static_cast<std::int64_t>(id)).run();
  step.commit();
}

void Contacts::remove(ContactId id) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM contacts WHERE id = ?").bind(static_cast<std::int64_t>(id)).run();
  step.commit();
}

std::vector<Reach> Contacts::reaches(ContactId id) {
  Query found = container_.query(
      "SELECT routes, address, number, bundle, bundle_sequence FROM reaches WHERE contact = ? ORDER BY number, root");
  found.bind(static_cast<std::int64_t>(id));
  std::vector<Reach> out;
  while (found.row()) {
    const View bundle = found.blob(3);
    out.push_back(Reach{.routes = routes_of(found.blob(0)),
                        .address = found.id<Address>(1),
                        .number = static_cast<std::uint32_t>(found.number(2)),
                        .bundle = Bytes(bundle.begin(), bundle.end()),
                        .bundle_sequence = found.count(4)});
  }
  return out;
}

void Contacts::set_reaches(ContactId id, const std::vector<Reach>& reaches) {
  Container::Transaction step(container_);
  const std::vector<Reach> old = this->reaches(id);
  container_.query("DELETE FROM reaches WHERE contact = ?").bind(static_cast<std::int64_t>(id)).run();
  for (const Reach& fresh : reaches) {
    Reach reach = fresh;
    for (const Reach& before : old) {
      if (before.routes.root() != reach.routes.root() || before.bundle_sequence <= reach.bundle_sequence) continue;
      reach.bundle = before.bundle;
      reach.bundle_sequence = before.bundle_sequence;
    }
    const Bytes routes = reach.routes.serialised();
    container_
        .query(
            "INSERT OR REPLACE INTO reaches (contact, root, number, routes, address, bundle, bundle_sequence) VALUES (?, ?, ?, "
            "?, ?, ?, ?)")
        .bind(static_cast<std::int64_t>(id))
        .bind(reach.routes.root().view())
        .bind(reach.number)
        .bind(View(routes))
        .bind(reach.address.view())
        .bind(View(reach.bundle))
        .bind(reach.bundle_sequence)
        .run();
  }
  step.commit();
}

bool Contacts::set_bundle(ContactId id, const PublicKey& root, View bundle, std::uint64_t sequence) {
  Container::Transaction step(container_);
  container_.query("UPDATE reaches SET bundle = ?, bundle_sequence = ? WHERE contact = ? AND root = ? AND bundle_sequence <= ?")
      .bind(bundle)
      .bind(sequence)
      .bind(static_cast<std::int64_t>(id))
      .bind(root.view())
      .bind(sequence)
      .run();
  const bool taken = container_.changes() == 1;
  step.commit();
  return taken;
}

// ---- addresses

void Addresses::add(const Given& given) {
  Container::Transaction step(container_);
  const AddressHash hash = address_hash(given.address);
  Query insert = container_.query(
      "INSERT OR REPLACE INTO given (hash, root, address, given_to, contact, until_s, card_secret) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(hash.view()).bind(given.root.view()).bind(given.address.view()).bind(static_cast<int>(given.to));
  bind_contact(insert, given.contact);
  insert.bind(given.until_s).bind(given.card_secret.view()).run();
  step.commit();
}

std::optional<Given> Addresses::find(const AddressHash& hash) {
  Query found = container_.query("SELECT root, address, given_to, contact, until_s, card_secret FROM given WHERE hash = ?");
  found.bind(hash.view());
  if (!found.row()) return std::nullopt;
  return read_given(found);
}

std::vector<Given> Addresses::given(Given::To to, std::optional<ContactId> contact) {
  Query found = container_.query(
      "SELECT root, address, given_to, contact, until_s, card_secret FROM given WHERE given_to = ? AND contact IS ?");
  found.bind(static_cast<int>(to));
  bind_contact(found, contact);
  return read_all_given(found);
}

std::vector<Given> Addresses::of(ContactId contact) {
  return given(Given::To::contact, contact);
}

std::vector<Given> Addresses::for_others_of(ContactId contact) {
  return given(Given::To::others, contact);
}

std::vector<Given> Addresses::self() {
  return given(Given::To::self, std::nullopt);
}

void Addresses::give_to(const AddressHash& hash, ContactId contact) {
  Container::Transaction step(container_);
  container_.query("UPDATE given SET given_to = ?, contact = ?, until_s = 0 WHERE hash = ?")
      .bind(static_cast<int>(Given::To::contact))
      .bind(static_cast<std::int64_t>(contact))
      .bind(hash.view())
      .run();
  step.commit();
}

void Addresses::withdraw(ContactId contact) {
  Container::Transaction step(container_);
  container_.query("UPDATE given SET given_to = ?, contact = NULL WHERE contact = ? AND given_to IN (?, ?)")
      .bind(static_cast<int>(Given::To::withdrawn))
      .bind(static_cast<std::int64_t>(contact))
      .bind(static_cast<int>(Given::To::contact))
      .bind(static_cast<int>(Given::To::others))
      .run();
  step.commit();
}

std::vector<Given> Addresses::withdrawn() {
  return given(Given::To::withdrawn, std::nullopt);
}

void Addresses::remove(const AddressHash& hash) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM given WHERE hash = ?").bind(hash.view()).run();
  step.commit();
}

std::vector<Given> Addresses::expired(std::uint64_t now_s) {
  Query found = container_.query(
      "SELECT root, address, given_to, contact, until_s, card_secret FROM given WHERE until_s != 0 AND until_s < ?");
  found.bind(now_s);
  return read_all_given(found);
}

// ---- tiers

std::vector<TierPlace> Tiers::all() {
  Query found = container_.query("SELECT contact, tier, after_s FROM tiers ORDER BY tier, place");
  std::vector<TierPlace> out;
  while (found.row())
    out.push_back(
        {ContactId{found.number(0)}, static_cast<std::uint32_t>(found.number(1)), static_cast<std::uint32_t>(found.number(2))});
  return out;
}

void Tiers::set(const std::vector<TierPlace>& places) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM tiers").run();
  std::int64_t place = 0;
  for (const TierPlace& one : places)
    container_.query("INSERT INTO tiers (place, contact, tier, after_s) VALUES (?, ?, ?, ?)")
        .bind(place++)
        .bind(static_cast<std::int64_t>(one.contact))
        .bind(one.tier)
        .bind(one.after_s)
        .run();
  step.commit();
}

}  // namespace vigil::client
