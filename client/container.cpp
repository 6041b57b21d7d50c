// SQLCipher 3.4 under a raw key. The only file that includes sqlite3.h.
#define SQLITE_HAS_CODEC
#include "client/container.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "client/schema.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

constexpr int busy_wait_ms = 10'000;
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t room_ahead_bytes = container_step_bytes / 8;

Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::busy;
    case SQLITE_FULL:
      return Fault::disk_full;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_MISMATCH:
      return Fault::damaged;
    default:
      return Fault::disk;
  }
}

void check(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) throw Failed(fault_of(code));
}

// "x'<64 hex digits>'" in locked memory: how SQLCipher takes a key as it is.
SecretBytes raw_key(View key) {
  static constexpr char digits[] = "0123456789abcdef";
  SecretBytes out(3 + 2 * key.size());
  std::uint8_t* at = out.data();
  *at++ = 'x';
  *at++ = '\'';
  for (const std::uint8_t byte : key) {
    *at++ = static_cast<std::uint8_t>(digits[byte >> 4]);
    *at++ = static_cast<std::uint8_t>(digits[byte & 15]);
  }
  *at = '\'';
  return out;
}

std::size_t size_of_file(const Path& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && about.st_size > 0 ? static_cast<std::size_t>(about.st_size) : 0;
}

Path journal_of(const Path& path) {
  return Path(path.string() + "-journal");
}

}  // namespace

// ---- one run of a statement

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t number) {
  check(sqlite3_bind_int64(statement_, next_++, number));
  return *this;
}

Query& Query::bind(View blob) {
  // A null pointer would bind NULL.
  const void* const data = blob.empty() ? static_cast<const void*>("") : blob.data();
  check(sqlite3_bind_blob64(statement_, next_++, data, blob.size(), SQLITE_TRANSIENT));
  return *this;
}

Query& Query::bind(std::string_view text) {
  const char* const data = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Query& Query::bind_null() {
  check(sqlite3_bind_null(statement_, next_++));
  return *this;
}

bool Query::row() {
  const int code = sqlite3_step(statement_);
  check(code);
  return code == SQLITE_ROW;
}

void Query::run() {
  while (row()) {
  }
}

std::int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

View Query::blob(int column) const {
  const auto* const data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const int bytes = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? View{} : View{data, static_cast<std::size_t>(bytes)};
}

std::string Query::text(int column) const {
  const View bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

// ---- the database

Container::Container(const Path& path, const Path& twin) : path_(path), twin_(twin) {}

Container::~Container() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
  touch_both();
}

void Container::run(const char* sql) {
  check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
}

void Container::start(View key, bool fresh) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX | (fresh ? SQLITE_OPEN_CREATE : 0);
  check(sqlite3_open_v2(path_.c_str(), &database_, flags, nullptr));
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, busy_wait_ms);
  const SecretBytes raw = raw_key(key);
  check(sqlite3_key(database_, raw.view().data(), static_cast<int>(raw.size())));
  run("PRAGMA cipher_page_size = 4096");
  run("PRAGMA temp_store = MEMORY");  // nothing decrypted ever touches a file
  run("PRAGMA secure_delete = ON");
  run("PRAGMA synchronous = FULL");
  run("PRAGMA foreign_keys = ON");
  // A journal that is there all the time, empty, for the used container and its twin alike.
  run("PRAGMA journal_mode = TRUNCATE");
}

std::unique_ptr<Container> Container::create(const Path& path, const Path& twin, View key) {
  std::unique_ptr<Container> made(new Container(path, twin));
  // 0600 before SQLite opens it; SQLite gives its journal the same mode.
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw Failed(errno == EEXIST ? Fault::profile_exists : fault_of_errno());
  made->start(key, true);
  {
    Transaction step(*made);
    made->run(schema_v1);
    made->set("schema", View(std::array<std::uint8_t, 1>{container_schema_version}));
    step.commit();
  }
  made->grow_to(container_step_bytes);
  return made;
}

std::unique_ptr<Container> Container::open(const Path& path, const Path& twin, View key) {
  std::unique_ptr<Container> made(new Container(path, twin));
  if (size_of_file(path) < container_step_bytes) throw Failed(Fault::damaged);
  made->start(key, false);
  const std::optional<Bytes> version = made->setting("schema");
  if (!version || version->size() != 1) throw Failed(Fault::damaged);
  if (version->front() > container_schema_version) throw Failed(Fault::newer_version);
  made->grow_if_needed();
  return made;
}

