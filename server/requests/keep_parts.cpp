#include "server/requests/keep_parts.hpp"

#include <algorithm>

namespace vigil::server {

KeepParts::Added KeepParts::add(wire::Keep& part, std::uint64_t now_s) {
  VigilId vigil;
  if (!read_id(part.vigil_id(), vigil)) return std::unexpected(Why{"a vigil id has 32 bytes"});
  if (part.parts() == 0 || part.parts() > limits::vigil_parts_max || part.part() >= part.parts())
    return std::unexpected(Why{"a vigil has 1 to 8 parts"});
  if (part.piece().empty()) return std::unexpected(Why{"a part is not empty"});
  if (part.piece().size() > limits::vigil_bytes_max) return std::unexpected(Why{"the vigil is too large", wire::TOO_LARGE});
  forget_old(now_s);
  Open* open = find(vigil);
  if (open == nullptr) {
    if (open_.size() >= open_max) return std::unexpected(Why{"too many vigils with missing parts", wire::SLOW_DOWN});
    open = &open_.emplace_back(Open{.vigil = vigil, .since_s = now_s, .pieces = std::vector<std::string>(part.parts())});
  }
  if (open->pieces.size() != part.parts()) {
    forget(*open);
    return std::unexpected(Why{"the parts of a vigil disagree about their number"});
  }
  std::string& piece = open->pieces[part.part()];
  const std::size_t bytes = part.piece().size();
  if (open->bytes - piece.size() + bytes > limits::vigil_bytes_max) {
    forget(*open);
    return std::unexpected(Why{"the vigil is too large", wire::TOO_LARGE});
  }
  if (relay_.parts_bytes.fetch_add(bytes) + bytes > Relay::parts_bytes_max) {
    relay_.parts_bytes.fetch_sub(bytes);
    return std::unexpected(Why{"too many vigils with missing parts on this relay", wire::SLOW_DOWN});
  }
  // The same part again replaces the first.
  relay_.parts_bytes.fetch_sub(piece.size());
  open->bytes += bytes - piece.size();
  if (piece.empty()) ++open->here;
  piece = std::move(*part.mutable_piece());
  if (open->here < open->pieces.size()) return std::unexpected(Why{"", wire::PARTIAL});
  return finish(*open);
}

KeepParts::Added KeepParts::finish(Open& open) {
  std::string whole;
  whole.reserve(open.bytes);
  for (const std::string& piece : open.pieces) whole += piece;
  const VigilId said = open.vigil;
  forget(open);
  wire::Vigil vigil;
  if (!vigil.ParseFromString(whole)) return std::unexpected(Why{"the parts are no vigil"});
  return read_vigil(vigil, said);
}

KeepParts::Open* KeepParts::find(const VigilId& vigil) {
  const auto found = std::ranges::find(open_, vigil, &Open::vigil);
  return found == open_.end() ? nullptr : &*found;
}

void KeepParts::forget(Open& open) {
  relay_.parts_bytes.fetch_sub(open.bytes);
  open_.erase(open_.begin() + (&open - open_.data()));
}

void KeepParts::forget_old(std::uint64_t now_s) {
  for (std::size_t i = open_.size(); i-- > 0;)
    if (now_s >= open_[i].since_s + limits::vigil_parts_wait_s) forget(open_[i]);
}

std::uint64_t KeepParts::until_s() const {
  std::uint64_t oldest = ~std::uint64_t{0} - limits::vigil_parts_wait_s;
  for (const Open& open : open_) oldest = std::min(oldest, open.since_s);
  return oldest + limits::vigil_parts_wait_s;
}

void KeepParts::forget_all() {
  while (!open_.empty()) forget(open_.back());
}

}  // namespace vigil::server
