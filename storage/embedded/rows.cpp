// be32 expires | be16 length | stored.Copy | envelope
#include "storage/embedded/rows.hpp"

namespace vigil::storage {

void write_copy_head(std::string& out, std::uint32_t expires, const stored::Copy& copy) {
  const std::size_t size = copy.ByteSizeLong();
  out.resize(6);
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(expires >> (24 - 8 * i));
  out[4] = static_cast<char>(size >> 8);
  out[5] = static_cast<char>(size);
  copy.AppendPartialToString(&out);
}

namespace {

bool whole(const CopyRow& row) {
  const stored::Copy& copy = row.copy;
  if (copy.id().size() != CopyId::length || copy.address().size() != AddressHash::length) return false;
  if (!limits::is_envelope_size(copy.bytes()) || (copy.body().empty() && row.envelope.size() != copy.bytes())) return false;
  const int what = static_cast<int>(copy.of_vigil());
  if (!wire::VigilCopy_IsValid(what) || (what == wire::NOTICE) != copy.has_notice()) return false;
  return !copy.has_notice() || wire::Released_Act_IsValid(static_cast<int>(copy.notice().act()));
}

}  // namespace

bool read_copy_row(std::string_view row, CopyRow& out) {
  if (row.size() < 6) return false;
  out.expires = read_u32(row);
  const std::size_t size = static_cast<std::size_t>(static_cast<std::uint8_t>(row[4])) << 8 | static_cast<std::uint8_t>(row[5]);
  if (row.size() < 6 + size) return false;
  if (!out.copy.ParseFromArray(row.data() + 6, static_cast<int>(size)) || out.copy.version() != row_version) return false;
  out.envelope = row.substr(6 + size);
  return whole(out);
}

void store_notice(const ReleasedAct& from, stored::Notice& to) {
  to.set_act(static_cast<std::uint32_t>(from.act));
  to.set_index(from.index);
  to.set_step(from.step);
  to.set_token(from.token.bytes.data(), from.token.bytes.size());
  to.set_lease_s(from.lease_s);
  if (from.act != wire::Released::CLOSED) return;
  to.set_index_other(from.index_other);
  to.set_token_other(from.token_other.bytes.data(), from.token_other.bytes.size());
}

StoredCopy copy_from_row(const CopyRow& row, const Position& at, SharedBytes envelope) {
  StoredCopy copy;
  copy.at = at;
  copy.id = id_of<CopyId>(row.copy.id());
  copy.address = id_of<AddressHash>(row.copy.address());
  copy.envelope = std::move(envelope);
  copy.expires = row.expires;
  copy.of_vigil = static_cast<VigilCopy>(row.copy.of_vigil());
  copy.round = row.copy.round();
  copy.stage = row.copy.stage();
  copy.many_silent = row.copy.many_silent();
  copy.released = row.copy.released();
  if (row.copy.has_notice()) {
    const stored::Notice& from = row.copy.notice();
    ReleasedAct act;
    act.act = static_cast<wire::Released::Act>(from.act());
    act.index = from.index();
    act.step = from.step();
    act.token = id_of<Secret>(from.token());
    act.index_other = from.index_other();
    act.token_other = id_of<Secret>(from.token_other());
    act.lease_s = from.lease_s();
    copy.notice = act;
  }
  return copy;
}

}  // namespace vigil::storage
