// The archive in a backup: read back whole, refused when it is anything else, and known to Debian's own tar.
#include <catch2/catch.hpp>

#include "server/tar.hpp"

using namespace vigil::server;

TEST_CASE("an archive gives back what went in, and only whole plain files come out of one", "[server][backup]") {
  const TarFiles files{{"a", ""}, {"keys/online.seed", std::string(512, '\xff')}, {"vigild.toml", std::string(1000, 'x')}};
  const std::string tar = tar_of(files);
  REQUIRE(files_of_tar(tar));
  CHECK(*files_of_tar(tar) == files);
  CHECK(files_of_tar(tar_of({}))->empty());

  for (std::size_t cut = 0; cut < tar.size() - 512; cut += 64) CHECK_FALSE(files_of_tar(tar.substr(0, cut)));
  for (std::size_t at = 0; at < 512; ++at) {  // any byte of the first header but what follows its sum
    if (at == 154 || at == 155) continue;
    std::string bent = tar;
    bent[at] = static_cast<char>(bent[at] + 1);
    INFO(at);
    CHECK_FALSE(files_of_tar(bent));
  }
  CHECK_FALSE(files_of_tar(tar.substr(0, 512) + tar));  // "a" twice
  CHECK_FALSE(files_of_tar(std::string(2048, 'x')));
}
