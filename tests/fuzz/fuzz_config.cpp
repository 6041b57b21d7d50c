// The operator's configuration file.
#include "server/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = vigil::server::parse_config(text, "fuzz.toml");
  if (!config && config.error().empty()) __builtin_trap();  // every refusal says why
  return 0;
}
