// `vigil answer` and `vigil give-back`: a step of the own answer chain is shown to every relay where the alert lives. Saying it
// again renews.
#include "client/answering.hpp"
#include "client/clock.hpp"
#include "client/commands/which_alert.hpp"
#include "client/news.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"

namespace vigil::client::commands {
namespace {

struct AnswerOptions {
  std::string alert;
};

}  // namespace

asio::awaitable<Exit> answer_alert(Account& account, Screen& screen, AlertState alert, bool answers) {
  const Bytes id = id_of(alert);
  const auto next = [&](record::VigilRecord& vigil) {
    std::optional<wire::Request> request = next_step(vigil, answers);
    if (!request) throw Stop{Exit::refused, words().alert_over()};
    return std::move(*request);
  };
  const auto asked = co_await ask_vigils(account, id, next);
  if (asked.answers.empty()) throw Stop{Exit::no_route, words().no_route()};
  bool over = true;
  std::optional<wire::LeaseState> lease;
  Status refused = wire::STATUS_UNSET;
  for (const auto& [vigil, answer] : asked.answers) {
    over = over && answer.status() == wire::ENDED;
    if (answer.status() != wire::DONE) {
      refused = answer.status();
      continue;
    }
    if (answer.has_lease() && (!lease || answer.lease().yours())) lease = answer.lease();
    if (!answers) continue;
    account.alerts.update(id, [&](AlertState& newest) {
      return newest.answered(view(vigil.vigil_id()), vigil.step_shown(), answer.lease(), wall_s()) == Fact::news;
    });
  }
  if (over) throw Stop{Exit::ended, words().alert_over()};
  if (!lease && answers) stop_with(trouble_of(refused, {}));
  JsonLine line = line_of("answered", alert, wall_s());
  line.flag("yours", lease && lease->yours()).number("lease_s", lease ? lease->lease_s() : 0);
  if (!answers) {
    screen.event(line);
    screen.say(words().given_back());
    co_return Exit::done;
  }
  if (lease->yours()) {
    screen.event(line);
    screen.say(words().yours(words().age(lease->lease_s())));
    co_return Exit::done;
  }
  const std::optional<AlertState> newest = account.alerts.find(id);
  const std::string holder = newest ? newest->name_of(lease->holder()) : std::string();
  screen.event(line.text("holder", holder));
  screen.say(words().somebody_elses(holder));
  co_return Exit::somebody_else;
}

namespace {

Exit run_answer(const Common& common, const AnswerOptions& options, bool answers) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  return run_to_end(io, answer_alert(*account, screen, which_alert(*account, options.alert), answers));
}

void add(CLI::App& app, Common& common, Run& run, const char* name, const char* help, bool answers) {
  const auto options = std::make_shared<AnswerOptions>();
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("ALERT", options->alert, "the first digits of its id; not needed when only one is going on");
  command->callback(
      [&common, &run, options, answers] { run = [&common, options, answers] { return run_answer(common, *options, answers); }; });
}

}  // namespace

void add_answer(CLI::App& app, Common& common, Run& run) {
  add(app, common, run, "answer", "say that you are answering an alert; again within 15 minutes, or the next people are woken",
      true);
}
void add_give_back(CLI::App& app, Common& common, Run& run) {
  add(app, common, run, "give-back", "you cannot answer any more: the next people are woken at once", false);
}

}  // namespace vigil::client::commands
