#include "crypto/e2ee/memory_key_store.hpp"

#include <algorithm>
#include <cassert>

namespace vigil::e2ee {

void MemoryKeyStore::begin() {
  before_.push_back(now_);
}

void MemoryKeyStore::commit() {
  assert(!before_.empty());
  before_.pop_back();
}

void MemoryKeyStore::rollback() noexcept {
  assert(!before_.empty());
  now_ = std::move(before_.back());
  before_.pop_back();
}

void MemoryKeyStore::put_key(KeyKind kind, const StoredKey& key) {
  const View record = key.record.view();
  now_.keys[{kind, key.id}] = {key.created_s, Bytes(record.begin(), record.end())};
}

std::optional<StoredKey> MemoryKeyStore::key(KeyKind kind, std::uint32_t id) {
  const auto found = now_.keys.find({kind, id});
  if (found == now_.keys.end()) return std::nullopt;
  return StoredKey{id, found->second.created_s, SecretBytes(View(found->second.record))};
}

void MemoryKeyStore::erase_key(KeyKind kind, std::uint32_t id) {
  now_.keys.erase({kind, id});
}

std::vector<KeyAge> MemoryKeyStore::keys(KeyKind kind) {
  std::vector<KeyAge> out;
  for (const auto& [which, key] : now_.keys)
    if (which.first == kind) out.push_back({which.second, key.created_s});
  std::reverse(out.begin(), out.end());
  return out;
}

std::uint64_t MemoryKeyStore::rise(Rising which) {
  return ++now_.risen[which];
}

std::optional<SecretBytes> MemoryKeyStore::session(const std::string& name, std::uint32_t device) {
  const auto found = now_.sessions.find({name, device});
  if (found == now_.sessions.end()) return std::nullopt;
  return SecretBytes(View(found->second));
}

void MemoryKeyStore::put_session(const std::string& name, std::uint32_t device, View record) {
  now_.sessions[{name, device}] = Bytes(record.begin(), record.end());
}

void MemoryKeyStore::erase_session(const std::string& name, std::uint32_t device) {
  now_.sessions.erase({name, device});
}

void MemoryKeyStore::erase_sessions(const std::string& name) {
  std::erase_if(now_.sessions, [&](const auto& entry) { return entry.first.first == name; });
}

std::optional<OpenedFirst> MemoryKeyStore::opened_first(const Hash& which) {
  const auto found = now_.firsts.find(which);
  if (found == now_.firsts.end()) return std::nullopt;
  return OpenedFirst{found->second.message, found->second.content_id};
}

void MemoryKeyStore::remember_first(const Hash& which, const OpenedFirst& what, std::uint64_t until_s) {
  now_.firsts[which] = {what.message, what.content_id, until_s};
}

void MemoryKeyStore::forget_first_before(std::uint64_t now_s) {
  std::erase_if(now_.firsts, [&](const auto& entry) { return entry.second.until_s < now_s; });
}

bool MemoryKeyStore::is_trusted(const IdentityKey& identity) {
  return now_.trusted.contains(identity);
}
void MemoryKeyStore::trust(const IdentityKey& identity) {
  now_.trusted.insert(identity);
}
void MemoryKeyStore::distrust(const IdentityKey& identity) {
  now_.trusted.erase(identity);
}

}  // namespace vigil::e2ee
