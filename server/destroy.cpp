// First the keys, then the process, then the files.
#include "server/destroy.hpp"

#include <unistd.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/store_key.hpp"
#include "server/unix_socket.hpp"
#include "storage/seizure.hpp"

namespace vigil::server {
namespace {

// Thousands of files: each unlinking waits for the disk in its turn, so several wait at once.
void remove_quickly(const std::filesystem::path& folder, std::error_code& failed) {
  std::vector<std::filesystem::path> files;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->symlink_status().type() == std::filesystem::file_type::regular) files.push_back(at->path());
  std::atomic<std::size_t> next = 0;
  const auto remove_some = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) ::unlink(files[i].c_str());
  };
  {
    std::vector<std::jthread> others;
    for (int i = 0; i < 7; ++i) others.emplace_back(remove_some);
    remove_some();
  }
  std::filesystem::remove_all(folder, failed);  // what is left, and says what cannot be removed
}

}  // namespace

int destroy(const std::filesystem::path& config_file, const DestroyOrder& order) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  if (!order.yes) {
    std::cerr << "This makes everything unreadable, for everybody and for good, that members have left with this relay:\n"
              << "mailboxes, what waits in them, alerts that run"
              << (order.everything ? "; and the relay's own keys and configuration" : "") << ".\n"
              << "Type DESTROY to go on: ";
    std::string typed;
    if (!std::getline(std::cin, typed) || typed != "DESTROY") return fail("nothing was destroyed.", exit_refused);
  }
  // First what opens everything, then whatever can be removed in the time that is left. One that cannot be had does not save the
  // others.
  const std::filesystem::path store = store_directory(*config);
  std::error_code failed;
  std::optional<std::string> wrong;
  const auto overwrite = [&wrong](const std::filesystem::path& file) {
    if (auto why = storage::destroy_keys(file); why && !wrong) wrong = std::move(why);
  };
  if (std::filesystem::exists(storage::keys_file(store), failed)) overwrite(storage::keys_file(store));
  if (order.everything) {
    for (std::filesystem::recursive_directory_iterator at(config->data / "keys", failed), end; !failed && at != end;
         at.increment(failed))
      if (at->is_regular_file(failed)) overwrite(at->path());
    overwrite(config_file);
  }
  (void)ask_console(config->console, R"({"do":"die"})");  // it has the keys in memory, when it runs
  // It may have made keys until it died, and whoever has the key to them, from elsewhere, could open them.
  if (std::filesystem::exists(storage::keys_file(store), failed)) overwrite(storage::keys_file(store));
  // Under another name: a relay that is started again meanwhile makes a store of its own.
  const std::filesystem::path gone = config->data / "store.destroyed";
  std::filesystem::remove_all(gone, failed);
  std::filesystem::rename(store, gone, failed);
  remove_quickly(failed ? store : gone, failed);
  if (order.everything) std::filesystem::remove_all(config->data, failed);
  if (wrong) return fail(*wrong, exit_failed);
  if (failed)
    return fail("the keys are destroyed, nobody can read the store. Its files could not be removed: " + failed.message(),
                exit_failed);
  std::cout << "Destroyed. "
            << (order.everything ? "This relay is gone; its root, which you keep elsewhere, can make a new one.\n"
                                 : "`vigild serve` starts with an empty store; members need new invites.\n");
  return exit_done;
}

}  // namespace vigil::server
