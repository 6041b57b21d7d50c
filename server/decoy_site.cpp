// Pages: Debian's own one, or an operator's folder.
#include "server/decoy_site.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <fstream>
#include <sstream>

namespace vigil::server {
namespace {

constexpr std::size_t files_max = 10'000, entries_max = 20'000, site_bytes_max = 64u << 20;
constexpr std::size_t zip_bytes_min = 20;

// /var/www/html/index.nginx-debian.html of nginx 1.22.1-9+deb12u11, byte for byte.
constexpr const char* fresh_page = R"(<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
)";

// The common part of Debian's mime.types.
std::string type_of(const std::filesystem::path& file) {
  static const std::map<std::string, std::string> types{{".html", "text/html"},
                                                        {".htm", "text/html"},
                                                        {".shtml", "text/html"},
                                                        {".css", "text/css"},
                                                        {".xml", "text/xml"},
                                                        {".gif", "image/gif"},
                                                        {".jpeg", "image/jpeg"},
                                                        {".jpg", "image/jpeg"},
                                                        {".js", "application/javascript"},
                                                        {".atom", "application/atom+xml"},
                                                        {".rss", "application/rss+xml"},
                                                        {".txt", "text/plain"},
                                                        {".png", "image/png"},
                                                        {".svg", "image/svg+xml"},
                                                        {".svgz", "image/svg+xml"},
                                                        {".tif", "image/tiff"},
                                                        {".tiff", "image/tiff"},
                                                        {".webp", "image/webp"},
                                                        {".ico", "image/x-icon"},
                                                        {".bmp", "image/x-ms-bmp"},
                                                        {".woff", "font/woff"},
                                                        {".woff2", "font/woff2"},
                                                        {".json", "application/json"},
                                                        {".pdf", "application/pdf"},
                                                        {".zip", "application/zip"},
                                                        {".mp3", "audio/mpeg"},
                                                        {".ogg", "audio/ogg"},
                                                        {".mp4", "video/mp4"},
                                                        {".webm", "video/webm"},
                                                        {".mpeg", "video/mpeg"},
                                                        {".wasm", "application/wasm"}};
  std::string ending = file.extension().string();
  for (char& letter : ending) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const auto found = types.find(ending);
  return found == types.end() ? "application/octet-stream" : found->second;
}

DecoyPage page_of(std::string content, std::string type, std::int64_t modified_s) {
  DecoyPage page{std::move(content), {}, std::move(type), modified_s};
  if (page.type == "text/html" && page.content.size() >= zip_bytes_min) page.zipped = zip_like_nginx(page.content);
  return page;
}

}  // namespace

std::string DecoyPage::tag() const {
  return fmt::format("\"{:x}-{:x}\"", modified_s, content.size());
}

std::string zip_like_nginx(const std::string& content) {
  int window = MAX_WBITS, memory = MAX_MEM_LEVEL - 1;
  while (window > 8 && static_cast<long>(content.size()) < (1L << (window - 1)) - 262) {
    --window;
    memory = std::max(1, memory - 1);
  }
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, window + 16, memory, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string zipped(deflateBound(&stream, static_cast<uLong>(content.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(zipped.data());
  stream.avail_out = static_cast<uInt>(zipped.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  zipped.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return zipped;
}

DecoySite DecoySite::fresh_nginx(std::int64_t modified_s) {
  DecoySite site;
  site.pages_["/index.nginx-debian.html"] = page_of(fresh_page, "text/html", modified_s);
  return site;
}

std::expected<DecoySite, std::string> DecoySite::of_folder(const std::filesystem::path& folder) {
  DecoySite site;
  std::size_t bytes = 0, entries = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(folder, error);
  if (error)
    return std::unexpected(fmt::format("decoy.site: the folder {} cannot be read: {}.", folder.string(), error.message()));
  for (; at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (error) return std::unexpected(fmt::format("decoy.site: {} cannot be read whole: {}.", folder.string(), error.message()));
    const std::filesystem::path& file = at->path();
    if (++entries > entries_max)
      return std::unexpected(
          fmt::format("decoy.site: {} holds more than 20,000 entries; use decoy.upstream instead.", folder.string()));
    const std::string path = "/" + file.lexically_relative(folder).generic_string();
    struct stat is{};
    if (::lstat(file.c_str(), &is) != 0 || S_ISLNK(is.st_mode)) continue;
    if (S_ISDIR(is.st_mode)) site.folders_.insert(path + "/");
    if (!S_ISREG(is.st_mode)) continue;
    bytes += static_cast<std::size_t>(is.st_size);
    if (bytes > site_bytes_max || site.pages_.size() == files_max)
      return std::unexpected(fmt::format(
          "decoy.site: {} holds more than 64 MiB or 10,000 files; use decoy.upstream for a site as large.", folder.string()));
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    if (!in.is_open() || in.bad()) return std::unexpected(fmt::format("decoy.site: {} cannot be read.", file.string()));
    site.pages_[path] = page_of(content.str(), type_of(file), is.st_mtim.tv_sec);
  }
  return site;
}

DecoySite::Found DecoySite::find(const std::string& path) const {
  if (path.ends_with('/')) {
    if (!folders_.contains(path)) return {};
    for (const char* index : {"index.html", "index.htm", "index.nginx-debian.html"})
      if (const auto found = pages_.find(path + index); found != pages_.end()) return {200, &found->second};
    return {403, nullptr};
  }
  if (const auto found = pages_.find(path); found != pages_.end()) return {200, &found->second};
  return {folders_.contains(path + "/") ? 301u : 404u, nullptr};
}

}  // namespace vigil::server
