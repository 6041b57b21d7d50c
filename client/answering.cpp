#include "client/answering.hpp"

#include <algorithm>

#include "client/acts.hpp"
#include "client/fault.hpp"
#include "crypto/base/hash.hpp"
#include "proto/limits.hpp"

namespace vigil::client {

// Odd steps answer or renew, even steps give back.
std::optional<wire::Request> next_step(record::VigilRecord& vigil, bool answers) {
  std::uint32_t step = vigil.step_shown() + 1;
  if ((step % 2 == 1) != answers) ++step;
  if (step > limits::answer_chain_steps) return std::nullopt;
  const auto start = Secret::from(view(vigil.your_secret()));
  if (!start) throw Failed(Fault::damaged);
  vigil.set_step_shown(step);
  wire::Request request;
  wire::Answering& answering = *request.mutable_answering();
  answering.set_vigil_id(vigil.vigil_id());
  answering.set_index(vigil.your_index());
  answering.set_step(step);
  answering.set_token(std::string(text(answer_chain(*start, limits::answer_chain_steps - step).view())));
  return request;
}

std::vector<Bytes> answer_missing(const AlertState& alert, std::uint64_t now_s) {
  std::vector<Bytes> missing;
  if (alert.over()) return missing;
  const auto mine_until = [](const record::VigilRecord& vigil) {
    for (const record::ActRecord& act : vigil.acts()) {
      if (act.index() == vigil.your_index() && answers(act) && !act.lapsed()) return end_of(act);
    }
    return std::uint64_t{0};
  };
  const auto& vigils = alert.record().vigils();
  const bool answering = std::any_of(vigils.begin(), vigils.end(),
                                     [&](const record::VigilRecord& vigil) { return vigil.mine() && mine_until(vigil) > now_s; });
  if (!answering) return missing;
  for (const record::VigilRecord& vigil : vigils) {
    if (!vigil.mine() || vigil.closed() || mine_until(vigil) > now_s) continue;
    const View id = view(vigil.vigil_id());
    missing.emplace_back(id.begin(), id.end());
  }
  return missing;
}

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

}  // namespace vigil::client
