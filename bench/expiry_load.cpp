// Very many copies that expire in the same second: what that costs those who write and read meanwhile, beyond what the disk's own
// syncs take in the same minutes.
//
//   fill      mailboxes of 1,000 copies each, with the store's own limits, on a clock that stands still: part of them inline
//             envelopes of 1 KB, part references to the body of a fan-out; all live for an hour
//   quiet     the clock runs, until the second in which all of them expire
//   expiring  from there until the store knows of none of them, its files are gone, and so are the files' keys
//
// In both phases: small durable writes and two kinds of listing (a mailbox in use, whose page is then acknowledged; one of those
// that were filled, mostly not in memory), all in an open loop, and a file that is synced beside them.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <stdexcept>

#include "crypto/base/random.hpp"
#include "loads.hpp"
#include "open_loop.hpp"
#include "store_shop.hpp"

namespace vigil::bench {
namespace {

namespace fs = std::filesystem;
using storage::Instant;

constexpr std::size_t group_mailboxes = 500;  // filled at a time, so that their counts stay in memory
constexpr std::size_t live_mailboxes = 100;
constexpr Instant bucket_s = 600, early_s = 10;  // the copies expire so long before their bucket ends
constexpr double hot_lists_per_s = 50, cold_lists_per_s = 20;

// Stands until it is told to run.
class LoadClock final : public storage::Clock {
 public:
  explicit LoadClock(Instant stands_at) : stands_ms_(stands_at * 1000) {}
  void run_from(Instant at) {
    offset_ms_ = at * 1000 - steady_ms();
    running_ = true;
  }
  std::uint64_t wall_ms() const override { return running_ ? steady_ms() + offset_ms_ : stands_ms_; }
  std::uint64_t monotonic_ms() const override { return wall_ms(); }

 private:
  static std::uint64_t steady_ms() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(bench::Clock::now().time_since_epoch()).count());
  }
  const std::uint64_t stands_ms_;
  std::atomic<std::uint64_t> offset_ms_ = 0;
  std::atomic<bool> running_ = false;
};

// Keeps many deliveries outstanding; every one must be taken.
class Filler final : public storage::Completion {
 public:
  explicit Filler(StoreShop& shop) : shop_(shop), envelope_(std::make_shared<const Bytes>(random_bytes(1024))) {}

  void deliver(std::vector<AddressHash> to) {
    while (outstanding_ >= in_flight) shop_.context().run_one();
    storage::Deliver write;
    write.id = random_id<FanoutId>();
    write.lifetime = wire::ONE_HOUR;
    write.envelope = envelope_;
    write.to = std::move(to);
    ++outstanding_;
    shop_.store().submit(std::move(write), shop_.context().get_executor(), *this, 0);
  }
  void finish() {
    while (outstanding_ > 0) shop_.context().run_one();
  }
  void done(std::uint64_t, storage::Outcome outcome) override {
    --outstanding_;
    if (outcome.status != wire::DONE) throw std::runtime_error("fill refused: " + std::string(meaning(outcome.status)));
  }

 private:
  static constexpr std::size_t in_flight = 512;
  StoreShop& shop_;
  storage::SharedBytes envelope_;
  std::size_t outstanding_ = 0;
};

// Each write as from a connection of its own: the store keeps the order of one, so that one that must read holds up those behind.
class Writes final : public OpenLoop {
 public:
  Writes(storage::Store& store, const std::vector<StoreShop::Mailbox>& to, double per_second)
      : OpenLoop(per_second), store_(store), to_(to), envelope_(std::make_shared<const Bytes>(random_bytes(1024))) {
    for (std::size_t i = 0; i < to.size(); ++i) connections_.emplace_back(*this);
  }
  std::uint64_t refused = 0;

 private:
  class Connection final : public storage::Completion {
   public:
    explicit Connection(Writes& writes) : writes_(writes) {}
    void done(std::uint64_t tag, storage::Outcome outcome) override {
      writes_.refused += outcome.status != wire::DONE;
      writes_.answered(tag);
    }

   private:
    Writes& writes_;
  };
  void ask(std::size_t number) override {
    storage::Deliver write;
    write.id = random_id<FanoutId>();
    write.lifetime = wire::FOURTEEN_DAYS;
    write.envelope = envelope_;
    write.to = {to_[number % to_.size()].address};
    store_.submit(std::move(write), executor(), connections_[number % connections_.size()], number);
  }
  storage::Store& store_;
  const std::vector<StoreShop::Mailbox>& to_;
  storage::SharedBytes envelope_;
  std::vector<Connection> connections_;
};

