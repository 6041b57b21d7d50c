// The operator's way into a running relay: a Unix socket (0600, same user or root only), one JSON object a line, one answer each.
//   {"do":"status"}                                -> {"done":true, "numbers":{...}}
//   {"do":"invites","days":7,"hashes":["64 hex digits", ...]}  -> {"done":true}
//   {"do":"mark"}                                  -> {"done":true, "marks":[{"what":"...","hex":"..."}]}   for `vigild audit`
//   {"do":"forget"}                                -> {"done":true}
//   {"do":"die"}                                   -> nothing: the process has ended, its memory with it    for `vigild destroy`
// Whatever else: {"done":false,"why":"..."}. Used by serve, on the main thread's io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "server/marks.hpp"
#include "server/status.hpp"
#include "storage/store.hpp"

namespace vigil::server {

class Console {
 public:
  using Tell = std::function<StatusNumbers()>;
  // Takes the socket's name over from a dead relay; refuses when a living one answers there.
  static std::expected<std::unique_ptr<Console>, std::string> open(boost::asio::io_context& context,
                                                                   const std::filesystem::path& socket, storage::Store& store,
                                                                   Tell tell);
  ~Console();

  // No new connections, and open ones end. The context must run on until it has no work.
  void close();

 private:
  Console(boost::asio::io_context& context, std::filesystem::path path, storage::Store& store, Tell tell);
  boost::asio::awaitable<void> accept_loop();
  boost::asio::awaitable<void> serve_one(boost::asio::local::stream_protocol::socket peer);
  boost::asio::awaitable<void> converse(boost::asio::local::stream_protocol::socket& peer);
  boost::asio::awaitable<std::string> answer(std::string line);
  boost::asio::awaitable<std::string> leave_marks();

  boost::asio::io_context& context_;
  std::filesystem::path path_;
  storage::Store& store_;
  Tell tell_;
  Marks marks_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::set<boost::asio::local::stream_protocol::socket*> peers_;  // bounded: open_max
};

}  // namespace vigil::server
