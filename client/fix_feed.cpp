#include "client/fix_feed.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <fstream>
#include <iostream>

#include "client/clock.hpp"
#include "client/geo.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t lines_max = 200'000;
constexpr std::chrono::milliseconds file_every{1'000};
constexpr std::chrono::milliseconds gpsd_again{2'000};
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::optional<GpsdPlace> read_gpsd_place(std::string_view text) {
  GpsdPlace place;
  const bool bracket = text.starts_with('[');
  const auto end = bracket ? text.find(']') : text.find(':');
  if (bracket && end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracket ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + (bracket ? 1 : 0));
  if (!rest.empty()) {
    rest.remove_prefix(1);
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), place.port);
    if (error != std::errc{} || last != rest.data() + rest.size() || place.port == 0) return std::nullopt;
  }
  place.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  boost::system::error_code error;
  asio::ip::make_address(place.host, error);
  if (error) return std::nullopt;
  return place;
}

FixFeed::FixFeed(const asio::any_io_executor& executor, FixOptions options)
    : executor_(executor), timer_(executor), options_(std::move(options)) {}

void FixFeed::stop() {
  stopped_ = true;
  timer_.cancel();
  if (cancel_) cancel_();
}

asio::awaitable<void> FixFeed::pause(std::chrono::milliseconds for_so_long) {
  if (stopped_) co_return;
  timer_.expires_after(for_so_long);
  const auto [error] = co_await timer_.async_wait(as_tuple);
  (void)error;  // cancelled: stopped_ says so
}

void FixFeed::add(const Fix& fix) {
  if (!fixes_.empty() && fix.at_s < fixes_.front().at_s) return;  // a receiver that goes back in time is not believed
  if (!fixes_.empty() && fix == fixes_.front()) return;
  fixes_.insert(fixes_.begin(), fix);
  if (fixes_.size() > fixes_in_alert_max) fixes_.pop_back();
}

// 'untimed_s': when a place that says no time was written down.
void FixFeed::line(std::string_view line, std::uint64_t untimed_s) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with('$')) {
    if (nmea_.read(line)) add(nmea_.newest_first().front());
    return;
  }
  const auto fix = options_.gpsd.empty() ? read_geojson(line, untimed_s) : read_gpsd(line);
  if (fix) add(*fix);
}

// Whole, when it has changed: a receiver may write it anew as well as append. What it says is as old as the file.
void FixFeed::read_file() {
  struct stat about{};
  if (::stat(options_.file.c_str(), &about) != 0) return;
  const auto written_s = static_cast<std::uint64_t>(std::max<std::int64_t>(about.st_mtim.tv_sec, 0));
  const std::pair now{static_cast<std::uint64_t>(about.st_size),
                      written_s * 1'000'000'000 + static_cast<std::uint64_t>(about.st_mtim.tv_nsec)};
  if (now == std::exchange(file_read_, now)) return;
  nmea_ = NmeaReader();
  std::ifstream file(options_.file);
  std::string text;
  for (std::size_t i = 0; i < lines_max && std::getline(file, text); ++i) line(text, written_s);
}

void FixFeed::read_now() {
  if (!options_.file.empty()) read_file();
  if (!options_.input()) return;
  std::string text;
  for (std::size_t i = 0; i < lines_max && std::getline(std::cin, text); ++i) line(text, wall_s());
}

asio::awaitable<void> FixFeed::run() {
  if (!options_.file.empty()) {
    co_await follow_file();
  } else if (options_.input()) {
    co_await follow_input();
  } else if (!options_.gpsd.empty()) {
    co_await follow_gpsd();
  }
}

asio::awaitable<void> FixFeed::follow_file() {
  while (!stopped_) {
    read_file();
    co_await pause(file_every);
  }
}

asio::awaitable<void> FixFeed::follow_input() {
  asio::posix::stream_descriptor input(executor_);
  const int own = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  boost::system::error_code not_pollable;
  if (own >= 0) input.assign(own, not_pollable);
  if (own < 0 || not_pollable) {  // a plain file: it is all there
    if (own >= 0) ::close(own);
    read_now();
    co_return;
  }
  cancel_ = [&input] { input.cancel(); };
  std::string held;
  std::array<char, 4096> piece{};
  while (!stopped_) {
    // Waited for and then read: asio's own reading would leave the terminal that we share without waiting for input.
    const auto [error] = co_await input.async_wait(asio::posix::stream_descriptor::wait_read, as_tuple);
    if (error == asio::error::operation_not_supported) {
      read_now();
      break;
    }
    if (error) break;
    const ssize_t got = ::read(own, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    held.append(piece.data(), static_cast<std::size_t>(got));
    for (std::size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n')) {
      line(std::string_view(held).substr(0, end), wall_s());
      held.erase(0, end + 1);
    }
    if (held.size() > geo_line_bytes_max) held.clear();  // too long for a line
  }
  cancel_ = nullptr;
}

asio::awaitable<void> FixFeed::follow_gpsd() {
  const auto place = read_gpsd_place(options_.gpsd);
  if (!place) co_return;
  const asio::ip::tcp::endpoint at(asio::ip::make_address(place->host), place->port);
  while (!stopped_) {
    asio::ip::tcp::socket socket(executor_);
    cancel_ = [&socket] {
      boost::system::error_code ignored;
      socket.close(ignored);
    };
    const auto [refused] = co_await socket.async_connect(at, as_tuple);
    std::string held = "?WATCH={\"enable\":true,\"json\":true};\n";
    boost::system::error_code failed = refused;
    if (!failed) {
      const auto [error, bytes] = co_await asio::async_write(socket, asio::buffer(held), as_tuple);
      (void)bytes;
      failed = error;
    }
    held.clear();
    while (!failed && !stopped_) {
      const auto [error, bytes] =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(held, geo_line_bytes_max), '\n', as_tuple);
      failed = error;
      if (failed) break;
      line(std::string_view(held).substr(0, bytes), wall_s());
      held.erase(0, bytes);
    }
    cancel_ = nullptr;
    co_await pause(gpsd_again);
  }
}

}  // namespace vigil::client
