// The archive in a backup: whoever knows the operator's public key can make an age file that opens.
#include "must.hpp"
#include "server/tar.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vigil::fuzz::must;
  using vigil::server::files_of_tar;
  const auto files = files_of_tar(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!files) {
    must(!files.error().empty(), "every refusal says why");
    return 0;
  }
  std::size_t bytes = 0;
  bool names_fit = true;
  for (const auto& [name, content] : *files) {
    bytes += content.size();
    names_fit = names_fit && name.size() < 100;
  }
  must(bytes <= size, "no more comes out than went in");
  if (names_fit) must(files_of_tar(vigil::server::tar_of(*files)) == files, "what came out goes in and comes out again");
  return 0;
}
