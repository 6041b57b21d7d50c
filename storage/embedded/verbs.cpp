// Which verb a request is: the one place that knows them all.
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {
namespace {

template <class Visit>
auto visit_verb(Request& request, Visit visit) {
  if (auto* fire = std::get_if<Fire>(&request.what)) return visit(*fire);
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

Cost cost_of(const Request& request) {
  const auto* write = std::get_if<Write>(&request.what);
  if (!write) return {limits::vigil_addresses_max, limits::vigil_bytes_max / 4};
  if (const auto* deliver = std::get_if<Deliver>(write)) {
    const std::size_t envelope = deliver->envelope ? deliver->envelope->size() : 0;
    return {deliver->to.size(), envelope + deliver->to.size() * 256};
  }
  if (std::holds_alternative<Keep>(*write)) return {limits::vigil_addresses_max, limits::vigil_bytes_max};
  if (const auto* acknowledge = std::get_if<Acknowledge>(write)) return {0, acknowledge->copies.size() * 40};
  return {0, 1024};
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
