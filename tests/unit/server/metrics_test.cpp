// What the metrics say and what they cannot say: one look a minute, people's acts once an hour and in tens, no text of anybody's;
// the canary's book; the screen's words for both.
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "server/canary.hpp"
#include "server/metrics_page.hpp"
#include "server/relay.hpp"
#include "server/status_numbers.hpp"
#include "storage/store.hpp"

using namespace vigil;
using namespace vigil::server;

namespace {

using std::chrono::milliseconds;

std::optional<std::string> value_of(const std::string& page, const std::string& name) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + " ")) return line.substr(name.size() + 1);
  return std::nullopt;
}

// A store that counts nothing and does nothing.
class NoStore final : public storage::Store {
 public:
  void submit(storage::Write, boost::asio::any_io_executor, storage::Completion&, std::uint64_t) override {}
  void list(const MailboxId&, storage::Lane, std::uint64_t, std::size_t, boost::asio::any_io_executor,
            std::function<void(Result<Page>)>) override {}
  Status probe(const AddressHash&) override { return wire::REFUSED; }
  Result<storage::PrekeyCount> count_prekeys(const MailboxId&) override { return std::unexpected(wire::REFUSED); }
  Result<std::pair<storage::VigilState, storage::LeaseState>> look(const VigilId&, const Secret&) override {
    return std::unexpected(wire::REFUSED);
  }
  bool has_mailbox(const MailboxId&) override { return false; }
  storage::Guarantees guarantees() const override { return {}; }
  storage::Figures figures() const override { return {}; }
  void observe(storage::Observer&) override {}
  void close() override {}
};

StatusNumbers numbers_of_nothing() {
  const NoStore store;
  const Counters counters;
  Serving serving{.limits = {},
                  .paths = SecretPaths(std::vector<std::string>()),
                  .tls = nullptr,
                  .decoy = nullptr,
                  .keys = nullptr,
                  .floods = nullptr};
  auto online = SigningKey::generate();
  serving.keys = std::make_shared<const RelayKeys>(
      RelayKeys{.root = online.public_key(), .online = std::move(online), .certificate = {}, .routes = {}, .route_serial = 0});
  return status_numbers(store, counters, serving, {});
}

}  // namespace

TEST_CASE("every number of the status is a metric, or is left out for a reason", "[server][metrics]") {
  // Said by another metric, or the operator's own configuration.
  const std::set<std::string> left_out{"connections_max", "free_for_normal_percent", "free_for_urgent_percent",
                                       "route_serial",    "canary_failed_step",      "canary_last_failure_ago_s"};
  std::set<std::string> shown, names;
  for (const Metric& metric : metrics_list()) {
    CHECK(shown.insert(std::string(metric.number)).second);
    CHECK(names.insert(std::string(metric.name)).second);
    CHECK(std::regex_match(std::string(metric.name), std::regex("vigil_[a-z0-9_]+")));
    CHECK((metric.kind == Metric::Kind::counter) == metric.name.ends_with("_total"));
  }
  std::set<std::string> known;
  for (const auto& [name, value] : numbers_of_nothing()) {
    known.insert(name);
    INFO(name);
    CHECK(shown.contains(name) != left_out.contains(name));
  }
  for (const std::string& name : shown) {
    INFO(name);
    CHECK(known.contains(name));
  }
}

