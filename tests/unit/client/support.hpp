// What several tests of the phone's files need: a route list that nobody answers, and work in several processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/client/some_routes.hpp"

namespace vigil::client::testing {

// Runs work(number) in so many processes at once and waits for all. It returns how much went wrong there: each must return 0,
// end by itself and throw nothing.
template <class Work>
void in_processes(int count, Work work) {
  std::vector<pid_t> children;
  for (int number = 0; number < count; ++number) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        ::_exit(work(number));
      } catch (...) {
        ::_exit(255);
      }
    }
    REQUIRE(child > 0);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int how = 0;
    REQUIRE(::waitpid(child, &how, 0) == child);
    CHECK(WIFEXITED(how));
    CHECK(WEXITSTATUS(how) == 0);
  }
}

}  // namespace vigil::client::testing
