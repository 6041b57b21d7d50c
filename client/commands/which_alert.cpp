#include "client/commands/which_alert.hpp"

#include <algorithm>

#include "client/mail.hpp"
#include "client/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

// The routes to a relay by its root: one's own, or a contact's.
std::optional<Routes> routes_to(Account& account, const AlertState& alert, View root) {
  const auto key = PublicKey::from(root);
  if (!key) return std::nullopt;
  if (const auto relay = account.relays.find(*key)) return relay->routes;
  const auto person = e2ee::IdentityKey::from(view(alert.record().person()));
  const auto contact = person ? account.contacts.find(*person) : std::nullopt;
  if (!contact) return std::nullopt;
  for (const Reach& reach : account.contacts.reaches(contact->id)) {
    if (reach.routes.root() == *key) return reach.routes;
  }
  return std::nullopt;
}

}  // namespace

AlertState which_alert(Account& account, const std::string& typed) {
  std::vector<AlertState> found = account.alerts.starting_with(typed);
  std::erase_if(found, [](const AlertState& alert) { return alert.record().hers() || !alert.record().has_alert(); });
  if (found.empty()) throw Stop{Exit::usage, words::no_such_alert()};
  const bool was_one = found.size() == 1;
  std::erase_if(found, [](const AlertState& alert) { return alert.over(); });
  if (found.empty()) throw Stop{Exit::ended, words::alert_over()};
  if (found.size() > 1 && !was_one) throw Stop{Exit::usage, words::which_alert()};
  return found.front();
}

asio::awaitable<AskedVigils> ask_vigils(Account& account, Bytes alert_id,
                                        const std::function<wire::Request(record::VigilRecord&)>& make_request) {
  struct Asking {
    record::VigilRecord vigil;
    std::optional<Routes> routes;
    wire::Request request;
  };
  std::vector<Asking> all;
  // A step of the chain that might be shown is written down before it is: it is never used for anything else again.
  account.alerts.update(alert_id, [&](AlertState& alert) {
    for (record::VigilRecord& vigil : *alert.record().mutable_vigils()) {
      if (!vigil.mine() || vigil.closed()) continue;
      wire::Request request = make_request(vigil);
      all.push_back({.vigil = vigil, .routes = routes_to(account, alert, view(vigil.root())), .request = std::move(request)});
    }
    return true;
  });
  AskedVigils asked;
  for (Asking& one : all) {
    if (!one.routes) continue;
    const Outcome<wire::Answer> answer = co_await ask_patiently(*one.routes, std::move(one.request), person_waits);
    if (answer) asked.emplace_back(std::move(one.vigil), *answer);
  }
  if (asked.empty()) throw Stop{Exit::no_route, words::no_route()};
  co_return asked;
}

}  // namespace vigil::client::commands
