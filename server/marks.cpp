#include "server/marks.hpp"

#include <algorithm>
#include <utility>

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"
#include "proto/status.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;

constexpr std::size_t mark_bytes = 48, mark_at = 128;  // behind whatever a row has in front
constexpr std::uint32_t not_due_s = 3600;

storage::Grant grant_of(const MailboxId& mailbox, const AddressHash& address) {
  return {.mailbox = mailbox,
          .address = address,
          .urgent = true,
          .normal = true,
          .vigils = true,
          .life_max = wire::THIRTY_DAYS,
          .prekeys_max = 0,
          .expires = 0};
}

}  // namespace

storage::SharedBytes Marks::envelope(std::size_t bytes, std::string what) {
  auto made = std::make_shared<const Bytes>(random_bytes(bytes));
  const auto at = made->begin() + mark_at;
  marks_.push_back({.what = std::move(what), .bytes = Bytes(at, at + mark_bytes)});
  return made;
}

storage::Deliver Marks::copy(storage::Lane lane, storage::Lifetime lifetime, std::string what) {
  storage::Deliver deliver;
  deliver.id = random_id<FanoutId>();
  deliver.lane = lane;
  deliver.lifetime = lifetime;
  deliver.envelope = envelope(limits::envelope_bytes.front(), std::move(what));
  deliver.to = {address_};
  return deliver;
}

storage::Keep Marks::alert(std::string what) {
  storage::Keep keep;
  keep.id = vigil_ = random_id<VigilId>();
  keep.kind = wire::ALERT;
  keep.due_in_s = not_due_s;
  keep.hurry_hash = vigil_secret_hash(random_id<Secret>());
  keep.refresh_hash = vigil_secret_hash(random_id<Secret>());
  keep.addresses = {other_address_};
  keep.stages.push_back(
      {.after_s = 0, .copies = {{.address = 0, .envelope = envelope(limits::alert_envelope_bytes, std::move(what))}}});
  stop_ = random_id<Secret>();
  const storage::SharedBytes said = std::make_shared<const Bytes>(random_bytes(limits::ending_envelope_bytes));
  for (const auto& [secret, effect] : {std::pair{stop_, wire::STOP}, std::pair{random_id<Secret>(), wire::GO_ON}})
    keep.endings.push_back({.hash = vigil_secret_hash(secret), .effect = effect, .copies = {{.address = 0, .envelope = said}}});
  const Secret head = answer_chain(random_id<Secret>(), limits::answer_chain_steps);
  keep.answers.push_back({.head = *Hash::from(head.view()), .close_hash = vigil_secret_hash(random_id<Secret>())});
  return keep;
}

asio::awaitable<std::expected<std::vector<Mark>, Status>> Marks::leave() {
  const Status forgotten = co_await forget();
  if (forgotten != wire::DONE) co_return std::unexpected(forgotten);
  marks_.clear();
  mailbox_ = random_id<MailboxId>();
  address_ = random_id<AddressHash>();
  other_address_ = random_id<AddressHash>();
  left_ = true;
  const Hash right = invite_hash(random_id<Secret>());
  std::vector<storage::Write> writes;
  writes.emplace_back(storage::AddInvites{.rights = {right}, .expires = 0});
  writes.emplace_back(storage::OpenMailbox{.mailbox = mailbox_, .invite = right});
  writes.emplace_back(grant_of(mailbox_, address_));
  writes.emplace_back(grant_of(mailbox_, other_address_));
  writes.emplace_back(copy(wire::URGENT, wire::ONE_DAY, "urgent copy, acknowledged"));
  writes.emplace_back(copy(wire::NORMAL, wire::ONE_DAY, "normal copy, acknowledged"));
  for (storage::Write& write : writes) {
    const storage::Outcome outcome = co_await storage::apply(store_, std::move(write));
    if (outcome.status != wire::DONE) co_return std::unexpected(outcome.status);
  }
  acknowledged_.clear();
  for (const storage::Lane lane : {wire::URGENT, wire::NORMAL}) {
    const auto page = co_await storage::list(store_, mailbox_, lane, 0, 10);
    if (!page) co_return std::unexpected(page.error());
    for (const storage::StoredCopy& waiting : *page) acknowledged_.push_back(waiting.at);
  }
  writes.clear();
  writes.emplace_back(copy(wire::NORMAL, wire::TEN_SECONDS, "normal copy, expired"));
  marks_.back().expires = true;
  writes.emplace_back(copy(wire::NORMAL, wire::ONE_DAY, "copy in a mailbox that is burned"));
  writes.emplace_back(alert("copy of a vigil that is ended"));
  for (storage::Write& write : writes) {
    const storage::Outcome outcome = co_await storage::apply(store_, std::move(write));
    if (outcome.status != wire::DONE) co_return std::unexpected(outcome.status);
  }
  co_return marks_;
}

asio::awaitable<Status> Marks::forget() {
  if (!left_) co_return wire::DONE;
  std::vector<storage::Write> writes;
  writes.emplace_back(storage::Acknowledge{.mailbox = mailbox_, .copies = acknowledged_});
  writes.emplace_back(storage::End{.vigil = vigil_, .secret = stop_, .charged_to = other_address_});
  writes.emplace_back(storage::Burn{.mailbox = mailbox_});
  Status worst = wire::DONE;
  for (storage::Write& write : writes) {
    const storage::Outcome outcome = co_await storage::apply(store_, std::move(write));
    if (outcome.status != wire::DONE) worst = outcome.status;
  }
  if (worst == wire::DONE) left_ = false;
  co_return worst;
}

}  // namespace vigil::server
