// Rows of copies: one layout, written by the committer, read by the readers' pool. Pure.
#pragma once

#include "proto/stored.pb.h"
#include "storage/embedded/keys.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

inline View bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view chars_of(View bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
template <class Id>
Id id_of(const std::string& text) {
  return Id::from(bytes_of(text)).value_or(Id{});
}
inline Tag tag_of(std::string_view text) {
  Tag tag{};
  if (text.size() == tag.size()) std::memcpy(tag.data(), text.data(), tag.size());
  return tag;
}

// What stands before the envelope in a copy's row.
void write_copy_head(std::string& out, std::uint32_t expires, const stored::Copy& copy);
struct CopyRow {
  std::uint32_t expires = 0;
  stored::Copy copy;
  std::string_view envelope;  // into the row; empty: in a body row
};
// False: not a row of this version, or damaged. What it gives out is a copy: ids of their lengths, an envelope of one of the
// sizes (of a fan-out: the promise of one), known kinds.
bool read_copy_row(std::string_view row, CopyRow& out);

void store_notice(const ReleasedAct& from, stored::Notice& to);
StoredCopy copy_from_row(const CopyRow& row, const Position& at, SharedBytes envelope);
// In every row: of what this page and keys.hpp say. Another one is not read.
inline constexpr std::uint32_t row_version = 2;

}  // namespace vigil::storage
