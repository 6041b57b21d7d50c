// The SQLCipher database of an open profile, and the few words of SQLite that records/ and key_store need. Schema version 1.
// Several processes share one container (`listen` and the other commands): every write is a short IMMEDIATE transaction, and a
// ratchet's load-modify-store lies in one. Blocking, well below a millisecond but for the sync; one thread per Container.
//
// The file is preallocated and grows in steps, its unused twin always with it. Failures of disk, damage and being busy for
// more than 10 s throw Failed; the transaction is then undone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/files.hpp"
#include "crypto/base/secret_bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace vigil::client {

inline constexpr std::size_t container_step_bytes = 2 * 1024 * 1024;
inline constexpr int container_schema_version = 1;

// One run of a prepared statement: bind in order, then step over rows. Resets the statement when it goes.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Query& bind(std::int64_t number);
  Query& bind(std::uint64_t number) { return bind(static_cast<std::int64_t>(number)); }
  Query& bind(std::uint32_t number) { return bind(static_cast<std::int64_t>(number)); }
  Query& bind(int number) { return bind(static_cast<std::int64_t>(number)); }
  Query& bind(bool flag) { return bind(static_cast<std::int64_t>(flag)); }
  Query& bind(View blob);
  Query& bind(std::string_view text);
  Query& bind_null();

  bool row();  // steps to the next row; false when there is none
  void run();  // steps to the end

  std::int64_t number(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(number(column)); }
  View blob(int column) const;  // valid until the next step
  std::string text(int column) const;
  bool is_null(int column) const;
  // A fixed-length value; one of another length is damage: throws Failed.
  template <class Id>
  Id id(int column) const {
    const std::optional<Id> value = Id::from(blob(column));
    if (!value) throw Failed(Fault::damaged);
    return *value;
  }

 private:
  sqlite3_stmt* statement_;
  int next_ = 1;
};

class Container {
 public:
  // Makes the file, its schema and its full first step. 'key' has 32 bytes.
  static std::unique_ptr<Container> create(const Path& path, const Path& twin, View key);
  // Throws Failed: damaged, newer_version, busy, disk.
  static std::unique_ptr<Container> open(const Path& path, const Path& twin, View key);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  // The prepared statement of this text, kept for the next time. 'sql' must be a literal.
  Query query(std::string_view sql);
  std::int64_t last_row_id() const;
  std::int64_t changes() const;

  // One step: all of it or nothing. A nested one undoes only itself, the outermost undoes everything. Not committed = rolled back
  // when it goes. The first begin() waits for the write lock (IMMEDIATE).
  //   Transaction step(container); ...; step.commit();
  class Transaction {
   public:
    explicit Transaction(Container& container);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Container& container_;
    bool done_ = false;
  };

  // What Transaction calls; for key_store, whose interface has the same three words.
  void begin();
  void commit();
  void rollback() noexcept;
  bool in_step() const { return depth_ != 0; }

  // Small values that have no table: own name, own identity's record.
  std::optional<Bytes> setting(std::string_view name);
  void set(std::string_view name, View value);

  // Keeps room ahead, and the twin as large. Called at opening and closing; `listen` calls it daily.
  void grow_if_needed();

 private:
  Container(const Path& path, const Path& twin);
  void start(View key, bool fresh);
  void run(const char* sql);
  void grow_to(std::size_t bytes);
  void even_twin();
  std::size_t pages(std::string_view pragma);
  void touch_both() const;

  Path path_, twin_;
  sqlite3* database_ = nullptr;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
  int depth_ = 0;
};

}  // namespace vigil::client
