#include "client/commands/which_alert.hpp"

#include <algorithm>
#include <boost/asio/detached.hpp>

#include "client/answering.hpp"
#include "client/mail.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

constexpr std::chrono::milliseconds others_wait{2'000};  // for other relays, once one has answered

struct Asking {
  record::VigilRecord vigil;
  Routes routes;
  wire::Request request;
  std::optional<wire::Answer> answer;
  bool over;
};

asio::awaitable<void> ask_at(std::shared_ptr<std::vector<Asking>> all, std::size_t i) {
  const Outcome<wire::Answer> answer = co_await ask_patiently((*all)[i].routes, (*all)[i].request, person_waits);
  if (answer) (*all)[i].answer = *answer;
  (*all)[i].over = true;
}

}  // namespace

AlertState which_alert(Account& account, const std::string& typed) {
  std::vector<AlertState> found = account.alerts.starting_with(typed);
  std::erase_if(found, [](const AlertState& alert) { return alert.record().hers() || !alert.record().has_alert(); });
  if (found.empty()) throw Stop{Exit::usage, words().no_such_alert()};
  const bool was_one = found.size() == 1;
  std::erase_if(found, [](const AlertState& alert) { return alert.over(); });
  if (found.empty()) throw Stop{Exit::ended, words().alert_over()};
  if (found.size() > 1 && !was_one) throw Stop{Exit::usage, words().which_alert()};
  return found.front();
}

asio::awaitable<AskedVigils> ask_vigils(Account& account, Bytes alert_id,
                                        const std::function<wire::Request(record::VigilRecord&)>& make_request) {
  const auto all = std::make_shared<std::vector<Asking>>();
  // A step of the chain that might be shown is written down before it is: it is never used for anything else again.
  account.alerts.update(alert_id, [&](AlertState& alert) {
    for (record::VigilRecord& vigil : *alert.record().mutable_vigils()) {
      if (!vigil.mine() || vigil.closed()) continue;
      wire::Request request = make_request(vigil);
      if (auto routes = routes_to(account, alert, view(vigil.root())))
        all->push_back(
            {.vigil = vigil, .routes = std::move(*routes), .request = std::move(request), .answer = {}, .over = false});
    }
    return true;
  });
  const auto executor = co_await asio::this_coro::executor;
  for (std::size_t i = 0; i < all->size(); ++i) {
    // detached: each holds 'all', and what is still asking when the command ends is destroyed with its io_context
    asio::co_spawn(executor, ask_at(all, i), asio::detached);
  }
  std::chrono::steady_clock::time_point first_answer{};
  for (;;) {
    const auto count = [&](auto which) { return std::count_if(all->begin(), all->end(), which); };
    if (count([](const Asking& one) { return !one.over; }) == 0) break;
    if (count([](const Asking& one) { return one.answer.has_value(); }) != 0) {
      if (first_answer == std::chrono::steady_clock::time_point{}) first_answer = std::chrono::steady_clock::now();
      if (std::chrono::steady_clock::now() - first_answer > others_wait) break;
    }
    co_await wait_a_while(std::chrono::milliseconds(20));
  }
  AskedVigils asked;
  for (const Asking& one : *all) {
    if (one.answer) {
      asked.answers.emplace_back(one.vigil, *one.answer);
    } else if (const auto id = VigilId::from(view(one.vigil.vigil_id()))) {
      asked.unreached.push_back({.routes = one.routes, .vigil = *id, .request = one.request});
    }
  }
  co_return asked;
}

}  // namespace vigil::client::commands
