// Which verb a request is: the one place that knows them all.
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {
namespace {

template <class Visit>
auto visit_verb(Request& request, Visit visit) {
  if (auto* fire = std::get_if<Fire>(&request.what)) return visit(*fire);
  if (auto* expire = std::get_if<ExpireUnread>(&request.what)) return visit(*expire);
  return std::visit(visit, std::get<Write>(request.what));
}

}  // namespace

void prepare(const Core& core, Request& request) {
  visit_verb(request, [&](auto& verb) { prepare(core, request, verb); });
}

void gather(Core& core, Request& request, Missing& missing) {
  visit_verb(request, [&](auto& verb) { gather(core, request, verb, missing); });
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request) {
  return visit_verb(request, [&](auto& verb) { return apply(core, batch, request, verb); });
}

namespace {

std::size_t bytes_of_copies(const std::vector<VigilEnvelope>& copies) {
  std::size_t bytes = 0;
  for (const VigilEnvelope& copy : copies) bytes += 64 + (copy.envelope ? copy.envelope->size() : 0);
  return bytes;
}

// Its rows, and its stages once more in case they are due at once.
Cost cost_of_keep(const Keep& keep) {
  Cost cost{limits::vigil_addresses_max, 8192 + bytes_of_copies(keep.notices)};
  for (const Stage& stage : keep.stages) cost.bytes += bytes_of_copies(stage.copies) * (keep.due_in_s == 0 ? 2 : 1);
  for (const Ending& ending : keep.endings) cost.bytes += bytes_of_copies(ending.copies);
  for (const Ending& renewal : keep.renewals) cost.bytes += bytes_of_copies(renewal.copies);
  return cost;
}

}  // namespace

Cost cost_of(const Request& request) {
  const auto* write = std::get_if<Write>(&request.what);
  if (!write) return {limits::vigil_addresses_max, limits::vigil_bytes_max / 4};
  if (const auto* deliver = std::get_if<Deliver>(write)) {
    const std::size_t envelope = deliver->envelope ? deliver->envelope->size() : 0;
    return {deliver->to.size(), envelope + deliver->to.size() * 256};
  }
  if (const auto* keep = std::get_if<Keep>(write)) return cost_of_keep(*keep);
  if (const auto* refresh = std::get_if<Refresh>(write)) return {0, 8192 + refresh->copies.size() * limits::alert_envelope_bytes};
  if (const auto* acknowledge = std::get_if<Acknowledge>(write)) return {0, acknowledge->copies.size() * 40};
  return {0, 2048};
}

bool is_urgent(const Request& request) {
  const auto* write = std::get_if<Write>(&request.what);
  if (!write) return true;
  if (const auto* deliver = std::get_if<Deliver>(write)) return deliver->lane == wire::URGENT;
  return std::holds_alternative<Keep>(*write) || std::holds_alternative<Refresh>(*write) ||
         std::holds_alternative<Renew>(*write) || std::holds_alternative<Hurry>(*write) || std::holds_alternative<End>(*write) ||
         std::holds_alternative<Answering>(*write) || std::holds_alternative<Close>(*write) ||
         std::holds_alternative<ReleaseDue>(*write);
}

}  // namespace vigil::storage
