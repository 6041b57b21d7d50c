// The key to the store's keys, from where the operator keeps it. Used by serve and audit, before the store is opened.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "crypto/base/secret_bytes.hpp"
#include "server/config.hpp"

namespace vigil::server {

// Null: it lies in the store, or in memory only. A passphrase is read from 'passphrase_fd', up to the end of its line, or from
// the terminal when that is negative; twice when the store is new. A sentence for the operator when it cannot be had.
std::expected<std::shared_ptr<const SecretBytes>, std::string> store_key(const Config& config, const PublicKey& root,
                                                                         int passphrase_fd);

// Where a relay's store lies.
std::filesystem::path store_directory(const Config& config);

}  // namespace vigil::server
