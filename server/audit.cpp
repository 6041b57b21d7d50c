// The audit's way: marks through the console, the disk through storage's eyes, words for the operator.
#include "server/audit.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <thread>

#include "crypto/base/encoding.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/relay_keys.hpp"
#include "server/store_key.hpp"
#include "server/unix_socket.hpp"
#include "storage/seizure.hpp"

namespace vigil::server {
namespace {

using storage::SeizedDisk;
using storage::SeizedFile;

constexpr std::int64_t expiry_s = 12;  // of the mark that expires by itself, to the full second and a bit

using Moment = std::chrono::sys_seconds;
Moment now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

constexpr std::string_view bytes_follow = "hex:";

struct Left {
  std::vector<std::string> what;
  std::vector<Bytes> bytes;
  std::vector<bool> expires;
};

// The answer to a console request, or why there is none.
std::expected<json::object, std::string> ask(const Config& config, std::string_view verb) {
  const auto reply = ask_console(config.console, json::serialize(json::object{{"do", verb}}));
  if (!reply) return std::unexpected(reply.error());
  boost::system::error_code error;
  const json::value parsed = json::parse(*reply, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* done = answer == nullptr ? nullptr : answer->if_contains("done");
  if (done == nullptr || !done->is_bool())
    return std::unexpected("the relay's console answered something else than this program understands.");
  if (done->as_bool()) return *answer;
  const json::value* why = answer->if_contains("why");
  return std::unexpected("the relay refused: " +
                         (why != nullptr && why->is_string() ? std::string(why->as_string()) : "no reason given"));
}

std::expected<Left, std::string> leave_marks(const Config& config) {
  const auto answer = ask(config, "mark");
  if (!answer) return std::unexpected(answer.error());
  Left out;
  const json::value* marks = answer->if_contains("marks");
  for (const json::value& mark : marks != nullptr && marks->is_array() ? marks->as_array() : json::array()) {
    const std::optional<Bytes> bytes = from_hex(std::string_view(mark.at("hex").as_string()));
    if (!bytes) return std::unexpected("the relay's console answered something else than this program understands.");
    out.what.emplace_back(mark.at("what").as_string());
    out.bytes.push_back(*bytes);
    out.expires.push_back(mark.at("expires").as_bool());
  }
  return out;
}

std::expected<std::int64_t, std::string> bound_s(const Config& config) {
  const auto answer = ask(config, "status");
  if (!answer) return std::unexpected(answer.error());
  const json::value* numbers = answer->if_contains("numbers");
  const json::value* bound =
      numbers != nullptr && numbers->is_object() ? numbers->as_object().if_contains("erase_bound_s") : nullptr;
  if (bound == nullptr || !bound->is_int64()) return std::unexpected("the relay does not say how soon it forgets.");
  return bound->as_int64();
}

void wait_s(std::int64_t seconds, bool show) {
  for (std::int64_t left = seconds; left > 0; --left) {
    if (show) std::cerr << "\rwaiting " << left << " s   " << std::flush;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  if (show) std::cerr << "\r                    \r" << std::flush;
}

// What there is to see, by kind: how many files, how large, when they were last written.
struct Picture {
  struct Kind {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
    std::size_t today = 0, this_week = 0, before = 0;
  };
  std::map<std::string, Kind> kinds;
  Kind all;
};

Picture picture_of(const SeizedDisk& disk, Moment now) {
  Picture out;
  for (const SeizedFile& file : disk.files) {
    for (Picture::Kind* kind : {&out.kinds[file.kind], &out.all}) {
      ++kind->files;
      kind->bytes += file.bytes;
      const auto age = now - file.written;
      ++(age < std::chrono::days(1) ? kind->today : age < std::chrono::days(7) ? kind->this_week : kind->before);
    }
  }
  return out;
}

struct Found {
  std::string what;
  std::size_t before = 0, after = 0;
};

struct Result {
  std::vector<Found> marks;
  std::size_t keys_of_gone_files = 0;
  bool keys_on_disk = false;
  SeizedDisk disk;  // afterwards
  Moment looked;
  std::int64_t waited_s = 0;

  // Through keys, wherever they lie: else nobody can say what is in the files.
  bool opened() const {
    return std::any_of(disk.files.begin(), disk.files.end(), [](const SeizedFile& file) { return file.opened; });
  }
  bool never_found() const {
    return keys_on_disk && std::any_of(marks.begin(), marks.end(), [](const Found& mark) { return mark.before == 0; });
  }
  // In seconds, of the oldest file that may hold deleted rows.
  std::optional<std::int64_t> oldest_deletion_s() const {
    const auto made = disk.oldest_that_may_hold_deleted();
    if (!made) return std::nullopt;
    return std::max<std::int64_t>((looked - *made).count(), 0);
  }
  bool still_there() const {
    return keys_of_gone_files != 0 || std::any_of(marks.begin(), marks.end(), [](const Found& mark) { return mark.after != 0; });
  }
};

void print_picture(const Picture& picture) {
  std::cout << fmt::format("  {:<36}{:>6}{:>11}   last written today{:>11}{:>8}\n", "", "files", "KB", "this week", "before");
  const auto row = [](std::string_view name, const Picture::Kind& kind) {
    std::cout << fmt::format("  {:<36}{:>6}{:>11}{:>21}{:>11}{:>8}\n", name, kind.files, kind.bytes / 1024, kind.today,
                             kind.this_week, kind.before);
  };
  for (const auto& [name, kind] : picture.kinds) row(name, kind);
  row("all", picture.all);
}

void print(const Config& config, const Result& result) {
  std::cout << "Somebody who carries away " << store_directory(config).string() << " finds:\n";
  print_picture(picture_of(result.disk, result.looked));
  std::cout << (result.keys_on_disk
                    ? "The keys lie beside the files, so they read what waits now: sealed envelopes, hashes of addresses. "
                      "`vigild status` counts them.\n"
                    : "No keys lie beside the files: they read nothing at all.\n");
  if (const auto age_s = result.oldest_deletion_s())
    std::cout << fmt::format("The oldest file that may still hold deleted rows was made {} s ago.\n", *age_s);
  else if (result.opened())
    std::cout << "No file holds deleted rows.\n";
  std::cout << fmt::format(
      "\nLeft with the relay, forgotten, searched for in every file, raw and through the keys, {} s later:\n", result.waited_s);
  for (const Found& mark : result.marks) {
    const std::string before = result.keys_on_disk ? mark.before != 0 ? "was there" : "WAS NEVER FOUND" : "sealed from the start";
    std::cout << fmt::format("  {:<36}{}, {}\n", mark.what, before, mark.after == 0 ? "is gone" : "IS STILL THERE");
  }
  std::cout << fmt::format(
      "  {:<36}{}\n", "keys of files that are gone",
      result.keys_of_gone_files == 0 ? "none" : fmt::format("{} ARE STILL THERE", result.keys_of_gone_files));
  if (result.never_found())
    std::cout << "\nNOT IN ORDER: what was left was not found on this disk, so not finding it later shows nothing.\n";
  else if (result.still_there())
    std::cout
        << "\nNOT IN ORDER: this relay keeps what it should have forgotten. Look at `vigild status`; is the disk failing?\n";
  else
    std::cout << "\nIn order: nothing that was acknowledged, ended, expired or burned is left.\n";
}

void print_json(const Result& result) {
  json::array marks, kinds;
  for (const Found& mark : result.marks)
    marks.push_back(json::object{{"what", mark.what}, {"files_before", mark.before}, {"files_after", mark.after}});
  for (const auto& [name, kind] : picture_of(result.disk, result.looked).kinds)
    kinds.push_back(json::object{{"kind", name},
                                 {"files", kind.files},
                                 {"bytes", kind.bytes},
                                 {"written_today", kind.today},
                                 {"written_this_week", kind.this_week},
                                 {"written_before", kind.before}});
  const auto oldest_s = result.oldest_deletion_s();
  std::cout << json::serialize(json::object{{"in_order", !result.never_found() && !result.still_there()},
                                            {"keys_on_disk", result.keys_on_disk},
                                            {"waited_s", result.waited_s},
                                            {"marks", std::move(marks)},
                                            {"keys_of_gone_files", result.keys_of_gone_files},
                                            {"oldest_file_with_deleted_s", oldest_s ? json::value(*oldest_s) : json::value()},
                                            {"files", std::move(kinds)}})
            << '\n';
}

// Of files that were there at the first look and are not now: their keys should be gone with them.
std::size_t outlived(const SeizedDisk& before, const SeizedDisk& after) {
  std::size_t count = 0;
  for (const storage::SlotName& name : before.keys_of_files)
    count += !after.keys_of_files.contains(name) && after.keys.contains(name) ? 1 : 0;
  return count;
}

int find_only(const Config& config, const SecretBytes* master, bool as_json) {
  std::vector<Bytes> asked;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    const std::optional<Bytes> raw = line.starts_with(bytes_follow) ? from_hex(line.substr(bytes_follow.size())) : std::nullopt;
    asked.push_back(raw ? *raw : Bytes(line.begin(), line.end()));
  }
  if (asked.empty()) return fail("give what to search for on standard input, one text a line.", exit_refused);
  const auto disk = storage::read_seized_disk(store_directory(config), master, asked);
  if (!disk) return fail(disk.error(), exit_refused);
  std::size_t found = 0;
  json::array answers;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    found += disk->files_with(i) != 0 ? 1 : 0;
    answers.emplace_back(disk->files_with(i));
  }
  if (as_json)
    std::cout << json::serialize(json::object{{"files", std::move(answers)}}) << '\n';
  else
    std::cout << fmt::format("{} of {} texts were found in {} files, raw or through the keys.\n", found, asked.size(),
                             disk->files.size());
  return found == 0 ? exit_done : exit_found;
}

std::expected<Result, std::string> run_audit(const Config& config, const SecretBytes* master, bool show) {
  const auto bound = bound_s(config);
  if (!bound) return std::unexpected(bound.error());
  const auto marks = leave_marks(config);
  if (!marks) return std::unexpected(marks.error());
  const auto before = storage::read_seized_disk(store_directory(config), master, marks->bytes);
  if (!before) return std::unexpected(before.error());
  // What expires has to go by itself: nothing else is asked for meanwhile.
  wait_s(expiry_s + *bound, show);
  const auto expired = storage::read_seized_disk(store_directory(config), master, marks->bytes);
  if (!expired) return std::unexpected(expired.error());
  if (const auto forgotten = ask(config, "forget"); !forgotten) return std::unexpected(forgotten.error());
  wait_s(*bound, show);
  const auto after = storage::read_seized_disk(store_directory(config), master, marks->bytes);
  if (!after) return std::unexpected(after.error());
  Result result{.marks = {},
                .keys_of_gone_files = outlived(*before, *after),
                .keys_on_disk = before->keys_on_disk,
                .disk = *after,
                .looked = now(),
                .waited_s = *bound};
  for (std::size_t i = 0; i < marks->what.size(); ++i) {
    const SeizedDisk& then = marks->expires[i] ? *expired : *after;
    result.marks.push_back({.what = marks->what[i], .before = before->files_with(i), .after = then.files_with(i)});
  }
  return result;
}

}  // namespace

int audit(const std::filesystem::path& config_file, const AuditOrder& order) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  const std::expected<RelayKeys, std::string> keys = load_relay_keys(config->data);
  if (!keys) return fail(keys.error(), exit_refused);
  const auto master = store_key(*config, keys->root, order.passphrase_fd);
  if (!master) return fail(master.error(), exit_refused);
  if (order.find) return find_only(*config, master->get(), order.json);
  const auto result = run_audit(*config, master->get(), !order.json && ::isatty(STDERR_FILENO) == 1);
  if (!result) return fail(result.error(), exit_not_running);
  if (order.json)
    print_json(*result);
  else
    print(*config, *result);
  return result->never_found() || result->still_there() ? exit_found : exit_done;
}

}  // namespace vigil::server
