#include "crypto/base/signed.hpp"

#include <string>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "proto/limits.hpp"

namespace vigil {
namespace {

constexpr auto version() {
  return limits::protocol_version;
}

// Each signed thing has one list of parts, used by both the signer and the verifier: 'use' is either.
template <class Use>
auto with_grant(const Binding& binding, const wire::Grant& grant, Use use) {
  const std::array<std::uint8_t, 1> rights{
      static_cast<std::uint8_t>((grant.urgent() ? 1 : 0) | (grant.normal() ? 2 : 0) | (grant.vigils() ? 4 : 0))};
  const auto life_max = be32(static_cast<std::uint32_t>(grant.life_max()));
  const auto prekeys_max = be32(grant.prekeys_max());
  const auto expires = be32(static_cast<std::uint32_t>(grant.expires()));
  return use(labels::grant,
             {binding.root.view(), binding.exporter.view(), view(grant.address_hash()), rights, life_max, prekeys_max, expires});
}

using Parts = std::initializer_list<View>;

std::string bytes_of(const Signature& signature) {
  return std::string(text(signature.view()));
}

auto signer(const SigningKey& key) {
  return [&key](std::string_view label, Parts parts) { return key.sign(label, parts); };
}

bool verify_bytes(const PublicKey& key, const std::string& signature, std::string_view label, Parts parts) {
  const std::optional<Signature> fixed = Signature::from(view(signature));
  return fixed && verify(key, *fixed, label, parts);
}

auto verifier(const PublicKey& key, const std::string& signature) {
  return [&key, &signature](std::string_view label, Parts parts) { return verify_bytes(key, signature, label, parts); };
}

}  // namespace

Signature sign_greeting(const SigningKey& online, const Binding& binding, const Challenge& challenge) {
  return online.sign(labels::greeting, {be32(version()), binding.root.view(), binding.exporter.view(), challenge.view()});
}

bool verify_greeting(const PublicKey& online, const Signature& signature, const Binding& binding, const Challenge& challenge) {
  return verify(online, signature, labels::greeting,
                {be32(version()), binding.root.view(), binding.exporter.view(), challenge.view()});
}

void sign_online_key(const SigningKey& root, wire::RootCertificate& certificate) {
  const auto before = be64(certificate.not_before_s());
  const auto after = be64(certificate.not_after_s());
  certificate.set_signature(bytes_of(root.sign(labels::online_key, {view(certificate.online_key()), before, after})));
}

bool verify_online_key(const PublicKey& root, const wire::RootCertificate& certificate) {
  const auto before = be64(certificate.not_before_s());
  const auto after = be64(certificate.not_after_s());
  return verify_bytes(root, certificate.signature(), labels::online_key, {view(certificate.online_key()), before, after});
}

Signature sign_proof(const SigningKey& owner, const Binding& binding, const Challenge& challenge) {
  const MailboxId mailbox = mailbox_id(owner.public_key());
  return owner.sign(labels::owner,
                    {be32(version()), binding.root.view(), binding.exporter.view(), challenge.view(), mailbox.view()});
}

bool verify_proof(const PublicKey& owner, const Signature& signature, const Binding& binding, const Challenge& challenge) {
  const MailboxId mailbox = mailbox_id(owner);
  return verify(owner, signature, labels::owner,
                {be32(version()), binding.root.view(), binding.exporter.view(), challenge.view(), mailbox.view()});
}

void sign_grant(const SigningKey& owner, const Binding& binding, wire::Grant& grant) {
  const Signature made = with_grant(binding, grant, signer(owner));
  grant.set_signature(bytes_of(made));
}

bool verify_grant(const PublicKey& owner, const Binding& binding, const wire::Grant& grant) {
  return with_grant(binding, grant, verifier(owner, grant.signature()));
}

void sign_withdraw(const SigningKey& owner, const Binding& binding, wire::Withdraw& withdraw) {
  withdraw.set_signature(
      bytes_of(owner.sign(labels::withdraw, {binding.root.view(), binding.exporter.view(), view(withdraw.address_hash())})));
}

bool verify_withdraw(const PublicKey& owner, const Binding& binding, const wire::Withdraw& withdraw) {
  return verify_bytes(owner, withdraw.signature(), labels::withdraw,
                      {binding.root.view(), binding.exporter.view(), view(withdraw.address_hash())});
}

void sign_burn(const SigningKey& owner, const Binding& binding, wire::Burn& burn) {
  const MailboxId mailbox = mailbox_id(owner.public_key());
  burn.set_signature(bytes_of(owner.sign(labels::burn, {binding.root.view(), binding.exporter.view(), mailbox.view()})));
}

bool verify_burn(const PublicKey& owner, const Binding& binding, const wire::Burn& burn) {
  const MailboxId mailbox = mailbox_id(owner);
  return verify_bytes(owner, burn.signature(), labels::burn, {binding.root.view(), binding.exporter.view(), mailbox.view()});
}

}  // namespace vigil