TEST_CASE("what people do is told once an hour and in tens, however often somebody looks", "[server][metrics]") {
  std::int64_t copies = 12, disk = 50;
  storage::Durations answers;
  for (int i = 0; i < 19; ++i) answers.add(milliseconds(2));
  unsigned looks = 0;
  MetricsPage page([&] {
    ++looks;
    return Measured{{{"copies_urgent", copies}, {"disk_free_percent", disk}, {"bytes", 3000}},
                    {{"answer_times", answers.counts()}}};
  });
  const std::string first = page.at(7200);
  CHECK(value_of(first, "vigil_copies_urgent") == "10");
  CHECK(value_of(first, "vigil_disk_free_percent") == "50");
  CHECK(value_of(first, "vigil_store_bytes") == "4096");
  CHECK(value_of(first, "vigil_answer_seconds_bucket{le=\"0.001\"}") == "0");
  CHECK(value_of(first, "vigil_answer_seconds_bucket{le=\"0.005\"}") == "10");
  CHECK(value_of(first, "vigil_answer_seconds_bucket{le=\"+Inf\"}") == "10");
  CHECK(value_of(first, "vigil_answer_seconds_count") == "10");

  copies = 31, disk = 40;
  answers.add(milliseconds(3));
  CHECK(page.at(7259) == first);
  CHECK(looks == 1);
  const std::string next_minute = page.at(7260);
  CHECK(value_of(next_minute, "vigil_disk_free_percent") == "40");
  CHECK(value_of(next_minute, "vigil_copies_urgent") == "10");
  CHECK(value_of(next_minute, "vigil_answer_seconds_count") == "10");
  const std::string next_hour = page.at(10'800);
  CHECK(value_of(next_hour, "vigil_copies_urgent") == "30");
  CHECK(value_of(next_hour, "vigil_answer_seconds_count") == "20");
}

TEST_CASE("one alert in a small network leaves the page as it was, byte for byte", "[server][metrics]") {
  // Three responders, all of an alert's counters, an hour later: the page of a relay on which nothing has happened is the same.
  const auto page_with = [](std::int64_t acts) {
    StatusNumbers numbers;
    for (const Metric& metric : metrics_list())
      numbers.emplace_back(metric.number,
                           metric.pace == Metric::Pace::hour && metric.unit == Metric::Unit::as_is ? 40 + acts : 1);
    storage::Durations times;
    for (int i = 0; i < 40 + acts; ++i) times.add(milliseconds(700));
    MetricsPage page([&] {
      return Measured{numbers,
                      {{"commit_times", times.counts()},
                       {"answer_times", times.counts()},
                       {"hand_over_times", times.counts()},
                       {"release_times", times.counts()}}};
    });
    return page.at(3600);
  };
  CHECK(page_with(0) == page_with(9));
  CHECK(page_with(0) != page_with(10));
}

TEST_CASE("a page holds fixed names, fixed buckets and numbers, and nothing else", "[server][metrics]") {
  StatusNumbers numbers = numbers_of_nothing();
  numbers.emplace_back("mailbox 00ff of 192.0.2.1", 7);  // what nobody knows is not shown
  Measured measured{numbers, {{"answer_times", {}}, {"of somebody", {}}}};
  MetricsPage page([&] { return measured; });
  const std::string all = page.at(0);
  std::set<std::string> names;
  for (const Metric& metric : metrics_list()) names.emplace(metric.name);
  std::istringstream lines(all);
  unsigned values = 0;
  const std::regex form(R"re(([a-z0-9_]+)(\{le="(0\.001|0\.005|0\.02|0\.1|0\.5|2|10|\+Inf)"\})? -?[0-9.]+)re");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP vigil_") || line.starts_with("# TYPE vigil_")) continue;
    std::smatch found;
    INFO(line);
    REQUIRE(std::regex_match(line, found, form));
    const std::string name = found[1];
    CHECK((names.contains(name) || name == "vigil_answer_seconds_bucket" || name == "vigil_answer_seconds_count"));
    ++values;
  }
  CHECK(values > 40);
  CHECK(all.find("somebody") == std::string::npos);
}

