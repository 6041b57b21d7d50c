// What `vigild doctor` says of a relay, by the names of what it found; and a relay with which nothing is wrong. For tests.
#pragma once

#include <catch2/catch.hpp>
#include <set>

#include "process.hpp"
#include "server/json.hpp"

namespace vigil::server::test {

using Names = std::set<std::string>;

struct Diagnosis {
  explicit Diagnosis(const RelayHome& home) : Diagnosis(home.run("doctor", {"--json"})) {}
  explicit Diagnosis(Ran said) : ran(std::move(said)) {
    INFO(ran.out + ran.err);
    boost::system::error_code error;
    const json::value parsed = json::parse(ran.out, error);
    REQUIRE_FALSE(error);
    for (const json::value& one : parsed.at("findings").as_array()) {
      CHECK_FALSE(one.at("says").as_string().empty());
      CHECK_FALSE(one.at("cure").as_string().empty());
      CHECK(one.at("cure").as_string().find('\n') == json::string::npos);
      (one.at("wrong").as_bool() ? wrong : advice).insert(std::string(one.at("name").as_string()));
    }
    CHECK(parsed.at("well").as_bool() == wrong.empty());
    CHECK(ran.code == (wrong.empty() ? 0 : 4));
    swaps = wrong.erase("swap") > 0;
  }
  Ran ran;
  Names wrong, advice;  // but for swap, which is the machine's whatever the test
  bool swaps = false;
};

// Its root is away, as it should be, and it asks for no more files than any machine gives.
struct WellHome {
  explicit WellHome(const std::vector<std::string>& more = {},
                    const std::filesystem::path& in = std::filesystem::temp_directory_path())
      : home(more, in), stick(home.data().parent_path() / "stick") {
    REQUIRE(home.made().code == 0);
    std::filesystem::create_directory(stick);
    std::filesystem::rename(home.root_file(), stick / "root");
    home.configure("\n[limits]\nconnections_max = 100\n");
  }
  const RelayHome home;
  const std::filesystem::path stick;
};

}  // namespace vigil::server::test
