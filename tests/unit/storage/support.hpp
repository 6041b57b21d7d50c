// An embedded store in a directory of its own, on an injected clock, spoken to without coroutines: each call waits for its
// answer.
#pragma once

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include "crypto/base/random.hpp"
#include "crypto/base/secret_bytes.hpp"
#include "storage/embedded/open.hpp"
#include "storage/seizure.hpp"

namespace vigil::storage::test {

// Stands still until told.
class HandClock final : public Clock {
 public:
  std::uint64_t wall_ms() const override { return wall.load() * 1000; }
  std::uint64_t monotonic_ms() const override { return monotonic.load(); }
  void pass(std::uint64_t seconds) {
    wall += seconds;
    monotonic += seconds * 1000;
  }
  std::atomic<Instant> wall = 1'800'000'000;
  std::atomic<std::uint64_t> monotonic = 5'000'000;
};

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "vigil-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  // How many files of the store hold these bytes, read as whoever has the keys reads them.
  std::size_t files_with(View needle) const {
    const auto seen = read_seized_disk(path / "store", nullptr, {Bytes(needle.begin(), needle.end())});
    if (!seen) throw std::runtime_error(seen.error());
    return seen->files_with(0);
  }
  std::filesystem::path path;
};

class Seen final : public Observer {
 public:
  void admitted(const MailboxId&, const StoredCopy& copy) noexcept override {
    const std::lock_guard lock(mutex);
    copies.push_back(copy);
  }
  void settled(std::uint64_t order) noexcept override { durable = order; }
  void unsettled() noexcept override { ++lost; }
  void next_due(std::uint64_t due_ms) noexcept override { next_ms = due_ms; }
  std::mutex mutex;
  std::vector<StoredCopy> copies;
  std::atomic<std::uint64_t> durable = 0, lost = 0;
  std::atomic<std::uint64_t> next_ms = 0;
};

class Shop {
 public:
  explicit Shop(EmbeddedOptions with = {}) : options(std::move(with)) {
    if (options.directory.empty()) options.directory = directory.path / "store";
    if (!options.clock) options.clock = clock;
    open();
  }
  ~Shop() { close(); }
  void open() {
    auto opened = open_embedded(options);
    if (!opened) throw std::runtime_error(opened.error());
    store = std::move(*opened);
    store->observe(seen);
  }
  void close() {
    if (store) store->close();
    store.reset();
  }
  void reopen() {
    close();
    open();
  }

  Outcome apply(Write write) {
    struct One final : Completion {
      void done(std::uint64_t, Outcome from) override {
        outcome = std::move(from);
        ++times;
      }
      Outcome outcome;
      int times = 0;
    } one;
    store->submit(std::move(write), io.get_executor(), one, 7);
    wait([&] { return one.times > 0; });
    return one.outcome;
  }
  Status status(Write write) { return apply(std::move(write)).status; }
  Result<Store::Page> list(const MailboxId& mailbox, Lane lane, std::uint64_t after = 0, std::size_t most = 1000) {
    std::optional<Result<Store::Page>> page;
    store->list(mailbox, lane, after, most, io.get_executor(), [&](Result<Store::Page> got) { page = std::move(got); });
    wait([&] { return page.has_value(); });
    return *page;
  }

  // A mailbox that is open.
  MailboxId mailbox() {
    const auto right = random_id<Hash>();
    status(AddInvites{{right}, 0});
    const auto id = random_id<MailboxId>();
    status(OpenMailbox{id, right});
    return id;
  }
  AddressHash address(const MailboxId& mailbox) {
    Grant grant{.mailbox = mailbox, .address = random_id<AddressHash>(), .urgent = true, .normal = true, .vigils = true};
    grant.life_max = wire::THIRTY_DAYS;
    grant.prekeys_max = 8;
    status(grant);
    return grant.address;
  }
  static SharedBytes envelope(std::size_t size = 1024) { return std::make_shared<const Bytes>(random_bytes(size)); }
  static Deliver deliver(std::vector<AddressHash> to, Lane lane = wire::NORMAL, Lifetime life = wire::ONE_DAY) {
    Deliver out;
    out.id = random_id<FanoutId>();
    out.lane = lane;
    out.lifetime = life;
    out.envelope = envelope();
    out.to = std::move(to);
    return out;
  }

  Directory directory;
  std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
  EmbeddedOptions options;
  Seen seen;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> working{io.get_executor()};
  std::unique_ptr<Store> store;

 private:
  template <class Done>
  void wait(Done done) {
    while (!done()) io.run_one();
  }
};

}  // namespace vigil::storage::test
