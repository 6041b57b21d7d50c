// Where the phone is, from whatever tells it: a file that a receiver writes (NMEA or GeoJSON lines), standard input, or gpsd on
// this machine. Asks nobody else: the only connection ever made is to the gpsd one names by number. One io_context and thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>

#include "client/fixes.hpp"

namespace vigil::client {

namespace asio = boost::asio;

struct FixOptions {
  std::string file;     // NMEA or GeoJSON lines
  std::string nmea;     // "-"
  std::string geojson;  // "-"
  std::string gpsd;     // host:port, numeric
  bool any() const { return !file.empty() || !nmea.empty() || !geojson.empty() || !gpsd.empty(); }
  bool input() const { return !nmea.empty() || !geojson.empty(); }
};

// "127.0.0.1:2947", "[::1]:2947", "localhost:2947" or the same without a port; nothing for a name: asking for one would be a
// request to somebody else.
struct GpsdPlace {
  std::string host;
  std::uint16_t port = 2947;
};
std::optional<GpsdPlace> read_gpsd_place(std::string_view text);

class FixFeed {
 public:
  FixFeed(const asio::any_io_executor& executor, FixOptions options);
  FixFeed(const FixFeed&) = delete;
  FixFeed& operator=(const FixFeed&) = delete;

  // Until stop(), or the end of standard input. Never throws; what cannot be read adds nothing.
  asio::awaitable<void> run();
  void stop();
  // What there is right now, for commands that do not stay: a file, or standard input to its end.
  void read_now();

  // The last 12.
  const std::vector<Fix>& newest_first() const { return fixes_; }

 private:
  asio::awaitable<void> follow_file();
  asio::awaitable<void> follow_input();
  asio::awaitable<void> follow_gpsd();
  asio::awaitable<void> pause(std::chrono::milliseconds for_so_long);
  void read_file();
  void line(std::string_view line, std::uint64_t untimed_s);
  void add(const Fix& fix);

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  FixOptions options_;
  NmeaReader nmea_;
  std::vector<Fix> fixes_;
  std::function<void()> cancel_;
  std::pair<std::uint64_t, std::uint64_t> file_read_{};  // its size and time when it was read last
  bool stopped_ = false;
};

}  // namespace vigil::client
