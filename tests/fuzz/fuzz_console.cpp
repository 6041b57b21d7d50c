// What comes over the relay's console, the Unix socket: lines of whoever may open it. Through the real socket; every line gets
// one answer, and what reaches the store is as bounded as what comes from the network.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "server/console.hpp"
#include "server/json.hpp"
#include "tests/fuzz/watching_store.hpp"

namespace {

using namespace vigil;
using namespace vigil::server;
using fuzz::must;

struct World {
  fuzz::Folder folder{"console"};
  boost::asio::io_context context;
  fuzz::WatchingStore store;
  std::filesystem::path socket = folder.path() / "s";
  std::unique_ptr<Console> console =
      std::move(Console::open(context, socket, store, [] { return StatusNumbers{{"copies", 1}}; }).value());
};

// A line that ends the process is well tested elsewhere.
bool says_die(const std::string& lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    boost::system::error_code error;
    const json::value parsed = json::parse(std::string_view(lines).substr(at, end - at), error);
    const json::object* asked = error ? nullptr : parsed.if_object();
    const json::value* verb = asked == nullptr ? nullptr : asked->if_contains("do");
    if (verb != nullptr && verb->is_string() && verb->as_string() == "die") return true;
    at = end + 1;
  }
  return false;
}

std::string ask(World& world, const std::string& lines) {
  const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, world.socket.c_str(), sizeof address.sun_path - 1);
  must(::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "the console accepts");
  std::string answers;
  std::size_t sent = 0;
  bool closed = false;
  while (!closed) {
    const ssize_t now = ::send(peer, lines.data() + sent, lines.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) sent += static_cast<std::size_t>(now);
    if (sent == lines.size()) ::shutdown(peer, SHUT_WR);
    world.context.poll();
    for (char piece[4096];;) {
      const ssize_t got = ::recv(peer, piece, sizeof piece, MSG_DONTWAIT);
      closed = got == 0 || (got < 0 && errno != EAGAIN);
      if (got <= 0) break;
      answers.append(piece, static_cast<std::size_t>(got));
    }
  }
  ::close(peer);
  world.context.poll();
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) return 0;
  // The first byte: what the store says.
  const std::string lines(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (says_die(lines)) return 0;
  world.store.outcome = data[0] % 4 == 1 ? wire::FULL : data[0] % 4 == 2 ? wire::UNAVAILABLE : wire::DONE;
  world.store.mailbox.reset();
  world.store.any_mailbox = true;
  world.store.waiting_copies = 2;
  const std::string answers = ask(world, lines);
  const auto asked = std::count(lines.begin(), lines.end(), '\n');
  must(std::count(answers.begin(), answers.end(), '\n') == asked, "each line has one answer");
  for (std::size_t at = 0; at < answers.size();) {
    const std::size_t end = answers.find('\n', at);
    boost::system::error_code error;
    const json::value said = json::parse(std::string_view(answers).substr(at, end - at), error);
    must(!error && said.is_object() && said.as_object().contains("done"), "an answer is an object that says whether it is done");
    at = end + 1;
  }
  return 0;
}
