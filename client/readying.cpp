#include "client/readying.hpp"

#include "client/clock.hpp"
#include "client/readiness.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t probe_later_s = 3600;  // when no relay answered
constexpr std::uint64_t drill_due_s = 3600;    // a booked drill is said for so long

}  // namespace

void note_drills(Account& account) {
  Drills drills(account.container);
  for (const AlertState& alert : account.alerts.all()) {
    const record::AlertRecord& record = alert.record();
    if (!record.hers() || !record.alert().drill()) continue;
    const View id = view(record.alert_id());
    drills.note(id, record.alert().pressed_s(), false);
    for (const record::ReceiptRecord& receipt : record.receipts()) {
      const auto person = e2ee::IdentityKey::from(view(receipt.person()));
      const auto contact = person ? account.contacts.find(*person) : std::nullopt;
      if (contact && receipt.seen()) drills.add_person(id, contact->id);
    }
    for (const record::VigilRecord& vigil : record.vigils()) {
      for (const record::ActRecord& act : vigil.acts()) {
        const std::vector<Contact> named = account.contacts.named(alert.name_of(act.index()));
        if (!named.empty()) drills.add_person(id, named.front().id);
      }
    }
  }
}

void want_probes(Account& account, std::uint64_t now_s) {
  Probes probes(account.container);
  for (const TierPlace& place : account.tiers.all()) {
    for (const Reach& reach : account.contacts.reaches(place.contact)) {
      const std::uint32_t spread_s = random_below(static_cast<std::uint32_t>(probe_least_s + probe_spread_s));
      probes.want(place.contact, reach.routes.root(), now_s + spread_s);
    }
  }
}

asio::awaitable<bool> probe_one(Account& account, Screen& screen) {
  Probes probes(account.container);
  const std::optional<Probe> probe = probes.due(wall_s());
  if (!probe) co_return false;
  probes.again(probe->contact, probe->root, wall_s() + probe_later_s + random_below(probe_later_s));
  for (const Reach& reach : account.contacts.reaches(probe->contact)) {
    if (reach.routes.root() != probe->root) continue;
    wire::Request request;
    request.mutable_probe()->set_address(std::string(text(reach.address.view())));
    const Outcome<wire::Answer> answer = co_await ask_one(reach.routes, std::move(request));
    if (!answer || (answer->status() != wire::DONE && answer->status() != wire::REFUSED)) break;
    const bool good = answer->status() == wire::DONE;
    const std::uint64_t now_s = wall_s();
    probes.answered(probe->contact, probe->root, good, now_s);
    probes.again(probe->contact, probe->root, now_s + probe_least_s + random_below(static_cast<std::uint32_t>(probe_spread_s)));
    const auto contact = account.contacts.find(probe->contact);
    screen.event(JsonLine("probed", now_s).text("name", contact ? contact->name : std::string()).flag("good", good));
  }
  co_return true;
}

void remind_of_drills(Account& account, Screen& screen, std::set<std::uint64_t>& said, std::uint64_t now_s) {
  for (const Booking& booking : Drills(account.container).bookings()) {
    if (now_s < booking.at_s || now_s > booking.at_s + drill_due_s || !said.insert(booking.at_s).second) continue;
    const auto contact = account.contacts.find(booking.contact);
    const std::string name = contact ? account.name_of(contact->identity) : words().somebody();
    screen.event(JsonLine("drill_due", now_s).text("name", name));
    screen.loud_now(words().drill_due(name));
  }
}

}  // namespace vigil::client
