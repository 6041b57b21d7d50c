// The promise of the house at its real size: a night of alerts, places, messages and vigils passes through a store, all of it is
// fetched, ended, replaced or expires, and within the bound no byte of it is in any file, raw or through the keys that lie there.
// Also when the relay was killed while it forgot, and when the disk was full meanwhile.
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "crypto/base/encoding.hpp"
#include "storage/embedded/open.hpp"
#include "storage/seizure.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

constexpr std::chrono::seconds bound{60};  // the design's, up to 600 MB
constexpr std::size_t people_count = 50, alerts = 1'000, places = 10'000, messages = 5'000, watches = 200;

EmbeddedOptions options_for(const std::filesystem::path& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.memtable_bytes = 4u << 20;
  options.block_cache_bytes = 8u << 20;
  options.scrub_interval_s = 4;
  return options;
}

// A store that is open, with someone who drives it.
class Open {
 public:
  explicit Open(const EmbeddedOptions& options) {
    auto opened = open_embedded(options);
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    store_ = std::move(*opened);
    driver_.emplace(*store_);
  }
  ~Open() {
    store_->close();
    driver_.reset();
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  Driver& driver() { return *driver_; }

  // All of them, a few hundred at a time, and again until they are done.
  void apply(std::vector<Write> writes) {
    constexpr std::size_t at_once = 256;
    for (std::size_t from = 0; from < writes.size(); from += at_once) {
      std::vector<Write> some(writes.begin() + static_cast<std::ptrdiff_t>(from),
                              writes.begin() + static_cast<std::ptrdiff_t>(std::min(writes.size(), from + at_once)));
      for (int tries = 0; !some.empty(); ++tries) {
        if (tries == 200) throw std::runtime_error("the store does not take it");
        const std::vector<Outcome> outcomes = driver_->apply_together(some);
        std::vector<Write> again;
        for (std::size_t i = 0; i < some.size(); ++i) {
          const Status status = outcomes[i].status;
          if (status == wire::DONE || status == wire::ENDED) continue;
          if (status != wire::UNKNOWN && status != wire::UNAVAILABLE && status != wire::SLOW_DOWN)
            throw std::runtime_error("refused: " + std::string(meaning(status)));
          again.push_back(std::move(some[i]));
        }
        some = std::move(again);
        if (!some.empty()) driver_->poll(50);
      }
    }
  }

 private:
  std::unique_ptr<Store> store_;
  std::optional<Driver> driver_;
};

// What is left to do until everything is forgotten. Written to a file too, for a process that is to be killed meanwhile.
struct Orders {
  std::vector<MailboxId> mailboxes;  // all their copies but the kept ones
  std::vector<End> endings;

  void write(const std::filesystem::path& file) const {
    std::ofstream out(file);
    for (const MailboxId& mailbox : mailboxes) out << "fetch " << hex(mailbox.view()) << '\n';
    for (const End& end : endings)
      out << "end " << hex(end.vigil.view()) << ' ' << hex(end.secret.view()) << ' ' << hex(end.charged_to.view()) << '\n';
  }
  static Orders read(const std::filesystem::path& file) {
    const auto id = [](std::istream& in, auto& to) {
      std::string word;
      in >> word;
      to = *std::decay_t<decltype(to)>::from(*from_hex(word));
    };
    Orders out;
    std::ifstream in(file);
    for (std::string what; in >> what;) {
      if (what == "fetch") {
        id(in, out.mailboxes.emplace_back());
        continue;
      }
      End& end = out.endings.emplace_back();
      id(in, end.vigil);
      id(in, end.secret);
      id(in, end.charged_to);
    }
    return out;
  }

