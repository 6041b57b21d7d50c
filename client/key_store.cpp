// The KeyStore's rows.
#include "client/key_store.hpp"

namespace vigil::client {
namespace {

constexpr std::string_view identity_setting = "identity";

SecretBytes secret_of(const Query& query, int column) {
  return SecretBytes(query.blob(column));
}

}  // namespace

void ContainerKeys::begin() {
  container_.begin();
}
void ContainerKeys::commit() {
  container_.commit();
}
void ContainerKeys::rollback() noexcept {
  container_.rollback();
}

void ContainerKeys::put_key(e2ee::KeyKind kind, const e2ee::StoredKey& key) {
  container_.query("INSERT OR REPLACE INTO own_keys (kind, id, created_s, record) VALUES (?, ?, ?, ?)")
      .bind(static_cast<int>(kind))
      .bind(key.id)
      .bind(key.created_s)
      .bind(key.record.view())
      .run();
}

std::optional<e2ee::StoredKey> ContainerKeys::key(e2ee::KeyKind kind, std::uint32_t id) {
  Query found = container_.query("SELECT created_s, record FROM own_keys WHERE kind = ? AND id = ?");
  found.bind(static_cast<int>(kind)).bind(id);
  if (!found.row()) return std::nullopt;
  return e2ee::StoredKey{id, found.count(0), secret_of(found, 1)};
}

void ContainerKeys::erase_key(e2ee::KeyKind kind, std::uint32_t id) {
  container_.query("DELETE FROM own_keys WHERE kind = ? AND id = ?").bind(static_cast<int>(kind)).bind(id).run();
}

std::vector<e2ee::KeyAge> ContainerKeys::keys(e2ee::KeyKind kind) {
  Query found = container_.query("SELECT id, created_s FROM own_keys WHERE kind = ? ORDER BY id DESC");
  found.bind(static_cast<int>(kind));
  std::vector<e2ee::KeyAge> out;
  while (found.row()) out.push_back({static_cast<std::uint32_t>(found.number(0)), found.count(1)});
  return out;
}

std::uint64_t ContainerKeys::rise(e2ee::Rising which) {
  std::uint64_t last = 0;
  {
    Query found = container_.query("SELECT last FROM rising WHERE which = ?");
    found.bind(static_cast<int>(which));
    if (found.row()) last = found.count(0);
  }
  container_.query("INSERT OR REPLACE INTO rising (which, last) VALUES (?, ?)")
      .bind(static_cast<int>(which))
      .bind(last + 1)
      .run();
  return last + 1;
}

std::optional<SecretBytes> ContainerKeys::session(const std::string& name, std::uint32_t device) {
  Query found = container_.query("SELECT record FROM sessions WHERE name = ? AND device = ?");
  found.bind(std::string_view(name)).bind(device);
  if (!found.row()) return std::nullopt;
  return secret_of(found, 0);
}

void ContainerKeys::put_session(const std::string& name, std::uint32_t device, View record) {
  container_.query("INSERT OR REPLACE INTO sessions (name, device, record) VALUES (?, ?, ?)")
      .bind(std::string_view(name))
      .bind(device)
      .bind(record)
      .run();
}

void ContainerKeys::erase_session(const std::string& name, std::uint32_t device) {
  container_.query("DELETE FROM sessions WHERE name = ? AND device = ?").bind(std::string_view(name)).bind(device).run();
}

void ContainerKeys::erase_sessions(const std::string& name) {
  container_.query("DELETE FROM sessions WHERE name = ?").bind(std::string_view(name)).run();
}

std::optional<e2ee::OpenedFirst> ContainerKeys::opened_first(const Hash& which) {
  Query found = container_.query("SELECT message, content_id FROM firsts WHERE which = ?");
  found.bind(which.view());
  if (!found.row()) return std::nullopt;
  return e2ee::OpenedFirst{found.id<Hash>(0), found.id<CopyId>(1)};
}

void ContainerKeys::remember_first(const Hash& which, const e2ee::OpenedFirst& what, std::uint64_t until_s) {
  container_.query("INSERT OR REPLACE INTO firsts (which, message, content_id, until_s) VALUES (?, ?, ?, ?)")
      .bind(which.view())
      .bind(what.message.view())
      .bind(what.content_id.view())
      .bind(until_s)
      .run();
}

void ContainerKeys::forget_first_before(std::uint64_t now_s) {
  container_.query("DELETE FROM firsts WHERE until_s < ?").bind(now_s).run();
}

bool ContainerKeys::is_trusted(const e2ee::IdentityKey& identity) {
  {
    Query contact = container_.query("SELECT 1 FROM contacts WHERE identity = ?");
    contact.bind(identity.view());
    if (contact.row()) return true;
  }
  Query meeting = container_.query("SELECT 1 FROM meeting_trust WHERE identity = ?");
  meeting.bind(identity.view());
  return meeting.row();
}

void ContainerKeys::trust_for_meeting(const e2ee::IdentityKey& identity, std::uint64_t now_s, std::uint64_t until_s) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM meeting_trust WHERE until_s < ?").bind(now_s).run();
  container_.query("INSERT OR REPLACE INTO meeting_trust (identity, until_s) VALUES (?, ?)")
      .bind(identity.view())
      .bind(until_s)
      .run();
  step.commit();
}

e2ee::Identity ContainerKeys::own_identity() {
  Container::Transaction step(container_);
  std::optional<Bytes> kept = container_.setting(identity_setting);
  if (kept) {
    std::optional<e2ee::Identity> loaded = e2ee::Identity::load(*kept);
    wipe(*kept);
    if (!loaded) throw Failed(Fault::damaged);
    return std::move(*loaded);
  }
  e2ee::Identity made = e2ee::Identity::generate();
  container_.set(identity_setting, made.secret());
  step.commit();
  return made;
}

}  // namespace vigil::client
