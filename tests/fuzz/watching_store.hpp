// A store that keeps nothing and believes nothing: every write that the relay hands it is held against the bounds of the seam,
// and answered as the fuzzer says, at once or later. Fuzzers of the relay's edge (frames, console) only.
#pragma once

#include <set>

#include "storage/store.hpp"
#include "tests/fuzz/must.hpp"

namespace vigil::fuzz {

class WatchingStore final : public storage::Store {
 public:
  Status outcome = wire::DONE;
  bool later = false;
  std::uint32_t waiting_copies = 0;  // in every mailbox
  // What came: as an owner, whose mailbox it was about, and by capability.
  std::size_t owner_writes = 0, sender_writes = 0;
  std::optional<MailboxId> mailbox;
  bool any_mailbox = false;  // the console has no owner

  void submit(storage::Write write, boost::asio::any_io_executor, storage::Completion& completion, std::uint64_t tag) override {
    std::visit(
        [&](const auto& one) {
          look_at(one);
          count(one);
        },
        write);
    waiting_.push_back({&completion, tag, outcome_of(write)});
    if (!later) answer();
  }
  // Everything that waits.
  void answer() {
    while (!waiting_.empty()) {
      Waiting one = std::move(waiting_.back());
      waiting_.pop_back();
      one.completion->done(one.tag, std::move(one.outcome));
    }
  }
  std::size_t unanswered() const { return waiting_.size(); }

  void list(const MailboxId&, storage::Lane lane, std::uint64_t after, std::size_t most, boost::asio::any_io_executor,
            std::function<void(Result<Page>)> done) override {
    must(most > 0 && most <= limits::window_copies, "a list is asked for as many copies as the window has places");
    if (outcome == wire::UNAVAILABLE) return done(std::unexpected(outcome));
    Page page;
    for (std::uint64_t order = after + 1; order <= waiting_copies && page.size() < most; ++order) {
      storage::StoredCopy copy;
      copy.at = {.lane = lane, .order = order, .where = 0};
      copy.envelope = envelope_;
      page.push_back(std::move(copy));
    }
    done(std::move(page));
  }

  Status probe(const AddressHash&) override { return outcome; }
  Result<storage::PrekeyCount> count_prekeys(const MailboxId&) override { return storage::PrekeyCount{1, 2}; }
  Result<std::pair<storage::VigilState, storage::LeaseState>> look(const VigilId&, const Secret&) override {
    if (outcome != wire::DONE) return std::unexpected(outcome);
    return std::pair<storage::VigilState, storage::LeaseState>{};
  }
  bool has_mailbox(const MailboxId&) override { return outcome == wire::DONE; }
  storage::Guarantees guarantees() const override { return {}; }
  storage::Figures figures() const override { return {}; }
  void observe(storage::Observer&) override {}
  void close() override {}

 private:
  struct Waiting {
    storage::Completion* completion;
    std::uint64_t tag;
    storage::Outcome outcome;
  };

  storage::Outcome outcome_of(const storage::Write& write) const {
    storage::Outcome made;
    made.status = outcome;
    const auto* deliver = std::get_if<storage::Deliver>(&write);
    if (outcome == wire::PARTIAL && deliver != nullptr) made.each.assign(deliver->to.size(), wire::REFUSED);
    if (outcome != wire::DONE) return made;
    if (std::holds_alternative<storage::TakePrekeys>(write)) made.detail = storage::TakenPrekeys{Bytes(100), {{7, Bytes(33)}}};
    if (std::holds_alternative<storage::Answering>(write)) made.detail = storage::LeaseState{true, 1, 900};
    if (std::holds_alternative<storage::Renew>(write)) made.detail = storage::VigilState{};
    return made;
  }

  template <class Write>
  void count(const Write& write) {
    if constexpr (requires { write.mailbox; }) {
      must(any_mailbox || !mailbox || *mailbox == write.mailbox, "one connection, one mailbox");
      mailbox = write.mailbox;
      ++owner_writes;
    } else {
      ++sender_writes;
    }
  }

  // ---- what the seam may be handed

  static bool is_envelope(const storage::SharedBytes& bytes) { return bytes && limits::is_envelope_size(bytes->size()); }
  static void distinct(const std::vector<AddressHash>& addresses, std::size_t most) {
    must(!addresses.empty() && addresses.size() <= most, "as many addresses as the protocol allows");
    must(std::set(addresses.begin(), addresses.end()).size() == addresses.size(), "no address twice");
  }
  template <class Fits>
  static void look_at_copies(const std::vector<storage::VigilEnvelope>& copies, std::size_t addresses, Fits fits) {
    std::set<std::uint32_t> named;
    for (const storage::VigilEnvelope& copy : copies) {
      must(copy.address < addresses && named.insert(copy.address).second, "each copy of a part is for another address");
      must(copy.envelope && fits(copy.envelope->size()), "a copy of a vigil has the size of its kind");
    }
  }

