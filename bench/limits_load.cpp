// What this machine gives anybody at this moment: how often and how fast its disk syncs, and how many messages of 1 KB a bare
// loop of TLS WebSocket frames carries over loopback, 32 in a frame and one answer for them, with nothing stored.
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <stdexcept>
#include <thread>

#include "broker_process.hpp"
#include "flood.hpp"
#include "loopback.hpp"
#include "open_loop.hpp"

namespace vigil::bench {
namespace {

constexpr std::size_t frame_messages = 32;
constexpr std::size_t frame_bytes = 8 + frame_messages * message_bytes;  // a client's head: 2, length 2, mask 4
constexpr unsigned frames_ahead = 4;

double thread_cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Accepts one connection, and answers every frame until it goes.
class BareServer {
 public:
  explicit BareServer(const Broker& files) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in at = loopback(files.port());
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_read_ahead(context_, 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 8) != 0 ||
        SSL_CTX_use_certificate_file(context_, files.certificate().c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, files.key().c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  ~BareServer() { stop(); }
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  // Once the client has gone: CPU of its frames.
  double stop() {
    if (thread_.joinable()) {
      thread_.join();
      ::close(listener_);
      SSL_CTX_free(context_);
    }
    return cpu_s_;
  }

 private:
  void serve() {
    const int descriptor = ::accept(listener_, nullptr, nullptr);
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, descriptor);
    if (SSL_accept(ssl) == 1) answer(ssl);
    SSL_free(ssl);
    ::close(descriptor);
  }
  void answer(SSL* ssl) {
    std::string buffer(16'384, '\0');
    std::size_t got = 0, sent = 0, bytes = 0;
    if (SSL_read_ex(ssl, buffer.data(), buffer.size(), &got) != 1) return;  // the request, in one record
    constexpr std::string_view upgraded = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    if (SSL_write_ex(ssl, upgraded.data(), upgraded.size(), &sent) != 1) return;
    const double before = thread_cpu_seconds();
    const std::string reply = std::string("\x82\x40") + std::string(64, 'a');
    while (SSL_read_ex(ssl, buffer.data(), buffer.size(), &got) == 1) {
      for (bytes += got; bytes >= frame_bytes; bytes -= frame_bytes)
        if (SSL_write_ex(ssl, reply.data(), reply.size(), &sent) != 1) return;
      cpu_s_ = thread_cpu_seconds() - before;
    }
  }

  int listener_;
  SSL_CTX* context_ = nullptr;
  double cpu_s_ = 0;
  std::thread thread_;
};

void add_loopback(Report& report, double seconds) {
  const Broker files;
  BareServer server(files);
  std::uint64_t sent = 0, answered = 0;
  double took = 0;
  {
    TlsSocket client({files.port(), "/", ""});
    std::string frame;
    for (std::size_t i = 0; i < frame_messages; ++i) append_payload(frame, {i});
    const Clock::time_point start = Clock::now();
    while (seconds_since(start) < seconds || answered < sent) {
      for (; sent - answered < frames_ahead && seconds_since(start) < seconds; ++sent) client.send(frame);
      for (auto one = client.receive(); one; one = client.receive(at_once)) ++answered;
    }
    took = seconds_since(start);
  }
  const double messages = static_cast<double>(answered) * frame_messages;
  report.add("loopback_per_s", messages / took);
  report.add("loopback_cpu_us", server.stop() / messages * 1e6);
}

}  // namespace

Report load_limits(const Options& options) {
  Report report{"limits: the disk's syncs and a bare loop of TLS WebSocket frames", {}};
  const Folder folder;
  report.add("disk_syncs_per_s", syncs_per_second(folder.path()));
  SyncProbe probe(folder.path(), 100);
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  probe.stop();
  std::vector<double> syncs = probe.syncs().between(start, Clock::now());
  report.add("fdatasync_p50_ms", percentile(syncs, 50));
  report.add("fdatasync_p99_ms", percentile(syncs, 99));
  add_loopback(report, options.seconds);
  return report;
}

}  // namespace vigil::bench