// One page of a mailbox at a time, as a connection asks for it.
class Lists final : public OpenLoop, public storage::Completion {
 public:
  Lists(storage::Store& store, const std::vector<StoreShop::Mailbox>& of, double per_second, bool acknowledge)
      : OpenLoop(per_second), store_(store), of_(of), acknowledge_(acknowledge) {}
  void done(std::uint64_t, storage::Outcome) override { done_more(); }
  std::uint64_t failed = 0;

 private:
  void ask(std::size_t number) override {
    const StoreShop::Mailbox& mailbox = of_[acknowledge_ ? number % of_.size() : random_() % of_.size()];
    store_.list(mailbox.id, wire::NORMAL, 0, limits::window_copies, executor(),
                [this, number, &mailbox](const Result<storage::Store::Page>& page) {
                  answered(number);
                  failed += !page;
                  if (!page || page->empty() || !acknowledge_) return;
                  storage::Acknowledge done{mailbox.id, {}};
                  for (const storage::StoredCopy& copy : *page) done.copies.push_back(copy.at);
                  more();
                  store_.submit(std::move(done), executor(), *this, 0);
                });
  }
  storage::Store& store_;
  const std::vector<StoreShop::Mailbox>& of_;
  const bool acknowledge_;
  std::mt19937_64 random_{7};
};

// The store's folder from outside.
struct Files {
  std::set<std::string> tables;
  std::uint64_t bytes = 0;
  std::size_t sealed = 0, keys = 0;
};

Files look_at(const fs::path& store) {
  Files out;
  for (const fs::directory_entry& file : fs::directory_iterator(store / storage::rows_name)) {
    std::error_code gone;
    const std::string name = file.path().filename().string();
    const std::uint64_t bytes = file.file_size(gone);
    if (gone) continue;
    if (name.ends_with(".sst")) {
      out.tables.insert(name);
      out.bytes += bytes;
    }
    out.sealed += name.ends_with(".sst") || name.ends_with(".log") || name.starts_with("MANIFEST-");
  }
  std::ifstream keys(store / storage::keys_name, std::ios::binary);
  keys.seekg(4096);  // its head
  for (std::array<char, 128> slot{}; keys.read(slot.data(), slot.size());)
    out.keys += std::any_of(slot.begin(), slot.end(), [](char octet) { return octet != 0; });
  return out;
}

// What went to the disk: by this process, and by all on the machine.
struct Written {
  double own_mb = 0, all_mb = 0;
};

Written written_to_disk_of(const fs::path& folder) {
  Written out;
  std::ifstream own("/proc/self/io");
  for (std::string line; std::getline(own, line);)
    if (line.starts_with("write_bytes: ")) out.own_mb = std::stod(line.substr(13)) / 1e6;
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) return out;
  std::ifstream all(fmt::format("/sys/dev/block/{}:{}/stat", major(found.st_dev), minor(found.st_dev)));
  std::array<double, 7> fields{};
  for (double& field : fields) all >> field;
  out.all_mb = fields[6] * 512 / 1e6;
  return out;
}

double load_average() {
  double out = 0;
  std::ifstream("/proc/loadavg") >> out;
  return out;
}

