// Invites, mailboxes, addresses, one durable step after the other.
#include "store_shop.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/base/random.hpp"

namespace vigil::bench {
namespace {

class Waiting final : public storage::Completion {
 public:
  void done(std::uint64_t, storage::Outcome outcome) override { status = outcome.status; }
  Status status = wire::STATUS_UNSET;
};

}  // namespace

StoreShop::StoreShop(const storage::EmbeddedOptions& options) {
  auto opened = storage::open_embedded(options);
  if (!opened) throw std::runtime_error(opened.error());
  store_ = std::move(*opened);
}

void StoreShop::apply(storage::Write write) {
  Waiting waiting;
  store_->submit(std::move(write), context_.get_executor(), waiting, 0);
  while (waiting.status == wire::STATUS_UNSET) context_.run_one();
  if (waiting.status != wire::DONE) throw std::runtime_error("set-up refused: " + std::string(meaning(waiting.status)));
}

std::vector<StoreShop::Mailbox> StoreShop::open_mailboxes(std::size_t count) {
  std::vector<Mailbox> out;
  while (out.size() < count) {
    storage::AddInvites invites;  // they do not expire
    invites.rights.resize(std::min<std::size_t>(count - out.size(), limits::invites_max / 2));
    for (Hash& right : invites.rights) right = random_id<Hash>();
    apply(invites);
    for (const Hash& right : invites.rights) {
      const Mailbox& mailbox = out.emplace_back(random_id<MailboxId>(), random_id<AddressHash>());
      apply(storage::OpenMailbox{mailbox.id, right});
      storage::Grant grant;
      grant.mailbox = mailbox.id;
      grant.address = mailbox.address;
      grant.urgent = grant.normal = grant.vigils = true;
      grant.life_max = wire::THIRTY_DAYS;
      apply(grant);
    }
  }
  return out;
}

}  // namespace vigil::bench
