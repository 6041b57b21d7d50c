// The pages of the ordinary site, all in memory: no stranger's request touches the disk, and no path can lead outside. Used by
// decoy.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace vigil::server {

struct DecoyPage {
  std::string content, zipped;  // 'zipped' is empty where nginx would not zip
  std::string type;
  std::int64_t modified_s = 0;
  std::string tag() const;  // ETag, with its quotes
};

class DecoySite {
 public:
  // What Debian's nginx shows after installation, installed at 'modified_s'.
  static DecoySite fresh_nginx(std::int64_t modified_s);
  // A folder, read whole: at most 10,000 files and 64 MiB. Symbolic links and what is neither file nor folder are left out.
  // Otherwise a sentence for the operator.
  static std::expected<DecoySite, std::string> of_folder(const std::filesystem::path& folder);

  struct Found {
    unsigned status = 404;  // 200, 301 (a folder without its slash), 403 (a folder without an index), 404
    const DecoyPage* page = nullptr;
  };
  Found find(const std::string& path) const;

 private:
  std::map<std::string, DecoyPage> pages_;  // bounded: files_max
  std::set<std::string> folders_{"/"};      // bounded: entries_max; each with its slash
};

// As nginx's gzip filter does it for a body of known length.
std::string zip_like_nginx(const std::string& content);

}  // namespace vigil::server
