#include "server/store_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "server/private_file.hpp"
#include "storage/seizure.hpp"

namespace vigil::server {
namespace {

using Key = std::shared_ptr<const SecretBytes>;

constexpr std::size_t key_bytes = 32, salt_bytes = 16;
constexpr std::size_t passphrase_least = 12, passphrase_most = 1024;

std::filesystem::path key_file_of(const Config& config) {
  if (config.store_key_file.is_absolute()) return config.store_key_file;
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY")) {
    std::filesystem::path there = std::filesystem::path(credentials) / config.store_key_file;
    std::error_code ignored;
    if (std::filesystem::exists(there, ignored)) return there;
  }
  return config.data / config.store_key_file;
}

std::expected<Key, std::string> from_file(const Config& config) {
  const std::filesystem::path file = key_file_of(config);
  const std::expected<SecretBytes, std::string> held = read_private(file);
  if (!held) return std::unexpected(held.error());
  if (held->size() < key_bytes)
    return std::unexpected(
        fmt::format("{} is too short: it needs 32 random bytes (head -c 32 /dev/urandom > FILE).", file.string()));
  Bytes derived = derive(held->view(), {}, labels::store_key, key_bytes);
  auto key = std::make_shared<const SecretBytes>(View(derived));
  wipe(derived);
  return key;
}

// A terminal that shows nothing of what is typed, for as long as this lives.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

// A line, without its end; empty: nothing came.
SecretBytes read_line(int from) {
  SecretBytes line(passphrase_most);
  std::size_t length = 0;
  while (length < line.size()) {
    std::uint8_t octet = 0;
    const ssize_t got = ::read(from, &octet, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || octet == '\n') break;
    line.data()[length++] = octet;
  }
  return SecretBytes(line.view().first(length));
}

std::expected<SecretBytes, std::string> typed(const char* asks) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0)
    return std::unexpected(
        "the store's passphrase cannot be asked for: there is no terminal. Start from one, or give --passphrase-fd; or keep the "
        "key "
        "in a systemd credential ([store] keys = \"file\").");
  const auto say = [terminal](std::string_view words) { return ::write(terminal, words.data(), words.size()) >= 0; };
  SecretBytes line;
  {
    const NoEcho quiet(terminal);
    if (say(asks)) line = read_line(terminal);
    say("\n");
  }
  ::close(terminal);
  return line;
}

std::expected<Key, std::string> from_passphrase(const Config& config, const PublicKey& root, int passphrase_fd) {
  const bool is_new = !std::filesystem::exists(storage::keys_file(store_directory(config)));
  std::expected<SecretBytes, std::string> line =
      passphrase_fd >= 0
          ? read_line(passphrase_fd)
          : typed(is_new ? "A passphrase for this relay's store, at least 12 characters: " : "The store's passphrase: ");
  if (!line) return std::unexpected(line.error());
  if (is_new && line->size() < passphrase_least)
    return std::unexpected("the passphrase is too short: at least 12 characters, better five words drawn by lot.");
  if (is_new && passphrase_fd < 0) {
    const std::expected<SecretBytes, std::string> again = typed("Once more: ");
    if (!again) return std::unexpected(again.error());
    if (!equal_secret(line->view(), again->view())) return std::unexpected("the two passphrases differ; start again.");
  }
  const Hash salt = hash(labels::store_key, {root.view()});
  return std::make_shared<const SecretBytes>(key_from_pin(line->view(), salt.view().first(salt_bytes), PinCost::people()));
}

}  // namespace

std::filesystem::path store_directory(const Config& config) {
  return config.data / "store";
}

std::expected<Key, std::string> store_key(const Config& config, const PublicKey& root, int passphrase_fd) {
  switch (config.store_keys) {
    case StoreKeys::disk:
    case StoreKeys::memory:
      return Key();
    case StoreKeys::file:
      return from_file(config);
    case StoreKeys::passphrase:
      return from_passphrase(config, root, passphrase_fd);
  }
  return Key();
}

}  // namespace vigil::server