TEST_CASE("durations fall into the bucket whose bound they do not exceed", "[storage][metrics]") {
  storage::Durations durations;
  for (const int ms : {0, 1, 2, 500, 501, 2'001, 10'000, 10'001}) durations.add(milliseconds(ms));
  CHECK(durations.counts() == storage::Durations::Counts{2, 1, 0, 0, 1, 1, 2, 1});
}

TEST_CASE("the canary's book knows the last hour, the last failure and how many in a row", "[server][canary]") {
  CanaryBook book(300);
  CHECK(book.seen(0).p50_ms == -1);
  CHECK(book.seen(0).last_failure_ago_s == -1);
  for (int i = 1; i <= 100; ++i) book.note(1000 + static_cast<std::uint64_t>(i), milliseconds(i));
  CHECK(book.seen(1200).p50_ms == 50);
  CHECK(book.seen(1200).p99_ms == 99);
  book.note(1300, std::unexpected(CanaryStep::pin));
  book.note(1400, std::unexpected(CanaryStep::connect));
  const CanarySeen failed = book.seen(1450);
  CHECK(failed.flights == 102);
  CHECK(failed.failures == 2);
  CHECK(failed.failed_in_a_row == 2);
  CHECK(failed.last_failed_at == CanaryStep::connect);
  CHECK(failed.last_failure_ago_s == 50);
  book.note(4650, milliseconds(7));
  CHECK(book.seen(4650).failed_in_a_row == 0);
  CHECK(book.seen(4650).last_failure_ago_s == 3250);
  CHECK(book.seen(4650).p50_ms > 50);   // what came before 1051 is more than an hour ago
  CHECK(book.seen(9000).p50_ms == -1);  // nothing of the last hour
}

TEST_CASE("the canary flies to the first route that is no onion address", "[server][canary]") {
  const auto routes = [](const std::vector<std::string>& hosts) {
    wire::RouteListBody body;
    for (const std::string& host : hosts) body.add_routes()->set_host(host);
    wire::RouteList list;
    list.set_body(body.SerializeAsString());
    return list;
  };
  CHECK(canary_route(routes({"abc.onion", "relay.example.org", "192.0.2.1"}))->host() == "relay.example.org");
  CHECK_FALSE(canary_route(routes({"abc.onion"})));
}

TEST_CASE("the screen says what is not well and what to do, in lines that fit", "[server][status]") {
  const auto screen = [](const StatusNumbers& more, std::size_t columns = 100) {
    StatusNumbers numbers{
        {"writable", 1},        {"disk_free_percent", 50}, {"online_key_days", 60},          {"route_list_days", 300},
        {"backup_age_s", 7200}, {"canary_p50_ms", -1},     {"canary_last_failure_ago_s", -1}};
    for (const auto& [name, value] : more) {
      std::erase_if(numbers, [&name](const auto& known) { return known.first == name; });
      numbers.emplace_back(name, value);
    }
    return status_screen(numbers, columns);
  };
  const auto contains = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  CHECK(contains(screen({}), "All is well."));
  CHECK(contains(screen({}), "Own alert     off"));
  CHECK(contains(screen({}), "Backup        2 h old"));
  CHECK(contains(screen({{"backup_age_s", -1}}), "never made"));
  CHECK(contains(screen({{"backup_stale", 1}}), "! Keys or configuration have changed since the last backup"));
  const std::string arrives = screen({{"canary_every_s", 300}, {"canary_p50_ms", 40}, {"canary_p99_ms", 90}});
  CHECK(contains(arrives, "half within 40 ms, 99 of 100 within 90 ms"));
  CHECK(contains(arrives, "All is well."));
  for (std::int64_t step = 1; step <= static_cast<std::int64_t>(CanaryStep::receive); ++step) {
    const std::string failed = screen({{"canary_every_s", 300}, {"canary_failed_in_a_row", 4}, {"canary_failed_step", step}}, 60);
    INFO(failed);
    CHECK(contains(failed, "! THE RELAY'S OWN ALERT DOES NOT ARRIVE, 4 times in a row."));
    std::istringstream lines(failed);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 60);
    CHECK_FALSE(contains(failed, "All is well"));
  }
  CHECK(wrapped("- ", "one two three", 9) == "- one two three\n");  // never narrower than twenty
  CHECK(wrapped("- ", "one two three four five", 22) == "- one two three four\n  five\n");
  CHECK(wrapped("- ", std::string(45, 'x'), 22) == "- " + std::string(20, 'x') + "\n  " + std::string(20, 'x') + "\n  xxxxx\n");
}
