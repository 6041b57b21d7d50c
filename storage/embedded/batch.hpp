// What one commit writes, and what follows from it. The committer's; reused from commit to commit.
#pragma once

#include <google/protobuf/message_lite.h>

#include <memory>
#include <vector>

#include "proto/stored.pb.h"
#include "rocksdb/write_batch.h"
#include "storage/embedded/request.hpp"
#include "storage/embedded/rocks.hpp"

namespace vigil::storage {

class Batch {
 public:
  // What comes next goes into the database that is open now, at this moment.
  void go_on(rocksdb::ColumnFamilyHandle* once, rocksdb::ColumnFamilyHandle* heads, std::uint64_t at_ms) {
    now_ms = at_ms;
    once_ = once;
    heads_ = heads;
  }

  // Empty again. What was written is wiped with the memory that held it; clearing would keep it.
  void forget() {
    rows = rocksdb::WriteBatch(rows.GetDataSize());
    scratch_ = std::string();
    copy = stored::Copy();
    copy_head = std::string();
    copies = 0;
    last_seq = 0;
    remembered_.clear();
  }

  // Put once, ever: keys of "once" are never written twice.
  void put_once(const Key& key, std::string_view value) {
    rows.Put(once_, slice(key.view()), slice(value)).PermitUncheckedError();
  }
  void put_once(const Key& key, std::string_view head, std::string_view rest) {
    const rocksdb::Slice name = slice(key.view());
    const rocksdb::Slice values[2] = {slice(head), slice(rest)};
    rows.Put(once_, rocksdb::SliceParts(&name, 1), rocksdb::SliceParts(values, 2)).PermitUncheckedError();
  }
  void put_once(const Key& key, const google::protobuf::MessageLite& row) {
    row.SerializeToString(&scratch_);
    put_once(key, scratch_);
  }
  void remove_once(const Key& key) { rows.SingleDelete(once_, slice(key.view())).PermitUncheckedError(); }

  void put_head(std::string_view key, const google::protobuf::MessageLite& row) {
    row.SerializeToString(&scratch_);
    rows.Put(heads_, slice(key), slice(scratch_)).PermitUncheckedError();
  }
  void remove_head(std::string_view key) { rows.Delete(heads_, slice(key)).PermitUncheckedError(); }

  // The ids of the whole commit are one row: a row of its own cost each copy more than the rest of its way to the disk.
  void put_remembered() {
    if (remembered_.empty()) return;
    const auto* bytes = reinterpret_cast<const char*>(remembered_.data());
    const Key key = row_key(remembered_bucket_, Kind::remembered, Tag{}, 0, remembered_seq_);
    put_once(key, {bytes, remembered_.size() * sizeof(Tag)});
  }
  // Takes a number when it is the first one. Where its row will lie.
  Buckets::Place remember(const Tag& id, std::uint64_t& next_seq) {
    if (remembered_.empty()) {
      remembered_bucket_ = remembered_bucket(now_s() + remembered_margin_s);
      remembered_seq_ = next_seq++;
    }
    remembered_.push_back(id);
    return {remembered_bucket_, volume_of(remembered_seq_)};
  }

  bool empty() const { return rows.Count() == 0; }
  std::size_t bytes() const { return rows.GetDataSize(); }

  std::uint64_t number = 0;  // of the commit, rising
  stored::Copy copy;         // for put_copy(): it goes with the batch
  std::string copy_head;
  // One moment for all that a request does.
  std::uint64_t now_ms = 0;
  Instant now_s() const { return now_ms / 1000; }

  rocksdb::WriteBatch rows;
  std::size_t copies = 0;
  std::uint64_t last_seq = 0;                        // of the copies in it
  std::vector<std::unique_ptr<Request>> follow_ups;  // for the committer itself, after this one

 private:
  static constexpr Instant remembered_margin_s = 60;  // the last id of a commit may come so long after the first
  rocksdb::ColumnFamilyHandle* once_ = nullptr;
  rocksdb::ColumnFamilyHandle* heads_ = nullptr;
  std::string scratch_;
  std::vector<Tag> remembered_;  // ids
  Bucket remembered_bucket_ = 0;
  std::uint64_t remembered_seq_ = 0;
};

}  // namespace vigil::storage
