// The ordinary site's connections: nginx's loop over requests, and the pass-through to a web server on this machine.
//
// What still differs from a real nginx 1.22.1 (each would need a stranger who looks for it):
// - a pipelined request starts a fresh 1 KiB buffer, so the limits on heads behind the first one are up to 8 KiB more generous;
// - headers that nginx folds into lists (several Cookie lines) count as their first one, which only matters to logs;
// - decoy.site knows the common part of mime.types, and its pages are read at start and reload, not at each request.
// TLS (versions, ciphers, ALPN, session tickets) is the listener's; see docs/threat-model.md.
#include "server/decoy.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "crypto/base/encoding.hpp"
#include "server/decoy_answer.hpp"
#include "server/decoy_body.hpp"
#include "server/relay_keys.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;
// nginx's defaults
constexpr seconds head_wait{60}, kept_alive_wait{75}, linger_wait{5};
constexpr unsigned requests_max = 1000, lingers_max = 6;
constexpr std::size_t piece_bytes = 4096;

std::int64_t now_s() {
  return std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// One stranger: bytes read and not yet used, and how to get more.
class Conversation {
 public:
  Conversation(const DecoySite& site, DecoyStream& stream, View already) : site_(site), stream_(stream), unread_(text(already)) {}

  asio::awaitable<void> run() {
    for (unsigned count = 1;; ++count) {
      DecoyHead head;
      const seconds patience = count == 1 ? head_wait : kept_alive_wait;
      const DecoyHead::State state = co_await read_head(head, patience);
      if (state == DecoyHead::State::more) co_return;  // closed, or silent for too long: nginx says nothing then
      const DecoyMoment at{now_s(), count < requests_max};
      if (state == DecoyHead::State::refused) {
        const DecoyAnswer refusal = answer_refused(head.request(), head.refusal(), at);
        co_await stream_.write_all(view(refusal.bytes));
        co_return;
      }
      const bool goes_on = co_await answer(head.request(), at);
      if (!goes_on) co_return;
    }
  }

 private:
  asio::awaitable<bool> read_more(seconds wait) {
    std::array<std::uint8_t, piece_bytes> piece;
    const std::size_t got = co_await stream_.read_some(piece, wait);
    unread_.append(reinterpret_cast<const char*>(piece.data()), got);
    co_return got > 0;
  }

  asio::awaitable<DecoyHead::State> read_head(DecoyHead& head, seconds first_wait) {
    for (;;) {
      for (std::size_t used = 0; used < unread_.size();) {
        const DecoyHead::State state = head.feed(unread_[used++]);
        if (state == DecoyHead::State::more) continue;
        unread_.erase(0, used);
        co_return state;
      }
      unread_.clear();
      const seconds patience = head.begun() ? head_wait : first_wait;
      const bool more = co_await read_more(patience);
      if (!more) co_return DecoyHead::State::more;
    }
  }

  // False when the connection is over.
  asio::awaitable<bool> answer(const DecoyRequest& request, DecoyMoment at) {
    DecoyBody body(request.body_bytes, request.chunked);
    unread_.erase(0, body.skip(unread_));
    const DecoyAnswer reply = answer_request(site_, request, body.broken(), at);
    const std::string* expects = request.header("expect");
    const bool is_page = reply.bytes.starts_with("HTTP/1.1 2") || reply.bytes.starts_with("HTTP/1.1 3");
    if (expects != nullptr && request.version > 10 && is_page && (*expects == "100-continue" || *expects == "100-Continue")) {
      const bool continued = co_await stream_.write_all(view("HTTP/1.1 100 Continue\r\n\r\n"));
      if (!continued) co_return false;
    }
    const bool written = co_await stream_.write_all(view(reply.bytes));
    if (!written || body.broken()) co_return false;
    // What is left of the body goes unread past; after an answer that closes, a while of it, so that the answer is read first.
    for (unsigned reads = 0; !body.done(); ++reads) {
      if (reply.closes && reads == lingers_max * 1024) co_return false;
      const bool more = co_await read_more(linger_wait);
      if (!more) co_return false;
      unread_.erase(0, body.skip(unread_));
      if (body.broken()) co_return false;
    }
    co_return !reply.closes;
  }

  const DecoySite& site_;
  DecoyStream& stream_;
  std::string unread_;
};

class NginxDecoy final : public Decoy {
 public:
  explicit NginxDecoy(DecoySite site) : site_(std::move(site)) {}
  asio::awaitable<void> serve(DecoyStream& stream, View already) override {
    Conversation conversation(site_, stream, already);
    co_await conversation.run();
  }

 private:
  const DecoySite site_;
};

}  // namespace

std::expected<std::shared_ptr<Decoy>, std::string> make_decoy(const Config& config) {
  if (!config.decoy_upstream.empty()) return make_upstream_decoy(config.decoy_upstream);
  if (!config.decoy_site.empty()) {
    std::expected<DecoySite, std::string> site = DecoySite::of_folder(config.decoy_site);
    if (!site) return std::unexpected(site.error());
    return std::make_shared<NginxDecoy>(std::move(*site));
  }
  // The page is as old as the relay: its ETag and date differ between relays as they differ between nginx hosts.
  struct stat root{};
  const bool known = ::stat(KeyFiles(config.data).root.c_str(), &root) == 0;
  return std::make_shared<NginxDecoy>(DecoySite::fresh_nginx(known ? root.st_mtim.tv_sec : now_s()));
}

Bytes plain_http_on_tls_port() {
  DecoyRequest request;
  request.version = 11;
  const DecoyAnswer answer = answer_refused(request, status_plain_to_tls, {now_s(), false});
  return {answer.bytes.begin(), answer.bytes.end()};
}

}  // namespace vigil::server