Query Container::query(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    // Still running further up the stack: a copy of its own would be needed, and that is a bug of ours.
    if (sqlite3_stmt_busy(found->second) != 0) throw std::logic_error("one statement used twice at a time");
    return Query(found->second);
  }
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statements_.emplace(sql, statement);
  return Query(statement);
}

std::int64_t Container::last_row_id() const {
  return sqlite3_last_insert_rowid(database_);
}
std::int64_t Container::changes() const {
  return sqlite3_changes(database_);
}

void Container::begin() {
  if (depth_ == 0) {
    run("BEGIN IMMEDIATE");
  } else {
    run("SAVEPOINT inner");
  }
  ++depth_;
}

void Container::commit() {
  if (depth_ == 1) {
    run("COMMIT");
    depth_ = 0;
    try {
      even_twin();
    } catch (const Failed&) {  // NOLINT(bugprone-empty-catch)
      // What was committed stays committed; the twin is evened at the next step or opening.
    }
    touch_both();
  } else {
    run("RELEASE inner");
    --depth_;
  }
}

void Container::rollback() noexcept {
  if (depth_ == 0) return;
  --depth_;
  if (depth_ == 0) {
    // After some failures SQLite has rolled back by itself; an error here says only that.
    if (sqlite3_get_autocommit(database_) == 0) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  } else {
    sqlite3_exec(database_, "ROLLBACK TO inner; RELEASE inner", nullptr, nullptr, nullptr);
  }
}

Container::Transaction::Transaction(Container& container) : container_(container) {
  container_.begin();
}
Container::Transaction::~Transaction() {
  if (!done_) container_.rollback();
}
void Container::Transaction::commit() {
  container_.commit();
  done_ = true;
}

std::optional<Bytes> Container::setting(std::string_view name) {
  Query found = query("SELECT value FROM settings WHERE name = ?");
  found.bind(name);
  if (!found.row()) return std::nullopt;
  const View value = found.blob(0);
  return Bytes(value.begin(), value.end());
}

void Container::set(std::string_view name, View value) {
  Transaction step(*this);
  query("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)").bind(name).bind(value).run();
  step.commit();
}

// ---- sizes: equal steps for both files, whatever happens inside

std::size_t Container::pages(std::string_view pragma) {
  Query asked = query(pragma);
  return asked.row() ? static_cast<std::size_t>(asked.number(0)) : 0;
}

void Container::grow_if_needed() {
  if (pages("PRAGMA freelist_count") * page_bytes < room_ahead_bytes) grow_to(size_of_file(path_) + container_step_bytes);
  even_twin();
}

// Fills the file with pages that were written once and are free now: encrypted like all others, so nothing tells them apart.
void Container::grow_to(std::size_t bytes) {
  {
    Transaction fill(*this);
    run("CREATE TABLE filler (page BLOB)");
    // One row a page; the pages that were free before are used up first.
    while (pages("PRAGMA page_count") * page_bytes < bytes) run("INSERT INTO filler VALUES (zeroblob(3000))");
    fill.commit();
  }
  Transaction clear(*this);
  run("DROP TABLE filler");
  clear.commit();
}

// The twin is never smaller, whatever the database has grown by: looked at after every commit.
void Container::even_twin() {
  const std::size_t wanted = size_of_file(path_);
  std::size_t have = size_of_file(twin_);
  if (have >= wanted) return;
  const Descriptor twin(::open(twin_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!twin) throw Failed(fault_of_errno());
  while (have < wanted) {
    const Bytes noise = random_bytes(std::min<std::size_t>(wanted - have, 64 * 1024));
    const ssize_t written = ::write(twin.get(), noise.data(), noise.size());
    if (written <= 0) throw Failed(fault_of_errno());
    have += static_cast<std::size_t>(written);
  }
  if (::fsync(twin.get()) != 0) throw Failed(fault_of_errno());
  const Descriptor journal(::open(journal_of(twin_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

// Times of both pairs of files are set alike: the newer one would tell which is in use.
void Container::touch_both() const {
  struct timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_nsec = 0;
  const std::array<struct timespec, 2> times{now, now};
  for (const Path& path : {path_, twin_, journal_of(path_), journal_of(twin_)})
    ::utimensat(AT_FDCWD, path.c_str(), times.data(), 0);
}

}  // namespace vigil::client
