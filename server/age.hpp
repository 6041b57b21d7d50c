// Encrypting and decrypting with the program `age` (Debian package age). Nothing secret is ever given in its arguments or its
// environment: a passphrase it asks for on the terminal by itself, and a secret key it reads from the file that is named. Used by
// backup and restore.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace vigil::server {

struct AgeRecipients {
  std::vector<std::string> to;    // public keys: age1..., ssh-...
  std::filesystem::path to_file;  // of such keys, one a line; or empty
  bool passphrase = false;        // asked for by age, on the terminal
};

// Writes 'content', encrypted, into a new file of mode 0600, synced. Otherwise a sentence, and no file.
std::expected<void, std::string> age_encrypt(const AgeRecipients& to, const std::string& content,
                                             const std::filesystem::path& file);
// 'identity': the file of the secret key; empty: age asks for the passphrase.
std::expected<std::string, std::string> age_decrypt(const std::filesystem::path& file, const std::filesystem::path& identity);

}  // namespace vigil::server
