// Profile and containers: two equal slots and files, clear refusals, damage at every part, and what a search of the files shows.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <map>

#include "client/key_store.hpp"
#include "client/profile.hpp"
#include "client/records/story.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "tests/unit/client/support.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

const View pin = view("2580");

Profile create(const Home& home) {
  Outcome<Profile> made = Profile::create(home, pin, PinCost::tests());
  REQUIRE(made);
  return std::move(*made);
}

Bytes bytes_of(const Path& path) {
  return read_file(path, std::size_t{1} << 30).value();
}

void overwrite(const Path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

mode_t mode_of(const Path& path) {
  struct stat about{};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

bool contains(const Bytes& where, std::string_view what) {
  return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}

// Bits set per byte, on average, in windows of a page: random bytes stay near 4, plain text and zeros do not.
bool looks_random(const Bytes& bytes) {
  for (std::size_t from = 0; from + 4096 <= bytes.size(); from += 4096) {
    std::array<unsigned, 256> counts{};
    for (std::size_t i = 0; i < 4096; ++i) ++counts[bytes[from + i]];
    double chi = 0;
    for (const unsigned count : counts) chi += (count - 16.0) * (count - 16.0) / 16.0;
    if (chi > 450) return false;  // 255 degrees of freedom: far beyond 1 in 10^12
  }
  return true;
}

}  // namespace

TEST_CASE("a profile opens with its PIN and with no other, at the cost that people get", "[client][profile]") {
  const TemporaryHome home;
  {
    Outcome<Profile> made = Profile::create(*home, pin, PinCost::people());
    REQUIRE(made);
    made->container().set("name", view("Aida"));
  }
  Outcome<Profile> opened = Profile::open(*home, pin);
  REQUIRE(opened);
  CHECK(text(*opened->container().setting("name")) == "Aida");
  CHECK(Profile::open(*home, view("2581")).error() == Fault::wrong_pin);
  CHECK(Profile::open(*home, View{}).error() == Fault::wrong_pin);
}

TEST_CASE("there is nothing to open before, and nothing is ever overwritten", "[client][profile]") {
  const TemporaryHome home;
  CHECK(Profile::open(*home, pin).error() == Fault::no_profile);
  {
    const Profile made = create(*home);
  }
  CHECK(Profile::create(*home, pin, PinCost::tests()).error() == Fault::profile_exists);
}

TEST_CASE("both containers have one size, one mode, one time and look random, and which one is used is drawn",
          "[client][profile]") {
  std::map<bool, int> first_used;
  for (int i = 0; i < 8; ++i) {
    const TemporaryHome home;
    {
      Profile made = create(*home);
      made.container().set("name", view("a name to look for"));
    }
    const Bytes a = bytes_of(home->container(0)), b = bytes_of(home->container(1));
    CHECK(a.size() >= container_step_bytes);
    CHECK(b.size() == a.size());
    struct stat of_a{}, of_b{};
    ::stat(home->container(0).c_str(), &of_a);
    ::stat(home->container(1).c_str(), &of_b);
    CHECK(of_a.st_mtim.tv_sec == of_b.st_mtim.tv_sec);
    CHECK(of_a.st_mtim.tv_nsec == of_b.st_mtim.tv_nsec);
    if (i == 0) {
      CHECK(looks_random(a));
      CHECK(looks_random(b));
      CHECK_FALSE(contains(a, "a name to look for"));
      CHECK_FALSE(contains(b, "a name to look for"));
      for (const Path& path : {home->profile(), home->container(0), home->container(1)}) CHECK(mode_of(path) == 0600);
      CHECK(mode_of(home->folder()) == 0700);
      for (const auto& entry : std::filesystem::directory_iterator(home->folder())) CHECK((mode_of(entry.path()) & 077) == 0);
      const std::string a_journal = home->container(0).string() + "-journal",
                        b_journal = home->container(1).string() + "-journal";
      CHECK(bytes_of(a_journal).empty());
      CHECK(bytes_of(b_journal).empty());
    }
    Profile opened = Profile::open(*home, pin).value();
    opened.container().set("round", view("2"));
    ++first_used[bytes_of(home->container(0)) != a];
  }
  CHECK(first_used[true] > 0);
  CHECK(first_used[false] > 0);
}

TEST_CASE("both files grow together, with room ahead", "[client][profile]") {
  const TemporaryHome home;
  {
    Profile made = create(*home);
    const Bytes large(1024 * 1024, 7);
    for (const std::string name : {"1", "2", "3"}) made.container().set(name, large);
  }
  const auto a = std::filesystem::file_size(home->container(0)), b = std::filesystem::file_size(home->container(1));
  CHECK(a == b);
  CHECK(a >= 3 * 1024 * 1024 + container_step_bytes / 8);
  CHECK(looks_random(bytes_of(home->container(0))));
  CHECK(looks_random(bytes_of(home->container(1))));
}

TEST_CASE("a damaged byte anywhere in the profile file is told, and is no wrong PIN", "[client][profile]") {
  const TemporaryHome home;
  {
    const Profile made = create(*home);
  }
  const Bytes good = bytes_of(home->profile());
  for (std::size_t at = 0; at < good.size(); at += 3) {
    INFO(at);
    Bytes bad = good;
    bad[at] ^= 0x40;
    overwrite(home->profile(), bad);
    CHECK(Profile::open(*home, pin).error() == Fault::damaged);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{40}, good.size() - 1}) {
    overwrite(home->profile(), Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
    CHECK(Profile::open(*home, pin).error() == Fault::damaged);
  }
  // A header that asks for all memory of the device, or for less than there is (no operations, no memory), with a sum that fits.
  const auto refused = [&](std::size_t from, std::size_t to, std::uint8_t octet) {
    Bytes head(good.begin(), good.end() - 32);
    std::fill(head.begin() + static_cast<std::ptrdiff_t>(from), head.begin() + static_cast<std::ptrdiff_t>(to), octet);
    const Hash sum = hash(labels::slot, {head});
    head.insert(head.end(), sum.bytes.begin(), sum.bytes.end());
    overwrite(home->profile(), head);
    return Profile::open(*home, pin).error() == Fault::damaged;
  };
  CHECK(refused(20, 21, 0x7f));
  CHECK(refused(12, 20, 0));
  CHECK(refused(20, 28, 0));
  overwrite(home->profile(), good);
  CHECK(Profile::open(*home, pin).has_value());
}

TEST_CASE("a damaged used container is told like any other damage; the unused one stops nobody", "[client][profile]") {
  const TemporaryHome home;
  {
    const Profile made = create(*home);
  }
  const std::array<Bytes, 2> good{bytes_of(home->container(0)), bytes_of(home->container(1))};
  // The first page, the middle of the schema, and both files: one of the two is the used one.
  for (const std::size_t at : {std::size_t{3}, std::size_t{100}, std::size_t{4000}, std::size_t{4096 + 50}}) {
    unsigned opened = 0;
    for (unsigned which = 0; which < 2; ++which) {
      Bytes bad = good[which];
      bad[at] ^= 1;
      overwrite(home->container(which), bad);
      const Outcome<Profile> result = Profile::open(*home, pin);
      if (result) ++opened;
      if (!result) CHECK(result.error() == Fault::damaged);
      overwrite(home->container(which), good[which]);
    }
    CHECK(opened >= 1);
    if (at < 4096) CHECK(opened == 1);
  }
  for (unsigned which = 0; which < 2; ++which) {
    overwrite(home->container(which), Bytes(100, 0));
    const Outcome<Profile> result = Profile::open(*home, pin);
    if (!result) CHECK(result.error() == Fault::damaged);
    overwrite(home->container(which), good[which]);
  }
}

TEST_CASE("a changed PIN opens, the old one does not, and the other slot keeps every byte", "[client][profile]") {
  const TemporaryHome home;
  {
    create(*home).container().set("name", view("Aida"));
  }
  const Bytes before = bytes_of(home->profile());
  CHECK(Profile::change_pin(*home, view("wrong"), view("1111")).error() == Fault::wrong_pin);
  REQUIRE(Profile::change_pin(*home, pin, view("1111")));
  const Bytes after = bytes_of(home->profile());
  CHECK(Profile::open(*home, pin).error() == Fault::wrong_pin);
  Outcome<Profile> opened = Profile::open(*home, view("1111"));
  REQUIRE(opened);
  CHECK(text(*opened->container().setting("name")) == "Aida");
  const std::size_t head = 28, slot = (before.size() - head - 32) / 2;
  const auto same = [&](std::size_t i) {
    const auto from = static_cast<std::ptrdiff_t>(head + i * slot);
    return std::equal(before.begin() + from, before.begin() + from + static_cast<std::ptrdiff_t>(slot), after.begin() + from);
  };
  CHECK(same(0) != same(1));
}

TEST_CASE("of the two boxes of an ending one opens under this PIN, and it is the one sealed for it", "[client][profile]") {
  const TemporaryHome home;
  {
    const Profile made = create(*home);
  }
  const Profile opened = Profile::open(*home, pin).value();
  const Secret mine = random_id<Secret>(), other = random_id<Secret>();
  std::vector<Bytes> boxes{box_seal(opened.box_keys()[1].view(), other.view()),
                           box_seal(opened.box_keys()[0].view(), mine.view())};
  CHECK(opened.open_box(boxes) == mine);
  std::swap(boxes[0], boxes[1]);
  CHECK(opened.open_box(boxes) == mine);
  boxes.erase(boxes.begin());
  CHECK_FALSE(opened.open_box(boxes));
}

TEST_CASE("a step that is not committed leaves nothing, also nested, also when the process is killed inside it",
          "[client][container]") {
  const TemporaryHome home;
  {
    Profile profile = create(*home);
    Container& container = profile.container();
    {
      Container::Transaction step(container);
      container.set("a", view("1"));
    }
    CHECK_FALSE(container.setting("a"));
    Container::Transaction outer(container);
    container.set("a", view("2"));
    {
      Container::Transaction inner(container);
      container.set("b", view("3"));
    }
    outer.commit();
    CHECK(container.setting("a"));
    CHECK_FALSE(container.setting("b"));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    Outcome<Profile> profile = Profile::open(*home, pin);
    if (!profile) ::_exit(1);
    Container::Transaction step(profile->container());
    profile->container().set("c", Bytes(300'000, 1));
    ::kill(::getpid(), SIGKILL);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  REQUIRE(WIFSIGNALED(how));
  Profile again = Profile::open(*home, pin).value();
  CHECK(again.container().setting("a"));
  CHECK_FALSE(again.container().setting("c"));
}

TEST_CASE("several processes count in one container and lose no step", "[client][container]") {
  const TemporaryHome home;
  {
    const Profile made = create(*home);
  }
  constexpr int processes = 3, steps = 12;
  in_processes(processes, [&](int) {
    Profile profile = Profile::open(*home, pin).value();
    ContainerKeys keys(profile.container());
    for (int step = 0; step < steps; ++step) {
      e2ee::Transaction transaction(keys);
      keys.rise(e2ee::Rising::bundle_sequence);
      transaction.commit();
    }
    return 0;
  });
  Profile profile = Profile::open(*home, pin).value();
  ContainerKeys keys(profile.container());
  CHECK(keys.rise(e2ee::Rising::bundle_sequence) == processes * steps + 1);
}