double resident_mb() {
  std::size_t whole = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

void say(const std::string& what) {
  std::cerr << what << '\n';  // figures go to stdout
}

// Until compaction has caught up with the fill.
void wait_for_calm() {
  for (int turn = 0; turn < 150; ++turn) {
    const double before = own_cpu_seconds();
    sleep_s(2);
    if (own_cpu_seconds() - before < 0.1) return;
  }
}

struct Fill {
  std::vector<StoreShop::Mailbox> mailboxes;
  std::uint64_t inline_copies = 0, references = 0, bodies = 0;
};

Fill fill(StoreShop& shop, const Options& options) {
  constexpr std::size_t each = limits::normal_copies_max;
  const std::size_t inline_each = each * options.inline_percent / 100;
  Fill out;
  out.mailboxes = shop.open_mailboxes(std::max<std::size_t>(options.copies / each, 2));
  Filler filler(shop);
  for (std::size_t from = 0; from < out.mailboxes.size(); from += group_mailboxes) {
    const std::size_t count = std::min(group_mailboxes, out.mailboxes.size() - from);
    std::vector<AddressHash> group;
    for (std::size_t i = 0; i < count; ++i) group.push_back(out.mailboxes[from + i].address);
    for (std::size_t turn = 0; turn < inline_each; ++turn) {
      for (const AddressHash& address : group) filler.deliver({address});
    }
    if (count < 2) throw std::runtime_error("a fan-out needs two mailboxes: choose another number of copies");
    for (std::size_t turn = inline_each; turn < each; ++turn) filler.deliver(group);
    out.inline_copies += inline_each * count;
    out.references += (each - inline_each) * count;
    out.bodies += each - inline_each;
    filler.finish();
    say(fmt::format("filled {} mailboxes of {}", from + count, out.mailboxes.size()));
  }
  return out;
}

// The loops that run through both phases.
struct Streams {
  Writes writes;
  Lists hot, cold;
  SyncProbe probe;
  Streams(StoreShop& shop, const fs::path& folder, const std::vector<StoreShop::Mailbox>& live, const Fill& filled, double per_s)
      : writes(shop.store(), live, per_s),
        hot(shop.store(), live, hot_lists_per_s, true),
        cold(shop.store(), filled.mailboxes, cold_lists_per_s, false),
        probe(folder, per_s) {
    writes.start();
    hot.start();
    cold.start();
  }
  void stop() {
    writes.stop();
    hot.stop();
    cold.stop();
    probe.stop();
  }
};

void add_stream(Report& report, const std::string& name, std::vector<double> samples_ms) {
  report.add(name + "_samples", static_cast<double>(samples_ms.size()));
  report.add(name + "_p50_ms", percentile(samples_ms, 50));
  report.add(name + "_p99_ms", percentile(samples_ms, 99));
  report.add(name + "_max_ms", percentile(samples_ms, 100));
}

// What anybody waited beyond the longest sync of the same minutes, and beyond whoever had only the disk to wait for.
struct Beyond {
  double sync_ms = 0, bare_ms = 0;
};

Beyond add_phase(Report& report, const std::string& phase, const Streams& streams, bench::Clock::time_point from,
                 bench::Clock::time_point to) {
  double longest = 0;
  for (const auto& [name, loop] : {std::pair<const char*, const OpenLoop*>{"write", &streams.writes},
                                   {"list", &streams.hot},
                                   {"list_filled", &streams.cold}}) {
    std::vector<double> samples = loop->samples().between(from, to);
    longest = std::max(longest, percentile(samples, 100));
    add_stream(report, phase + "_" + name, samples);
  }
  std::vector<double> wakes = streams.probe.wakes().between(from, to);
  add_stream(report, phase + "_wake", wakes);
  std::vector<double> waits = streams.probe.waits().between(from, to);
  add_stream(report, phase + "_bare_commit", waits);
  std::vector<double> syncs = streams.probe.syncs().between(from, to);
  add_stream(report, phase + "_fdatasync", syncs);
  return {std::max(0.0, longest - percentile(syncs, 100)), std::max(0.0, longest - percentile(waits, 100))};
}

void write_samples(const fs::path& path, const Streams& streams, bench::Clock::time_point expired) {
  std::ofstream out(path);
  for (const auto& [name, samples] : {std::pair<const char*, const Samples*>{"write", &streams.writes.samples()},
                                      {"list", &streams.hot.samples()},
                                      {"list_filled", &streams.cold.samples()},
                                      {"wake", &streams.probe.wakes()},
                                      {"bare_commit", &streams.probe.waits()},
                                      {"fdatasync", &streams.probe.syncs()}}) {
    for (const Samples::One& one : samples->all())
      out << fmt::format("{} {:.4f} {:.3f}\n", name, std::chrono::duration<double>(one.meant - expired).count(), one.ms);
  }
  if (!out.flush()) throw std::runtime_error("cannot write to " + path.string());
}

// From the moment of the expiry until nothing of it is left.
struct Going {
  double forgotten_s = 0, files_s = 0, keys_s = 0, resident_max_mb = 0;
  Files after;
};

Going wait_until_gone(storage::Store& store, const fs::path& folder, const Files& before, std::uint64_t copies) {
  const bench::Clock::time_point start = bench::Clock::now();
  const double patience_s = static_cast<double>(store.guarantees().erase_bound.count()) * 2 + 120;
  constexpr double calm_s = 3;  // so long no file of before has gone
  Going out;
  std::size_t left = before.tables.size();
  double said_s = 0;
  while (seconds_since(start) < patience_s) {
    sleep_s(0.2);
    const double now_s = seconds_since(start);
    out.resident_max_mb = std::max(out.resident_max_mb, resident_mb());
    if (now_s > said_s + 5) {
      said_s = now_s;
      say(fmt::format("{:.0f} s later: {} tables", now_s, look_at(folder).tables.size()));
    }
    if (store.figures().copies_normal > copies / 2) continue;
    if (out.forgotten_s == 0) out.forgotten_s = out.files_s = now_s;
    out.after = look_at(folder);
    const auto still = static_cast<std::size_t>(std::count_if(before.tables.begin(), before.tables.end(),
                                                              [&](const auto& name) { return out.after.tables.contains(name); }));
    if (std::exchange(left, still) != still) out.files_s = now_s;
    constexpr std::size_t ready = 32 + 32;  // keys of files that are to come, and of files that come and go now
    if (out.keys_s == 0 && out.after.keys <= out.after.sealed + ready) out.keys_s = now_s;
    if (out.keys_s != 0 && now_s > out.files_s + calm_s) return out;
  }
  throw std::runtime_error("copies that have expired are still there after twice the store's bound");
}

void add_sizes(Report& report, const std::string& when, const Files& files) {
  report.add(when + "_tables", static_cast<double>(files.tables.size()));
  report.add(when + "_tables_mb", static_cast<double>(files.bytes) / 1e6);
  report.add(when + "_keys", static_cast<double>(files.keys));
}

}  // namespace

