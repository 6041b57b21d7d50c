// The sentences. A line starts with journald's level when stderr goes there, with the time otherwise.
#include "server/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace vigil::server {
namespace {

struct Sentence {
  LogLevel level;
  std::string_view text;  // each N stands for the next number
};

Sentence sentence(Say what) {
  switch (what) {
    case Say::serving:
      return {LogLevel::info, "Serving on N sockets with N threads."};
    case Say::draining:
      return {LogLevel::info, "Stopping: telling N connections, answering what is under way."};
    case Say::stopped:
      return {LogLevel::info, "Stopped after N s."};
    case Say::reloaded:
      return {LogLevel::info, "The configuration was read again and is in force."};
    case Say::reload_refused:
      return {LogLevel::error, "The new configuration was refused, the old one goes on. `vigild check --config FILE` says why."};
    case Say::reload_needs_restart:
      return {LogLevel::warning, "N changed keys of the configuration need a restart; the others are in force."};
    case Say::online_key_ends:
      return {LogLevel::warning, "The online key ends in N days: fetch the root and run `vigild certify`."};
    case Say::online_key_ended:
      return {LogLevel::error, "The online key ended N days ago. It goes on, but members are warned: run `vigild certify`."};
    case Say::route_list_ends:
      return {LogLevel::warning, "The route list ends in N days: fetch the root and run `vigild certify`."};
    case Say::pin_differs:
      return {LogLevel::error,
              "The TLS key is not the one in the route list: members will refuse this relay. Run `vigild certify`, or give the "
              "old key back."};
    case Say::store_not_writable:
      return {LogLevel::error, "The disk takes nothing. Members are told to try again."};
    case Say::store_writable_again:
      return {LogLevel::info, "The disk takes writes again."};
    case Say::disk_low:
      return {LogLevel::warning, "N percent of the disk is free."};
    case Say::release_retried:
      return {LogLevel::warning, "Vigils are due and the store does not take them; tried N times, going on."};
    case Say::accept_failed:
      return {LogLevel::warning, "A connection could not be accepted (errno N)."};
    case Say::console_failed:
      return {LogLevel::warning, "The console could not accept (errno N)."};
    case Say::invites_made:
      return {LogLevel::info, "N invites were made."};
    case Say::memory_not_locked:
      return {LogLevel::warning, "Memory could not be locked (errno N): turn swap off, or allow it (LimitMEMLOCK=)."};
    case Say::too_many_connections:
      return {LogLevel::warning, "N connections are open, more are refused (limits.connections_max)."};
    case Say::canary_failed:
      return {
          LogLevel::error,
          "The relay's own alert has failed N times in a row, at step N: perhaps members cannot reach it. `vigild status` says "
          "more."};
    case Say::canary_well_again:
      return {LogLevel::info, "The relay's own alert arrives again, after N failures."};
    case Say::internal_error:
      return {LogLevel::error, "An internal error at place N. Please report it."};
  }
  return {LogLevel::error, "?"};
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
  }
  return spdlog::level::info;
}

std::string_view journal_level(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "<3>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::info:
      return "<6>";
  }
  return "<6>";
}

struct Output {
  spdlog::logger logger{"vigild", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  Output() {
    logger.set_pattern(journal ? "%v" : "%H:%M:%S %v");
    logger.flush_on(spdlog::level::info);
  }
};

Output& output() {
  static Output made;
  return made;
}

}  // namespace

void set_log_level(LogLevel level) {
  output().logger.set_level(level_of(level));
}

void say_numbers(Say what, std::initializer_list<std::uint64_t> numbers) {
  const auto [level, text] = sentence(what);
  std::string line(output().journal ? journal_level(level) : std::string_view());
  const auto* next = numbers.begin();
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A capital N that is a word of its own.
    const bool alone = text[i] == 'N' && (i == 0 || text[i - 1] == ' ') &&
                       (i + 1 == text.size() || !std::isalpha(static_cast<unsigned char>(text[i + 1])));
    if (alone && next != numbers.end())
      line += std::to_string(*next++);
    else
      line += text[i];
  }
  output().logger.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace vigil::server
