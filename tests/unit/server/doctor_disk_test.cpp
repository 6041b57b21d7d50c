// `vigild doctor` and disks: one that is nearly full, one that remembers what was erased, and swap that is not encrypted. Needs
// root and loop devices; ends with 77 and says why where it cannot mount.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iostream>

#include "diagnosis.hpp"

using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

constexpr int skipped = 77;

[[noreturn]] void skip(const std::string& why) {
  std::cout << "SKIPPED: the doctor sees no sick disks here: " << why << std::endl;
  std::_Exit(skipped);
}

// A folder, and what is mounted there for this process and its children only.
class Mounted {
 public:
  explicit Mounted(const std::vector<std::string>& mount_arguments, std::size_t image_bytes = 0) {
    if (::geteuid() != 0) skip("this is not root");
    static const bool apart = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!apart) skip(std::string("no mounts of its own: ") + std::strerror(errno));
    std::string name = (fs::temp_directory_path() / "vigil-disk-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    fs::create_directory(path());
    std::vector<std::string> command{"/bin/mount"};
    command.insert(command.end(), mount_arguments.begin(), mount_arguments.end());
    if (image_bytes > 0) {
      std::ofstream(image()).close();
      fs::resize_file(image(), image_bytes);
      const Ran made = run_program({"/sbin/mkfs.ext4", "-q", "-F", image().string()});
      if (made.code != 0) skip("mkfs.ext4: " + made.err);
      command.push_back(image().string());
    } else {
      command.emplace_back("none");
    }
    command.push_back(path().string());
    const Ran done = run_program(command);
    if (done.code != 0) skip("mount: " + done.err);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted() {
    ::umount2(path().c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path path() const { return folder_ / "disk"; }
  fs::path image() const { return folder_ / "image"; }

 private:
  fs::path folder_;
};

// A file that leaves so many percent of the file system free.
void fill(const fs::path& folder, unsigned percent) {
  struct statvfs room{};
  REQUIRE(::statvfs(folder.c_str(), &room) == 0);
  const auto taken = room.f_bavail - room.f_blocks * percent / 100;
  const int opened = ::open((folder / "filling").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(::posix_fallocate(opened, 0, static_cast<off_t>(taken * room.f_frsize)) == 0);
  ::close(opened);
}

}  // namespace

TEST_CASE("the doctor names a disk that is nearly full, and one that is full", "[doctor]") {
  const Mounted disk({"-t", "tmpfs", "-o", "size=64m"});
  const WellHome well({}, disk.path());
  CHECK(Diagnosis(well.home).wrong == Names{"not-running"});
  fill(disk.path(), 6);
  CHECK(Diagnosis(well.home).wrong == Names{"disk-low", "not-running"});
  fs::remove(disk.path() / "filling");
  fill(disk.path(), 1);
  CHECK(Diagnosis(well.home).wrong == Names{"disk-full", "not-running"});
}

TEST_CASE("the doctor names a file system that keeps what is overwritten", "[doctor]") {
  const Mounted journalled({"-t", "ext4", "-o", "loop,data=journal"}, 64 << 20);
  const WellHome well({}, journalled.path());
  CHECK(Diagnosis(well.home).wrong == Names{"disk-remembers", "not-running"});
  well.home.configure("[store]\nkeys = \"memory\"\n");
  CHECK(Diagnosis(well.home).wrong == Names{"not-running"});
}

TEST_CASE("the doctor names swap on a disk that is not encrypted", "[doctor]") {
  const Mounted disk({"-t", "ext4", "-o", "loop"}, 96 << 20);
  const fs::path file = disk.path() / "swap";
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(::posix_fallocate(opened, 0, 40 << 20) == 0);
  ::close(opened);
  REQUIRE(run_program({"/sbin/mkswap", file.string()}).code == 0);
  const WellHome well;
  if (Diagnosis(well.home).swaps) skip("this machine swaps already");
  if (::swapon(file.c_str(), 0) != 0) skip(std::string("swapon: ") + std::strerror(errno));
  const Diagnosis swapping(well.home);
  {
    const Serving locked(well.home);  // root's relay locks its memory: nothing of it is swapped
    CHECK_FALSE(Diagnosis(well.home).swaps);
  }
  REQUIRE(::swapoff(file.c_str()) == 0);
  CHECK(swapping.swaps);
}
