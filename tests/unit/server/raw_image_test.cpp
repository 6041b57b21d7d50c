// What lies in the raw blocks of a relay's disk when it has erased: a file system is more than its files, and an intruder reads
// free blocks and the journal, too. Method: the real relay on an ext4 of its own, in an image; every byte of the image is
// searched. Needs root and loop devices; ends with 77 and says why where it cannot mount.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bitset>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>
#include <unordered_map>

#include "crypto/base/encoding.hpp"
#include "process.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/unix_socket.hpp"
#include "storage/embedded/file_system.hpp"
#include "storage/embedded/key_slots.hpp"
#include "storage/embedded/open.hpp"
#include "storage/seizure.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr int skipped = 77;
constexpr std::size_t image_bytes = 256 << 20, page_bytes = 4096;
constexpr std::size_t slots_at = 4096, slot_bytes = 128, sealed_bytes = 80;  // as key_slots.hpp draws them
constexpr std::size_t master_at = 32, key_bytes = 32;

[[noreturn]] void skip(const std::string& why) {
  std::cout << "SKIPPED: raw blocks of a disk are not searched here: " << why << std::endl;
  std::_Exit(skipped);
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string text_of(View bytes) {
  return {bytes.begin(), bytes.end()};
}

// A fresh ext4 in a file, mounted where only this process and its children see it: it is gone when they are.
class Disk {
 public:
  explicit Disk(const std::string& options) {
    if (::geteuid() != 0) skip("this is not root");
    static const bool apart = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!apart) skip(std::string("no mounts of its own: ") + std::strerror(errno));
    std::string name = (fs::temp_directory_path() / "vigil-image-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    fs::create_directory(mounted());
    std::ofstream(image()).close();
    fs::resize_file(image(), image_bytes);
    do_or_skip({"/sbin/mkfs.ext4", "-q", "-F", image().string()});
    do_or_skip({"/bin/mount", "-t", "ext4", "-o", "loop," + options, image().string(), mounted().string()});
  }
  ~Disk() {
    unmount();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  fs::path mounted() const { return folder_ / "mounted"; }
  void unmount() const {
    // A process that has just been killed may hold it for a moment.
    for (int tries = 0; ::umount2(mounted().c_str(), 0) != 0 && errno == EBUSY && tries < 1000; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  // How often each of these lies anywhere on the disk: in files, in free blocks, in the journal. While it is mounted: what a
  // power cut would leave now.
  std::vector<std::size_t> count(const std::vector<std::string>& texts) const;

 private:
  fs::path image() const { return folder_ / "image"; }
  void do_or_skip(const std::vector<std::string>& command) {
    if (!fs::exists(command[0])) skip(command[0] + " is not there");
    const Ran ran = run_program(command);
    if (ran.code == 0) return;
    fs::remove_all(folder_);
    skip(command[0] + ": " + (ran.err.empty() ? "failed" : ran.err.substr(0, ran.err.find('\n'))));
  }

  fs::path folder_;
};

std::vector<std::size_t> Disk::count(const std::vector<std::string>& texts) const {
  std::vector<std::size_t> found(texts.size());
  std::bitset<65536> begins;
  std::unordered_multimap<std::uint64_t, std::size_t> by_begin;
  const auto number = [](const char* at, auto zero) {
    std::memcpy(&zero, at, sizeof zero);
    return zero;
  };
  std::size_t longest = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    REQUIRE(texts[i].size() >= 16);
    begins.set(number(texts[i].data(), std::uint16_t{}));
    by_begin.emplace(number(texts[i].data(), std::uint64_t{}), i);
    longest = std::max(longest, texts[i].size());
  }
  const int file = ::open(image().c_str(), O_RDONLY | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, image_bytes, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  REQUIRE(mapped != MAP_FAILED);
  const char* const all = static_cast<const char*>(mapped);
  const std::string zeros(page_bytes, '\0');
  for (std::size_t at = 0; at + longest <= image_bytes; ++at) {
    // Most of it was never written. What begins at the end of such a page is looked for all the same.
    if (at % page_bytes == 0 && std::memcmp(all + at, zeros.data(), page_bytes) == 0) at += page_bytes - longest;
    if (!begins[number(all + at, std::uint16_t{})]) continue;
    const auto [first, last] = by_begin.equal_range(number(all + at, std::uint64_t{}));
    for (auto one = first; one != last; ++one)
      found[one->second] += std::memcmp(all + at, texts[one->second].data(), texts[one->second].size()) == 0 ? 1 : 0;
  }
  ::munmap(mapped, image_bytes);
  return found;
}

// How many of them are there at all.
std::size_t present(const Disk& disk, const std::vector<std::string>& texts) {
  const std::vector<std::size_t> found = disk.count(texts);
  return texts.size() - static_cast<std::size_t>(std::count(found.begin(), found.end(), 0));
}

// Somebody who looks at a store's directory again and again while the relay lives, and keeps the key of every file that was ever
// there, as it is and as it lay on the disk.
class Witness {
 public:
  explicit Witness(fs::path store) : store_(std::move(store)) {}

  void look() {
    // First the files, then their slots, then what opens them: a key that is there at the end was there all the time.
    const auto files = slots_of_files(*rocksdb::FileSystem::Default(), (store_ / rows_name).string());
    REQUIRE(files);
    const std::string raw = bytes_of(store_ / keys_name);
    const auto slots = KeySlots::open(rocksdb::FileSystem::Default(), (store_ / keys_name).string(), nullptr);
    REQUIRE(slots);
    now_ = (*slots)->taken();
    for (const SlotName& name : *files) {
      const SecretBytes key = (*slots)->key(name);
      if (key.size() == 0) continue;
      Key& known = ever_[name];
      known.plain = text_of(key.view());
      known.sealed = raw.substr(slots_at + name.index * slot_bytes, sealed_bytes);
    }
    files_ = *files;
    for (auto& [name, key] : ever_)
      if (!files_.contains(name) && !key.file_gone) key.file_gone = steady_clock::now();
  }
  // As of the last look: of files that are there, or are gone.
  std::vector<std::string> sealed_keys(bool alive) const {
    std::vector<std::string> out;
    for (const auto& [name, key] : ever_)
      if (files_.contains(name) == alive) out.push_back(key.sealed);
    return out;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& [name, key] : ever_) out.push_back(key.plain);
    return out;
  }
  // How many outlive their file for so long.
  std::size_t outlived(std::chrono::seconds by) const {
    return static_cast<std::size_t>(std::count_if(ever_.begin(), ever_.end(), [&](const auto& one) {
      return one.second.file_gone && steady_clock::now() - *one.second.file_gone >= by && now_.contains(one.first);
    }));
  }
  // These bytes as they lie on the disk, wherever a file's key shows them.
  std::vector<std::string> cipher_text(const std::vector<Bytes>& wanted) const {
    const auto slots = KeySlots::open(rocksdb::FileSystem::Default(), (store_ / keys_name).string(), nullptr);
    REQUIRE(slots);
    const auto opening = sealing_file_system(rocksdb::FileSystem::Default(), **slots);
    std::vector<std::string> out;
    for (const auto& file : fs::directory_iterator(store_ / rows_name)) {
      std::string opened;
      const std::string raw = bytes_of(file.path());
      if (!is_sealed(file.path().string()) || !rocksdb::ReadFileToString(opening.get(), file.path().string(), &opened).ok())
        continue;
      const std::size_t head = raw.size() - std::min(raw.size(), opened.size());
      for (const Bytes& bytes : wanted)
        if (const std::size_t at = opened.find(text_of(bytes)); at != std::string::npos)
          out.push_back(raw.substr(head + at, bytes.size()));
    }
    return out;
  }

 private:
  struct Key {
    std::string plain, sealed;
    std::optional<steady_clock::time_point> file_gone;
  };
  const fs::path store_;
  std::map<SlotName, Key> ever_;
  std::set<SlotName> files_, now_;
};

json::value ask(const RelayHome& home, const char* verb) {
  const auto config = load_config(home.config());
  REQUIRE(config);
  const auto answer = ask_console(config->console, json::serialize(json::object{{"do", verb}}));
  REQUIRE(answer);
  const json::value said = json::parse(*answer);
  REQUIRE(said.at("done").as_bool());
  return said;
}

}  // namespace

TEST_CASE("of what a relay has erased no key is left in any block of its disk, used or free or of the journal",
          "[vigild][raw-image]") {
  const Disk disk("data=ordered");
  std::vector<Bytes> marks;
  std::vector<std::string> marks_text, cipher_text, dead;
  {
    const RelayHome home({}, disk.mounted());
    home.configure("[limits]\nerase_s = 2\n");
    Serving relay(home);
    const fs::path store = home.data() / "store";
    Witness witness(store);
    const json::value left = ask(home, "mark");
    std::size_t expires = 0;
    for (const json::value& mark : left.at("marks").as_array()) {
      if (mark.at("expires").as_bool()) expires = marks.size();
      marks.push_back(*from_hex(std::string_view(mark.at("hex").as_string())));
      marks_text.push_back(text_of(marks.back()));
    }
    REQUIRE(marks.size() == 5);
    REQUIRE(expires != 0);

    // While they live: the search finds what is there, and what is there is sealed. The relay stands still meanwhile.
    relay.signal(SIGSTOP);
    cipher_text = witness.cipher_text(marks);
    CHECK(cipher_text.size() >= marks.size());
    CHECK(present(disk, cipher_text) == cipher_text.size());
    witness.look();
    const std::string master = bytes_of(store / keys_name).substr(master_at, key_bytes);
    CHECK(present(disk, {master}) == 1);
    CHECK(witness.sealed_keys(true).size() >= 2);
    CHECK(present(disk, witness.sealed_keys(true)) == witness.sealed_keys(true).size());
    CHECK(present(disk, marks_text) == 0);
    relay.signal(SIGCONT);

    // One expires by itself, the others are acknowledged, ended and burned; and files go with their keys, those that held the
    // marks and many others.
    const auto gone = [&](const std::vector<Bytes>& those) {
      const auto seen = read_seized_disk(store, nullptr, those);
      REQUIRE(seen);
      witness.look();
      REQUIRE(witness.outlived(std::chrono::seconds(relay.number("erase_bound_s"))) == 0);
      std::size_t left = witness.outlived(std::chrono::seconds(0));  // a moment at most: not now, then
      for (std::size_t i = 0; i < those.size(); ++i) left += seen->files_with(i);
      return left == 0;
    };
    const auto await_gone = [&](const std::vector<Bytes>& those) {
      for (const auto deadline = steady_clock::now() + std::chrono::seconds(120); !gone(those);) {
        REQUIRE(steady_clock::now() < deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    };
    await_gone({marks[expires]});
    ask(home, "forget");
    await_gone(marks);
    dead = witness.sealed_keys(false);
    CHECK(dead.size() >= 12);
    CHECK(present(disk, witness.keys()) == 0);  // which are never there but sealed

    // The plug is pulled now.
    CHECK(present(disk, dead) == 0);
    CHECK(present(disk, marks_text) == 0);
    relay.signal(SIGKILL);
    relay.wait();
    disk.unmount();
  }
  CHECK(present(disk, dead) == 0);
  CHECK(present(disk, marks_text) == 0);
  std::cout << fmt::format("{} of {} marks' cipher texts still lie in free blocks; {} keys died\n", present(disk, cipher_text),
                           cipher_text.size(), dead.size());
}

TEST_CASE("where a file system journals data a destroyed key stays on the disk, and the relay refuses to start",
          "[vigild][raw-image]") {
  const Disk disk("data=journal");
  const RelayHome home({}, disk.mounted());
  const Ran refused = home.run("serve");
  CHECK(refused.code == exit_failed);
  CHECK(refused.err.find("data=journal") != std::string::npos);
  // Why: what the search above would have found.
  const fs::path path = disk.mounted() / "keys";
  const auto slots = KeySlots::open(rocksdb::FileSystem::Default(), path.string(), nullptr);
  REQUIRE(slots);
  KeySlots::Taken one;
  REQUIRE((*slots)->take(one).ok());
  const std::string sealed = bytes_of(path).substr(slots_at + one.name.index * slot_bytes, sealed_bytes);
  (*slots)->destroy(one.name);
  CHECK(bytes_of(path).find(sealed) == std::string::npos);
  CHECK(present(disk, {sealed}) == 1);
}
