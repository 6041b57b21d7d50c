// The ordinary site: the same bytes as a real nginx of Debian 12, recorded by nginx/record.py, over a real loopback connection;
// and what a folder and a web server behind it must never do.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

#include "server/decoy.hpp"
#include "server/decoy_answer.hpp"
#include "server/relay_keys.hpp"

using namespace vigil;
using namespace vigil::server;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// A stranger in memory: what it says comes in pieces of any size, and then silence that ends the connection.
class Stranger final : public DecoyStream {
 public:
  Stranger(std::string says, std::size_t piece) : says_(std::move(says)), piece_(piece) {}
  asio::awaitable<std::size_t> read_some(std::span<std::uint8_t> into, std::chrono::seconds wait) override {
    longest_wait = std::max(longest_wait, wait);
    const std::size_t many = std::min({piece_, into.size(), says_.size() - at_});
    std::copy_n(says_.begin() + static_cast<std::ptrdiff_t>(at_), many, into.begin());
    at_ += many;
    waited_in_silence = many == 0;
    co_return many;
  }
  asio::awaitable<bool> write_all(View bytes) override {
    heard.append(bytes.begin(), bytes.end());
    co_return true;
  }
  void close() override { waited_in_silence = false; }

  std::string heard;
  bool waited_in_silence = false;  // the decoy wanted more: it would not have closed
  std::chrono::seconds longest_wait{0};

 private:
  std::string says_;
  std::size_t piece_, at_ = 0;
};

// What one stranger hears; the first 'already' bytes are those that connection has read before it knew.
std::string talk(Decoy& decoy, const std::string& request, std::size_t already, std::size_t piece, bool& closed) {
  asio::io_context context;
  const std::string head = request.substr(0, already);
  Stranger stranger(request.substr(head.size()), piece);
  std::exception_ptr thrown;
  asio::co_spawn(context, decoy.serve(stranger, View(reinterpret_cast<const std::uint8_t*>(head.data()), head.size())),
                 [&thrown](std::exception_ptr e) { thrown = std::move(e); });
  context.run();
  REQUIRE_FALSE(thrown);
  closed = !stranger.waited_in_silence;
  return stranger.heard;
}

std::string without_changing_parts(const std::string& response) {
  static const std::regex date("\r\nDate: [^\r]*"), boundary("0{10}[0-9]{10}");
  return std::regex_replace(std::regex_replace(response, date, "\r\nDate: -"), boundary, "BOUNDARY");
}

// Bytes written as characters of the same number.
std::string bytes_of(const boost::json::value& text) {
  const boost::json::string& from = text.as_string();
  std::string out;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto byte = static_cast<unsigned char>(from[i]);
    out += byte < 0x80 ? from[i] : static_cast<char>((byte & 0x03) << 6 | (from[++i] & 0x3f));
  }
  return out;
}

std::string page_of(Decoy& decoy, const std::string& path) {
  bool closed = false;
  return talk(decoy, "GET " + path + " HTTP/1.1\r\nHost: relay.example.org\r\n\r\n", 0, 100, closed);
}

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "vigil-decoy-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  void file(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << content;
  }
};

}  // namespace

TEST_CASE("strangers get the bytes of a freshly installed Debian nginx", "[server][decoy]") {
  // Every recorded conversation, in one piece and cut into pieces, with none, some or all of it read before.
  Folder data;
  std::filesystem::create_directories(data.path / "keys");
  data.file("keys/root.public", "");
  const std::int64_t installed = parse_http_date("Sun, 01 Mar 2026 10:20:30 GMT");
  const timespec times[2] = {{installed, 0}, {installed, 0}};
  REQUIRE(utimensat(AT_FDCWD, KeyFiles(data.path).root.c_str(), times, 0) == 0);
  Config config;
  config.data = data.path;
  const auto decoy = make_decoy(config);
  REQUIRE(decoy);

  std::ifstream recorded(VIGIL_SOURCE_DIR "/tests/unit/server/nginx/recorded.jsonl");
  unsigned cases = 0;
  for (std::string line; std::getline(recorded, line); ++cases) {
    const boost::json::value one = boost::json::parse(line);
    const std::string request = bytes_of(one.at("request")), expected = without_changing_parts(bytes_of(one.at("response")));
    INFO(one.at("name").as_string());
    for (const auto& [already, piece] :
         {std::pair<std::size_t, std::size_t>{request.size(), 4096}, {0, 4096}, {7, 1}, {100, 33}}) {
      // Of a body that comes later nginx knows nothing when it answers.
      if (one.at("name").as_string() == "post, broken chunks" && piece < 4096) continue;
      bool closed = false;
      const std::string heard = without_changing_parts(talk(**decoy, request, already, piece, closed));
      CHECK(heard == expected);
      CHECK(closed == one.at("closed").as_bool());
    }
  }
  CHECK(cases > 190);
}

TEST_CASE("plain HTTP on the TLS port is answered as nginx does", "[server][decoy]") {
  const Bytes bytes = plain_http_on_tls_port();
  const std::string answer = without_changing_parts(std::string(bytes.begin(), bytes.end()));
  CHECK(answer ==
        "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: -\r\nContent-Type: text/html\r\nContent-Length: "
        "255\r\nConnection: close\r\n\r\n"
        "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
        "<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n");
}