  // In an order of its own: some of both at a time.
  void carry_out(Open& store, std::mt19937_64& random) {
    std::shuffle(mailboxes.begin(), mailboxes.end(), random);
    std::shuffle(endings.begin(), endings.end(), random);
    std::size_t ended = 0;
    for (std::size_t m = 0; m < mailboxes.size(); ++m) {
      const std::size_t until = endings.size() * (m + 1) / mailboxes.size();
      store.apply({endings.begin() + static_cast<std::ptrdiff_t>(ended), endings.begin() + static_cast<std::ptrdiff_t>(until)});
      ended = until;
      fetch(store, mailboxes[m], random);
    }
    for (const MailboxId& mailbox : mailboxes) fetch(store, mailbox, random);  // what the endings have brought
  }

 private:
  static void fetch(Open& store, const MailboxId& mailbox, std::mt19937_64& random) {
    std::vector<StoredCopy> all = store.driver().list(mailbox);
    std::erase_if(all, [](const StoredCopy& copy) { return copy.envelope->front() == 'k'; });
    for (std::size_t from = 0; from < all.size();) {
      const std::size_t until = std::min<std::size_t>(all.size(), from + 1 + random() % 64);
      Acknowledge acknowledge{.mailbox = mailbox, .copies = {}};
      for (; from < until; ++from) acknowledge.copies.push_back(all[from].at);
      store.apply({std::move(acknowledge)});
    }
  }
};

// A night's traffic. Every envelope of a kind is nothing but that kind's mark, over and over.
class Night {
 public:
  Night() {
    for (const char* kind : {"kept", "alert", "place", "message", "watch"}) marks_[kind] = random_bytes(16);
    marks_["kept"].front() = 'k';
    for (auto& [kind, mark] : marks_)
      if (kind != "kept" && mark.front() == 'k') mark.front() = 'x';
  }

  void fill(Open& store) {
    people_.clear();
    for (std::size_t i = 0; i < people_count; ++i) people_.push_back(person(store.driver()));
    for (const Person& one : people_) orders.mailboxes.push_back(one.mailbox);
    std::vector<Write> writes;
    for (const Person& one : people_) writes.emplace_back(marked(message(one.address, "", wire::NORMAL), "kept", 1024));
    leave_places(writes);
    leave_messages(writes);
    store.apply(std::move(writes));
    leave_vigils(store);
  }

  // In how many files each kind is found.
  std::map<std::string, std::size_t> found_in(const std::filesystem::path& directory) const {
    std::vector<Bytes> needles;
    for (const auto& [kind, mark] : marks_) needles.push_back(mark);
    const auto disk = read_seized_disk(directory, nullptr, needles);
    if (!disk) throw std::runtime_error(disk.error());
    std::map<std::string, std::size_t> out;
    std::size_t i = 0;
    for (const auto& [kind, mark] : marks_) out[kind] = disk->files_with(i++);
    return out;
  }
  // Nothing is left but what was to be kept.
  bool forgotten_in(const std::filesystem::path& directory) const {
    const std::map<std::string, std::size_t> found = found_in(directory);
    CHECK(found.at("kept") > 0);  // also while the store moves it from file to file
    return std::all_of(found.begin(), found.end(), [](const auto& kind) { return kind.second == 0 || kind.first == "kept"; });
  }

  Orders orders;
  std::mt19937_64 random{std::random_device{}()};

 private:
  SharedBytes marked(const std::string& kind, std::size_t bytes) const {
    const Bytes& mark = marks_.at(kind);
    Bytes made(bytes);
    for (std::size_t i = 0; i < bytes; ++i) made[i] = mark[i % mark.size()];
    return std::make_shared<const Bytes>(std::move(made));
  }
  Deliver marked(Deliver deliver, const std::string& kind, std::size_t bytes) const {
    deliver.envelope = marked(kind, bytes);
    return deliver;
  }

