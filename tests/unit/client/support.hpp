// What several tests of the phone's files need: a route list that nobody answers, and work in several processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "client/routes.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"

namespace vigil::client::testing {

inline Routes some_routes(const SigningKey& root = SigningKey::generate()) {
  wire::RouteListBody body;
  body.set_root(std::string(text(root.public_key().view())));
  body.set_serial(1);
  wire::Route& route = *body.add_routes();
  route.set_host("127.0.0.1");
  route.set_port(1);
  route.set_path("/x");
  route.set_pin(std::string(32, 'p'));
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(std::string(text(root.sign(labels::routes, {view(list.body())}).view())));
  return Routes::verify(list, root.public_key()).value();
}

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