  static void look_at(const storage::AddInvites& add) {
    must(!add.rights.empty() && add.rights.size() <= 1000, "as many invites as a line may ask for");
    must(add.expires == 0 || add.expires < 10'000'000'000, "invites end");
  }
  static void look_at(const storage::OpenMailbox&) {}
  static void look_at(const storage::Grant& grant) {
    must(limits::lifetime_s(grant.life_max) != 0 && grant.prekeys_max <= limits::one_time_max, "a grant has bounds");
    must(!grant.vigils || grant.urgent, "vigils need the urgent lane");
  }
  static void look_at(const storage::Withdraw&) {}
  static void look_at(const storage::PublishPrekeys& publish) {
    must(publish.bundle.size() <= limits::bundle_bytes_max, "a bundle has a bound");
    must(publish.one_time.size() <= limits::one_time_per_request_max, "one-time prekeys have a bound");
    std::set<std::uint32_t> ids;
    for (const auto& [id, key] : publish.one_time) must(key.size() == 33 && ids.insert(id).second, "each prekey is one");
  }
  static void look_at(const storage::Acknowledge& acknowledge) {
    must(!acknowledge.copies.empty(), "an acknowledgement is of something");
    must(std::set(acknowledge.copies.begin(), acknowledge.copies.end()).size() == acknowledge.copies.size(),
         "no copy is acknowledged twice");
  }
  static void look_at(const storage::Burn&) {}
  static void look_at(const storage::TakePrekeys&) {}
  static void look_at(const storage::Deliver& deliver) {
    must(is_envelope(deliver.envelope), "an envelope has one of the sizes");
    must(limits::lifetime_s(deliver.lifetime) != 0 && wire::Lane_IsValid(deliver.lane), "lane and lifetime are known");
    must(deliver.topic || deliver.order == 0, "an order has a topic");
    distinct(deliver.to, limits::fanout_addresses_max);
  }
  static void look_at(const storage::Keep& keep) {
    const std::size_t addresses = keep.addresses.size();
    distinct(keep.addresses, limits::vigil_addresses_max);
    must(keep.kind == wire::ALERT || keep.kind == wire::CHECK_IN, "a vigil has a kind");
    must(keep.due_in_s <= limits::vigil_life_s && keep.period_max_s <= limits::vigil_life_s, "a vigil is due in its life");
    must(!keep.stages.empty() && keep.stages.size() <= limits::stages_max, "1 to 8 stages");
    must(keep.stages.front().after_s == 0, "stage 0 comes when the vigil is due");
    std::size_t copies = 0;
    const auto stage = [](std::size_t size) { return limits::is_envelope_size(size) && size <= limits::alert_envelope_bytes; };
    const auto small = [](std::size_t size) { return size == limits::ending_envelope_bytes; };
    for (const storage::Stage& one : keep.stages) {
      must(!one.copies.empty() && one.after_s <= limits::vigil_life_s, "a stage has a copy, and comes in time");
      look_at_copies(one.copies, addresses, stage);
      copies += one.copies.size();
    }
    must(copies <= limits::stage_copies_max, "the stages have a bound together");
    for (const auto* pair : {&keep.endings, &keep.renewals}) {
      must(pair->empty() || pair->size() == 2, "endings and renewals come in pairs");
      for (const storage::Ending& one : *pair) look_at_copies(one.copies, addresses, small);
      if (pair->empty()) continue;
      must(pair->front().hash != pair->back().hash, "both of a pair have their own secret");
      must(pair->front().copies.size() == pair->back().copies.size(), "both of a pair have one shape");
    }
    must((keep.kind == wire::CHECK_IN) == !keep.renewals.empty(), "check-ins have renewals, alerts have none");
    must(keep.answers.size() <= limits::responders_max, "at most 32 responders");
    look_at_copies(keep.notices, addresses, small);
  }
  static void look_at(const storage::Refresh& refresh) {
    must(!refresh.copies.empty() && refresh.copies.size() <= limits::stage_copies_max, "a refresh has 1 to 32 copies");
    for (const storage::Refresh::One& one : refresh.copies) must(is_envelope(one.envelope), "a refreshed copy is an envelope");
  }
  static void look_at(const storage::Renew& renew) {
    must(renew.due_in_s != 0 && renew.due_in_s <= limits::vigil_life_s, "a renewal moves the hour within the life");
  }
  static void look_at(const storage::Hurry&) {}
  static void look_at(const storage::End&) {}
  static void look_at(const storage::Answering& one) {
    must(one.index < limits::responders_max && one.step != 0 && one.step <= limits::answer_chain_steps, "a step of a chain");
  }
  static void look_at(const storage::Close& close) { must(close.index < limits::responders_max, "a responder"); }
  static void look_at(const storage::ReleaseDue&) { must(false, "only the timekeeper releases"); }

  std::vector<Waiting> waiting_;
  storage::SharedBytes envelope_ = std::make_shared<const Bytes>(limits::envelope_bytes.front());
};

}  // namespace vigil::fuzz
