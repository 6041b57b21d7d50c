// One POST per question, over raced routes.
#include "client/check.hpp"
#include "client/race.hpp"
#include "client/relay_link.hpp"
#include "client/wait.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

// Exactly one checked answer to each request, in their order.
Outcome<std::vector<wire::Answer>> read_answers(const Bytes& body, const std::vector<wire::Request>& requests) {
  wire::PostAnswer post;
  if (!post.ParseFromArray(body.data(), static_cast<int>(body.size()))) return std::unexpected(Fault::not_this_protocol);
  // One answer without an id is about the whole body (another version, too many requests): it holds for every request.
  if (post.answers_size() == 1 && post.answers(0).id() == 0 && next_step(post.answers(0).status()) == NextStep::fix_client) {
    const wire::Answer whole = post.answers(0);
    post.clear_answers();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      *post.add_answers() = whole;
      post.mutable_answers(static_cast<int>(i))->set_id(i + 1);
    }
  }
  if (static_cast<std::size_t>(post.answers_size()) != requests.size()) return std::unexpected(Fault::not_this_protocol);
  std::vector<wire::Answer> answers(requests.size());
  for (wire::Answer& answer : *post.mutable_answers()) {
    const std::uint64_t id = answer.id();
    if (id == 0 || id > requests.size() || answers[id - 1].id() != 0) return std::unexpected(Fault::not_this_protocol);
    if (!check_answer(requests[id - 1], answer)) return std::unexpected(Fault::not_this_protocol);
    answers[id - 1] = std::move(answer);
  }
  return answers;
}

using Answers = std::vector<wire::Answer>;
struct Asked {
  std::vector<wire::Request> requests;
  Bytes body;
};

asio::awaitable<Outcome<Answers>> ask_over(Route route, std::shared_ptr<const Asked> asked, Patience patience) {
  Outcome<Bytes> answered = co_await post_once(std::move(route), asked->body, patience);
  if (!answered) co_return std::unexpected(answered.error());
  co_return read_answers(*answered, asked->requests);
}

}  // namespace

Fault most_telling(const std::vector<Fault>& faults) {
  for (const Fault telling :
       {Fault::wrong_key, Fault::wrong_greeting, Fault::not_this_protocol, Fault::not_a_relay, Fault::too_large})
    for (const Fault fault : faults)
      if (fault == telling) return telling;
  return Fault::no_route;
}

asio::awaitable<Outcome<std::vector<wire::Answer>>> ask(Routes routes, std::vector<wire::Request> requests, LinkOptions options) {
  wire::Post post;
  post.set_version(limits::protocol_version);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].set_id(i + 1);
    *post.add_requests() = requests[i];
  }
  Bytes body(post.ByteSizeLong());
  if (requests.size() > limits::requests_per_frame_max || body.size() > limits::post_bytes_max)
    co_return std::unexpected(Fault::too_large);
  post.SerializeToArray(body.data(), static_cast<int>(body.size()));

  const auto asked = std::make_shared<const Asked>(Asked{std::move(requests), std::move(body)});
  const Attempt<Answers> attempt = [asked, options](Route route) { return ask_over(std::move(route), asked, options.patience); };
  Outcome<Raced<Answers>> raced = co_await race<Answers>(routes.routes(), options.next_route, attempt);
  if (!raced) co_return std::unexpected(raced.error());
  co_return std::move(raced->won);
}

asio::awaitable<Outcome<wire::Answer>> ask_one(Routes routes, wire::Request request, LinkOptions options) {
  std::vector<wire::Request> requests;
  requests.push_back(std::move(request));
  Outcome<std::vector<wire::Answer>> answers = co_await ask(std::move(routes), std::move(requests), options);
  if (!answers) co_return std::unexpected(answers.error());
  co_return std::move(answers->front());
}

asio::awaitable<Outcome<wire::Answer>> ask_patiently(Routes routes, wire::Request request, std::chrono::milliseconds give_up,
                                                     LinkOptions options) {
  using std::chrono::milliseconds;
  const auto until = std::chrono::steady_clock::now() + give_up;
  milliseconds pause{1'000};
  for (unsigned again = 0;; ++again) {
    Outcome<wire::Answer> answer = co_await ask_one(routes, request, options);
    const NextStep next = answer ? next_step(answer->status()) : NextStep::retry_soon;
    if (answer && next != NextStep::retry_soon && next != NextStep::ask_again) co_return answer;
    if (!answer && (answer.error() == Fault::too_large || answer.error() == Fault::wrong_key)) co_return answer;
    milliseconds wait = pause;
    if (answer && answer->retry_after_s() > 0)
      wait = std::chrono::seconds(std::min<std::uint32_t>(answer->retry_after_s(), 3600));
    if (next == NextStep::ask_again && again == 0) wait = milliseconds{0};
    if (std::chrono::steady_clock::now() + wait >= until) co_return answer;
    co_await wait_a_while(wait);
    pause = std::min(pause * 2, milliseconds{8'000});
  }
}

}  // namespace vigil::client