Report load_expiry(const Options& options) {
  const Instant now = static_cast<Instant>(std::time(nullptr));
  const Instant bucket_end = (now / bucket_s + 1) * bucket_s + 86'400, expires = bucket_end - early_s;
  const auto clock = std::make_shared<LoadClock>(expires - limits::lifetime_s(wire::ONE_HOUR));
  Folder folder;
  storage::EmbeddedOptions settings;
  settings.directory = folder.path() / "store";
  settings.clock = clock;
  settings.free_for_normal_percent = 2;
  settings.free_for_urgent_percent = 1;
  StoreShop shop(settings);
  storage::Store& store = shop.store();

  const bench::Clock::time_point start = bench::Clock::now();
  const Fill filled = fill(shop, options);
  const double fill_s = seconds_since(start);
  const std::vector<StoreShop::Mailbox> live = shop.open_mailboxes(live_mailboxes);
  wait_for_calm();
  say(fmt::format("filled in {:.0f} s, calm after {:.0f} s; quiet for {:.0f} s", fill_s, seconds_since(start), options.quiet_s));

  const double load_before = load_average(), resident_before = resident_mb();
  const Files before = look_at(settings.directory);
  clock->run_from(expires - static_cast<Instant>(options.quiet_s));
  const bench::Clock::time_point quiet = bench::Clock::now();
  const Written disk_quiet = written_to_disk_of(folder.path());
  Streams streams(shop, folder.path(), live, filled, options.per_second);
  sleep_s(options.quiet_s);
  const double quiet_bound = static_cast<double>(store.guarantees().erase_bound.count());
  const bench::Clock::time_point expired = bench::Clock::now();
  const Written disk_expired = written_to_disk_of(folder.path());
  say("they expire now");
  const Going going = wait_until_gone(store, settings.directory, before, filled.inline_copies + filled.references);
  const bench::Clock::time_point gone = bench::Clock::now();
  const Written disk_gone = written_to_disk_of(folder.path());
  streams.stop();

  Report report{"expiry: copies that expire together, beside writes and lists", {}};
  report.add("copies_inline_1_kb", static_cast<double>(filled.inline_copies));
  report.add("copies_of_fanouts", static_cast<double>(filled.references));
  report.add("bodies_1_kb", static_cast<double>(filled.bodies));
  report.add("mailboxes", static_cast<double>(filled.mailboxes.size()));
  report.add("fill_s", fill_s);
  add_sizes(report, "before", before);
  add_sizes(report, "after", going.after);
  report.add("forgotten_after_s", going.forgotten_s);
  report.add("files_gone_after_s", going.files_s);
  report.add("keys_gone_after_s", going.keys_s);
  report.add("erase_bound_quiet_s", quiet_bound);
  report.add("erase_bound_after_s", static_cast<double>(store.guarantees().erase_bound.count()));
  report.add("resident_before_mb", resident_before);
  report.add("resident_max_mb", going.resident_max_mb);
  report.add("loadavg_before", load_before);
  report.add("loadavg_after", load_average());
  report.add("refused", static_cast<double>(streams.writes.refused + streams.hot.failed + streams.cold.failed));
  const Beyond before_it = add_phase(report, "quiet", streams, quiet, expired);
  const Beyond pause = add_phase(report, "expiring", streams, expired, gone);
  report.add("quiet_written_mb", disk_expired.own_mb - disk_quiet.own_mb);
  report.add("quiet_written_by_all_mb", disk_expired.all_mb - disk_quiet.all_mb);
  report.add("expiring_written_mb", disk_gone.own_mb - disk_expired.own_mb);
  report.add("expiring_written_by_all_mb", disk_gone.all_mb - disk_expired.all_mb);
  report.add("quiet_beyond_fdatasync_ms", before_it.sync_ms);
  report.add("quiet_beyond_bare_commit_ms", before_it.bare_ms);
  report.add("pause_beyond_fdatasync_ms", pause.sync_ms);
  report.add("pause_beyond_bare_commit_ms", pause.bare_ms);
  store.close();
  if (!options.samples.empty()) write_samples(options.samples, streams, expired);
  return report;
}

}  // namespace vigil::bench
