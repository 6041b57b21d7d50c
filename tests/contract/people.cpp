#include "tests/contract/people.hpp"

#include <algorithm>
#include <stdexcept>

namespace vigil::storage::testing {

SharedBytes envelope(std::string_view text, std::size_t bytes) {
  if (text.size() >= bytes) throw std::logic_error("the text does not fit the envelope");
  Bytes made(bytes, 0);
  std::copy(text.begin(), text.end(), made.begin());
  return std::make_shared<const Bytes>(std::move(made));
}

std::string text_of(const StoredCopy& copy) {
  if (!copy.envelope) return "(no envelope)";
  const Bytes& bytes = *copy.envelope;
  return {bytes.begin(), std::find(bytes.begin(), bytes.end(), std::uint8_t{0})};
}

std::vector<std::string> texts_of(const std::vector<StoredCopy>& copies) {
  std::vector<std::string> texts;
  for (const StoredCopy& copy : copies) texts.push_back(text_of(copy));
  return texts;
}

MailboxId open_mailbox(Driver& driver) {
  const auto mailbox = random_id<MailboxId>();
  const auto right = random_id<Hash>();
  if (driver.apply(AddInvites{{right}, 4'000'000'000}).status != wire::DONE) throw std::runtime_error("no invite");
  if (driver.apply(OpenMailbox{mailbox, right}).status != wire::DONE) throw std::runtime_error("no mailbox");
  return mailbox;
}

Grant whole_grant(const MailboxId& mailbox, const AddressHash& address) {
  Grant whole{.mailbox = mailbox, .address = address};
  whole.urgent = whole.normal = whole.vigils = true;
  whole.life_max = wire::THIRTY_DAYS;
  whole.prekeys_max = limits::prekeys_per_address_default;
  return whole;
}

AddressHash grant(Driver& driver, const MailboxId& mailbox) {
  const auto address = random_id<AddressHash>();
  if (driver.apply(whole_grant(mailbox, address)).status != wire::DONE) throw std::runtime_error("no grant");
  return address;
}

Person person(Driver& driver) {
  const MailboxId mailbox = open_mailbox(driver);
  return {mailbox, grant(driver, mailbox)};
}

Deliver message(const AddressHash& to, std::string_view text, Lane lane, Lifetime lifetime) {
  Deliver deliver;
  deliver.id = random_id<FanoutId>();
  deliver.lane = lane;
  deliver.lifetime = lifetime;
  deliver.envelope = envelope(text);
  deliver.to = {to};
  return deliver;
}

Answering Plan::answer(std::uint32_t index, std::uint32_t step) const {
  return {keep.id, index, step, answer_chain(chains.at(index), limits::answer_chain_steps - step)};
}

Close Plan::close(std::uint32_t index) const {
  return {keep.id, index, closes.at(index)};
}

End Plan::end(Effect effect) const {
  return {keep.id, endings.at(effect == wire::STOP ? 0 : 1), keep.addresses.at(0)};
}

Renew Plan::renew(std::size_t which, std::uint64_t seq, std::uint32_t due_in_s) const {
  return {keep.id, renewals.at(which), seq, due_in_s};
}

Refresh Plan::refreshed(std::uint64_t seq, std::uint32_t stage, std::uint32_t copy, std::string_view text) const {
  return {keep.id, refresh, seq, {{stage, copy, envelope(text, limits::alert_envelope_bytes)}}};
}

namespace {

std::vector<VigilEnvelope> to_everybody(const Keep& keep, std::string_view text) {
  std::vector<VigilEnvelope> copies;
  for (std::uint32_t address = 0; address < keep.addresses.size(); ++address)
    copies.push_back({address, envelope(text, limits::ending_envelope_bytes)});
  return copies;
}

void add_stages(Keep& keep, const std::vector<Tier>& tiers) {
  for (std::uint32_t s = 0; s < tiers.size(); ++s) {
    Stage stage{tiers[s].after_s, {}};
    for (std::uint32_t p = 0; p < tiers[s].people.size(); ++p) {
      const auto at = static_cast<std::uint32_t>(keep.addresses.size());
      keep.addresses.push_back(tiers[s].people[p].address);
      stage.copies.push_back(
          {at, envelope("stage " + std::to_string(s) + " to " + std::to_string(p), limits::alert_envelope_bytes)});
    }
    keep.stages.push_back(std::move(stage));
  }
}

void add_secrets(Plan& plan) {
  Keep& keep = plan.keep;
  plan.hurry = random_id<Secret>();
  plan.refresh = random_id<Secret>();
  keep.hurry_hash = vigil_secret_hash(plan.hurry);
  keep.refresh_hash = vigil_secret_hash(plan.refresh);
  for (const Effect effect : {wire::STOP, wire::GO_ON}) {
    plan.endings.push_back(random_id<Secret>());
    keep.endings.push_back(
        {vigil_secret_hash(plan.endings.back()), effect, to_everybody(keep, effect == wire::STOP ? "stop" : "go on")});
  }
  for (std::size_t i = 0; i < keep.addresses.size(); ++i) {
    plan.chains.push_back(random_id<Secret>());
    plan.closes.push_back(random_id<Secret>());
    const Secret head = answer_chain(plan.chains.back(), limits::answer_chain_steps);
    keep.answers.push_back({*Hash::from(head.view()), vigil_secret_hash(plan.closes.back())});
  }
  keep.notices = to_everybody(keep, "notice");
}

}  // namespace

Plan alert(const std::vector<Tier>& tiers, std::uint32_t due_in_s, bool repeats) {
  Plan plan;
  plan.keep.id = random_id<VigilId>();
  plan.keep.kind = wire::ALERT;
  plan.keep.due_in_s = due_in_s;
  plan.keep.repeats = repeats;
  add_stages(plan.keep, tiers);
  add_secrets(plan);
  return plan;
}

Plan check_in(const std::vector<Tier>& tiers, std::uint32_t due_in_s, std::uint32_t period_max_s) {
  Plan plan = alert(tiers, due_in_s);
  plan.keep.kind = wire::CHECK_IN;
  plan.keep.period_max_s = period_max_s;
  for (const Effect effect : {wire::STOP, wire::GO_ON}) {
    plan.renewals.push_back(random_id<Secret>());
    plan.keep.renewals.push_back({vigil_secret_hash(plan.renewals.back()), effect,
                                  to_everybody(plan.keep, effect == wire::STOP ? "renewed" : "renewed, forced")});
  }
  return plan;
}

}  // namespace vigil::storage::testing
