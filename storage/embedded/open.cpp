// Making the directory and opening the store in it.
#include "storage/embedded/open.hpp"

#include <sys/stat.h>

#include "storage/embedded/embedded_store.hpp"
#include "storage/embedded/ground.hpp"

namespace vigil::storage {

std::expected<std::unique_ptr<Store>, std::string> open_embedded(const EmbeddedOptions& options) {
  if (options.directory.empty()) return std::unexpected("the store needs a directory");
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) return std::unexpected("cannot make " + options.directory.string() + ": " + failed.message());
  if (::chmod(options.directory.c_str(), 0700) != 0)
    return std::unexpected("cannot make " + options.directory.string() + " private: it belongs to another user");
  if (!options.keys_in_memory) {
    if (auto why = keeps_old_bytes(options.directory)) return std::unexpected(*why);
  }
  auto store = std::make_unique<EmbeddedStore>(options);
  if (auto wrong = store->open()) return std::unexpected(*wrong);
  return store;
}

}  // namespace vigil::storage