  // Each replaces the one before it.
  void leave_places(std::vector<Write>& writes) const {
    std::vector<Topic> topics;
    for (std::size_t i = 0; i < people_count; ++i) topics.push_back(random_id<Topic>());
    for (std::size_t i = 0; i < places; ++i) {
      const std::size_t who = i % people_count;
      Deliver place = marked(message(people_[who].address, "", wire::NORMAL), "place", 1024);
      place.topic = topics[who];
      place.order = i + 1;
      writes.emplace_back(std::move(place));
    }
  }
  // Of all sizes; one in four is never fetched and expires by itself.
  void leave_messages(std::vector<Write>& writes) {
    for (std::size_t i = 0; i < messages; ++i) {
      const std::size_t bytes = limits::envelope_bytes.at(random() % limits::envelope_bytes.size());
      const Lifetime life = i % 4 == 0 ? wire::TEN_SECONDS : wire::ONE_DAY;
      writes.emplace_back(marked(message(people_[i % people_count].address, "", wire::NORMAL, life), "message", bytes));
    }
  }
  // Alerts that are due at once, and check-ins of which half will have been released; three of them to an address.
  void leave_vigils(Open& store) {
    std::vector<Write> writes, hurries;
    AddressHash address;
    for (std::size_t i = 0; i < alerts + watches; ++i) {
      const Person& who = people_[i / 3 % people_count];
      if (i % 3 == 0) address = grant(store.driver(), who.mailbox);
      const bool is_alert = i < alerts;
      const std::vector<Tier> tiers{{.after_s = 0, .people = {{.mailbox = who.mailbox, .address = address}}}};
      Plan plan = is_alert ? alert(tiers) : check_in(tiers, 600, 600);
      mark(plan.keep, is_alert ? "alert" : "watch");
      orders.endings.push_back(plan.end(wire::STOP));
      if (!is_alert && i % 2 == 0) hurries.emplace_back(Hurry{.vigil = plan.keep.id, .secret = plan.hurry});
      writes.emplace_back(std::move(plan.keep));
    }
    store.apply(std::move(writes));
    store.apply(std::move(hurries));
  }
  void mark(Keep& keep, const std::string& kind) const {
    const SharedBytes large = marked(kind, limits::alert_envelope_bytes), small = marked(kind, limits::ending_envelope_bytes);
    for (Stage& stage : keep.stages)
      for (VigilEnvelope& copy : stage.copies) copy.envelope = large;
    for (std::vector<Ending>* endings : {&keep.endings, &keep.renewals})
      for (Ending& ending : *endings)
        for (VigilEnvelope& copy : ending.copies) copy.envelope = small;
    for (VigilEnvelope& notice : keep.notices) notice.envelope = small;
  }

  std::map<std::string, Bytes> marks_;
  std::vector<Person> people_;
};

bool forgotten_in_time(const Night& night, const std::filesystem::path& directory) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!night.forgotten_in(directory)) {
    if (std::chrono::steady_clock::now() > end) {
      for (const auto& [kind, files] : night.found_in(directory)) UNSCOPED_INFO(kind << " is in " << files << " files");
      return false;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return true;
}

void require_found(const Night& night, const std::filesystem::path& directory) {
  for (const auto& [kind, files] : night.found_in(directory)) {
    INFO(kind);
    REQUIRE(files > 0);
  }
}

}  // namespace

TEST_CASE("nothing of a night that was fetched, ended, replaced or has expired is in any file within the bound", "[seizure]") {
  const TemporaryDirectory place;
  const std::filesystem::path directory = place.path() / "store";
  Night night;
  {
    Open store(options_for(directory));
    night.fill(store);
    require_found(night, directory);
    night.orders.carry_out(store, night.random);
    CHECK(forgotten_in_time(night, directory));
  }
  CHECK(night.forgotten_in(directory));  // at rest, too
}