TEST_CASE("a silent stranger is waited for as long as nginx waits, a kept connection too", "[server][decoy]") {
  const auto decoy = make_decoy(Config{});
  asio::io_context context;
  Stranger silent("", 1), kept("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 4096);
  asio::co_spawn(context, (*decoy)->serve(silent, {}), [](const std::exception_ptr&) {});
  asio::co_spawn(context, (*decoy)->serve(kept, {}), [](const std::exception_ptr&) {});
  context.run();
  CHECK(silent.longest_wait == std::chrono::seconds(60));
  CHECK(silent.heard.empty());
  CHECK(kept.longest_wait == std::chrono::seconds(75));
}

TEST_CASE("a folder is served with its index, types and redirects, and nothing outside of it", "[server][decoy]") {
  Folder outside, site;
  outside.file("secret.txt", "secret");
  site.file("index.html", "<html>my site</html>");
  site.file("style.css", "body {}");
  site.file("blog/index.html", "<p>blog</p>");
  site.file("empty/.keep", "");
  std::filesystem::create_symlink(outside.path / "secret.txt", site.path / "link.txt");
  std::filesystem::create_directory_symlink(outside.path, site.path / "linked");
  Config config;
  config.decoy_site = site.path;
  const auto decoy = make_decoy(config);
  REQUIRE(decoy);
  CHECK(page_of(**decoy, "/").find("my site") != std::string::npos);
  CHECK(page_of(**decoy, "/style.css").find("Content-Type: text/css\r\n") != std::string::npos);
  CHECK(page_of(**decoy, "/blog").find("301 Moved Permanently") != std::string::npos);
  CHECK(page_of(**decoy, "/blog").find("Location: https://relay.example.org/blog/\r\n") != std::string::npos);
  CHECK(page_of(**decoy, "/blog/").find("<p>blog</p>") != std::string::npos);
  CHECK(page_of(**decoy, "/empty/").starts_with("HTTP/1.1 403 Forbidden"));
  for (const char* path : {"/link.txt", "/linked/secret.txt", "/%2e%2e/secret.txt", "/blog/..%2f..%2fsecret.txt",
                           "/..%5c..%5csecret.txt", "//etc/passwd", "/etc/passwd"}) {
    INFO(path);
    const std::string answer = page_of(**decoy, path);
    CHECK((answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400")));
  }
}

TEST_CASE("a folder that is missing is a sentence for the operator", "[server][decoy]") {
  Config config;
  config.decoy_site = "/nowhere/at/all";
  const auto decoy = make_decoy(config);
  REQUIRE_FALSE(decoy);
  CHECK(decoy.error().starts_with("decoy.site: the folder /nowhere/at/all cannot be read"));
}

namespace {

// A stranger on a real socket.
class SocketStranger final : public DecoyStream {
 public:
  explicit SocketStranger(tcp::socket socket) : socket_(std::move(socket)) {}
  asio::awaitable<std::size_t> read_some(std::span<std::uint8_t> into, std::chrono::seconds) override {
    const auto [error, got] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
    co_return error ? 0 : got;
  }
  asio::awaitable<bool> write_all(View bytes) override {
    const auto [error, sent] = co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), as_result);
    co_return !error;
  }
  void close() override { socket_.close(); }

 private:
  tcp::socket socket_;
};

// A web server that says what it heard, then closes.
asio::awaitable<void> echo_once(tcp::acceptor& acceptor, std::string& heard) {
  auto [error, peer] = co_await acceptor.async_accept(as_result);
  if (error) co_return;
  std::string piece(4096, '\0');
  while (heard.find("\r\n\r\n") == std::string::npos) {
    const auto [failed, got] = co_await peer.async_read_some(asio::buffer(piece), as_result);
    if (failed) co_return;
    heard += piece.substr(0, got);
  }
  const std::string says = "HTTP/1.1 200 OK\r\nServer: mine\r\nConnection: close\r\n\r\n" + heard;
  co_await asio::async_write(peer, asio::buffer(says), as_result);
}

}  // namespace

TEST_CASE("a web server behind the relay hears every byte of a stranger, and the stranger every byte of it", "[server][decoy]") {
  asio::io_context context;
  tcp::acceptor web(context, {asio::ip::make_address("127.0.0.1"), 0}), front(context, {asio::ip::make_address("127.0.0.1"), 0});
  Config config;
  config.decoy_upstream = "127.0.0.1:" + std::to_string(web.local_endpoint().port());
  const auto decoy = make_decoy(config);
  REQUIRE(decoy);
  const std::string request = "BREW /pot HTTP/1.1\r\nX-odd: \x01\r\n\r\n";
  std::string web_heard, stranger_heard;
  asio::co_spawn(context, echo_once(web, web_heard), [](const std::exception_ptr&) {});
  tcp::socket ours(context), theirs(context);
  ours.connect(front.local_endpoint());
  front.accept(theirs);
  SocketStranger stranger(std::move(theirs));
  const std::string already = request.substr(0, 10);
  bool served = false;
  asio::co_spawn(context, (*decoy)->serve(stranger, View(reinterpret_cast<const std::uint8_t*>(already.data()), already.size())),
                 [&served](const std::exception_ptr& thrown) { served = !thrown; });
  asio::write(ours, asio::buffer(request.substr(10)));
  ours.shutdown(tcp::socket::shutdown_send);
  context.run_for(std::chrono::seconds(20));
  boost::system::error_code ended;
  asio::read(ours, asio::dynamic_buffer(stranger_heard), ended);
  CHECK(served);
  CHECK(web_heard == request);
  CHECK(stranger_heard == "HTTP/1.1 200 OK\r\nServer: mine\r\nConnection: close\r\n\r\n" + request);
}
