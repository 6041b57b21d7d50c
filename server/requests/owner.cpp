// Requests about one's own mailbox: opening it, making and withdrawing addresses. Proof and signatures are checked by intake.
#include "server/requests/decode.hpp"

namespace vigil::server {

Checked<storage::OpenMailbox> read_open_mailbox(const wire::OpenMailbox& from, const MailboxId& mailbox) {
  Secret right;
  if (!read_id(from.invite(), right)) return std::unexpected(Why{"an invite has 32 bytes"});
  return storage::OpenMailbox{.mailbox = mailbox, .invite = invite_hash(right)};
}

Checked<storage::Grant> read_grant(const wire::Grant& from, const MailboxId& mailbox, storage::Instant now) {
  storage::Grant grant{.mailbox = mailbox,
                       .address = {},
                       .urgent = from.urgent(),
                       .normal = from.normal(),
                       .vigils = from.vigils(),
                       .life_max = from.life_max(),
                       .prekeys_max = from.prekeys_max(),
                       .expires = 0};
  if (!read_id(from.address_hash(), grant.address)) return std::unexpected(Why{"an address hash has 32 bytes"});
  if (limits::lifetime_s(from.life_max()) == 0) return std::unexpected(Why{"life_max is not a lifetime"});
  if (!wire::Lifetime_IsValid(from.expires())) return std::unexpected(Why{"expires is not a lifetime"});
  if (from.prekeys_max() > limits::one_time_max) return std::unexpected(Why{"prekeys_max is more than a mailbox holds"});
  if (from.vigils() && !from.urgent()) return std::unexpected(Why{"an address for vigils needs the urgent lane"});
  if (from.expires() != wire::LIFETIME_UNSET) grant.expires = now + limits::lifetime_s(from.expires());
  return grant;
}

Checked<storage::Withdraw> read_withdraw(const wire::Withdraw& from, const MailboxId& mailbox) {
  storage::Withdraw withdraw{.mailbox = mailbox, .address = {}};
  if (!read_id(from.address_hash(), withdraw.address)) return std::unexpected(Why{"an address hash has 32 bytes"});
  return withdraw;
}

}  // namespace vigil::server