// As a compaction moves a row: written to a new file first, then the old one goes. Once in each look, at some moment of it.
TEST_CASE("what a running store moves from file to file while it is searched is found", "[seizure]") {
  const TemporaryDirectory place;
  std::filesystem::create_directory(place.path() / "rows");
  constexpr int looks = 60;
  const Bytes marker = random_bytes(32);
  const auto write = [&](const std::string& name, std::string_view bytes) {
    std::ofstream(place.path() / name, std::ios::binary) << bytes;
  };
  // A file system may list the newest first, or the oldest: some are always newer than the row.
  const auto write_others = [&](int from) {
    for (int i = from; i < 40; ++i) {
      std::filesystem::remove(place.path() / ("other" + std::to_string(i)));
      write("other" + std::to_string(i), std::string(64u << 10, 'x'));
    }
  };
  write_others(0);
  write("row0", text(marker));

  const auto began = std::chrono::steady_clock::now();
  const auto found_there = [&] {
    const auto disk = read_seized_disk(place.path(), nullptr, {marker});
    return disk && disk->files_with(0) > 0;
  };
  REQUIRE(found_there());
  const auto look_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count() + 1;
  std::barrier begin(2), end(2);
  std::thread mover([&] {
    std::mt19937_64 random(7);
    for (int look = 0; look < looks; ++look) {
      begin.arrive_and_wait();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % static_cast<std::uint64_t>(look_us)));
      write("row" + std::to_string(look + 1), text(marker));
      std::filesystem::remove(place.path() / ("row" + std::to_string(look)));
      end.arrive_and_wait();
    }
  });
  int found = 0;
  for (int look = 0; look < looks; ++look) {
    write_others(20);
    begin.arrive_and_wait();
    found += found_there();
    end.arrive_and_wait();
  }
  mover.join();
  CHECK(found == looks);
}

TEST_CASE("nothing of it is there either when the relay was killed while it forgot", "[seizure]") {
  const TemporaryDirectory place;
  const std::filesystem::path directory = place.path() / "store", orders = place.path() / "orders";
  Night night;
  {
    Open store(options_for(directory));
    night.fill(store);
  }
  require_found(night, directory);
  night.orders.write(orders);
  ::setenv("VIGIL_TEST_ORDERS", orders.c_str(), 1);
  int deaths = 0;
  for (bool done = false; !done;) {
    std::array<int, 2> ready{};
    REQUIRE(::pipe2(ready.data(), 0) == 0);
    ::setenv("VIGIL_TEST_READY", std::to_string(ready[1]).c_str(), 1);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ready[0]);
      ::execl("/proc/self/exe", "seizure_test", "carries out what it is told", nullptr);
      ::_exit(127);
    }
    ::close(ready[1]);
    char began = 0;
    REQUIRE(::read(ready[0], &began, 1) == 1);
    ::close(ready[0]);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + night.random() % 120));
    if (deaths < 12) ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    done = WIFEXITED(status);
    if (done) REQUIRE(WEXITSTATUS(status) == 0);
    deaths += done ? 0 : 1;
  }
  CHECK(deaths > 1);
  {
    const Open again(options_for(directory));
    CHECK(forgotten_in_time(night, directory));
  }
  CHECK(night.forgotten_in(directory));  // at rest, too
}

// Not a test: what the one above starts and kills.
TEST_CASE("carries out what it is told", "[.]") {
  const char* file = std::getenv("VIGIL_TEST_ORDERS");
  REQUIRE(file != nullptr);
  Open store(options_for(std::filesystem::path(file).parent_path() / "store"));
  Orders orders = Orders::read(file);
  REQUIRE(::write(std::stoi(std::getenv("VIGIL_TEST_READY")), "!", 1) == 1);
  std::mt19937_64 random{std::random_device{}()};
  orders.carry_out(store, random);
}

TEST_CASE("nothing of it is there when the disk was full while it was to be forgotten", "[seizure]") {
  const TemporaryDirectory place;
  const std::filesystem::path directory = place.path() / "store";
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  EmbeddedOptions options = options_for(directory);
  options.file_system = disk;
  Night night;
  std::optional<Open> store(std::in_place, options);
  night.fill(*store);
  require_found(night, directory);
  std::thread room([&] {
    // Full again and again, for longer than the store takes to notice.
    for (int times = 0; times < 8; ++times) {
      disk->full = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      disk->full = false;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  });
  night.orders.carry_out(*store, night.random);
  room.join();
  CHECK(disk->refused > 0);
  CHECK(forgotten_in_time(night, directory));
  store.reset();
  CHECK(night.forgotten_in(directory));  // at rest, too
}
