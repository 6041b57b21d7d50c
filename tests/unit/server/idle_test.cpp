// What an idle member costs: bytes only, so that it may be a gate. The members live in a process of their own, so that only the
// relay's memory is counted here.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

namespace {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// A process that opens as many connections as it is told to, and keeps them.
class Crowd {
 public:
  Crowd() {
    REQUIRE(::pipe(orders_) == 0);
    REQUIRE(::pipe(reports_) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) live();
  }
  ~Crowd() {
    ::close(orders_[1]);
    ::waitpid(child_, nullptr, 0);
    for (const int end : {orders_[0], reports_[0], reports_[1]}) ::close(end);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void open(std::uint16_t port, std::uint32_t count) {
    const std::uint32_t order[2] = {port, count};
    REQUIRE(::write(orders_[1], order, sizeof order) == sizeof order);
    char done = 0;
    REQUIRE(::read(reports_[0], &done, 1) == 1);
    REQUIRE(done == 'd');
  }

 private:
  [[noreturn]] void live() {
    ::close(orders_[1]);
    std::vector<std::unique_ptr<Member>> members;
    std::uint32_t order[2];
    while (::read(orders_[0], order, sizeof order) == sizeof order) {
      char done = 'd';
      try {
        for (std::uint32_t i = 0; i < order[1]; ++i) {
          members.push_back(std::make_unique<Member>(static_cast<std::uint16_t>(order[0]), PublicKey{}));
          wire::Request routes;
          routes.mutable_fetch_routes();
          members.back()->ask(routes);
        }
      } catch (...) {
        done = 'f';
      }
      if (::write(reports_[1], &done, 1) != 1) break;
    }
    ::_exit(0);
  }
  int orders_[2], reports_[2];
  pid_t child_ = -1;
};

}  // namespace

TEST_CASE("an idle connection costs at most 24 KB of the relay's memory", "[server][memory]") {
  // Goal: nothing per connection that grows by accident. The release build's own figure is bench/'s; sanitizers have another
  // memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return;
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return;
#endif
#endif
  Crowd crowd;
  RunningRelay relay;
  crowd.open(relay.port(), 100);
  const std::size_t before = resident_bytes();
  constexpr std::uint32_t count = 800;
  crowd.open(relay.port(), count);
  const std::size_t each = (resident_bytes() - before) / count;
  WARN("bytes per idle connection: " << each);
  CHECK(each <= 24 * 1024);
}
