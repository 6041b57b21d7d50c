// An owner's connection: one reader, one writer, and whoever asks and listens in between. All on one thread; the two loops hold
// the state that they share with the link, so a link that goes away stops them and waits for nothing.
#include <boost/asio/detached.hpp>
#include <set>

#include "client/check.hpp"
#include "client/race.hpp"
#include "client/relay_link.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/signed.hpp"

namespace vigil::client {
namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t keepalive_least_s = 10;
constexpr std::uint32_t keepalive_most_s = 600;
constexpr std::size_t window_most = 1024;

// Something that coroutines of one thread wait for. The condition is the waiter's own: check, wait, check again.
class Bell {
 public:
  explicit Bell(const asio::any_io_executor& executor) : timer_(executor, std::chrono::steady_clock::time_point::max()) {}
  void ring() { timer_.cancel(); }
  // Any number of waiters: the time is not set again, which would wake the others.
  asio::awaitable<void> wait() { [[maybe_unused]] const auto [woken] = co_await timer_.async_wait(as_values); }
  // One waiter only.
  asio::awaitable<void> wait(std::chrono::steady_clock::time_point until) {
    timer_.expires_at(until);
    [[maybe_unused]] const auto [woken] = co_await timer_.async_wait(as_values);
  }

 private:
  asio::steady_timer timer_;
};

struct Waiting {
  explicit Waiting(const asio::any_io_executor& executor) : bell(executor) {}
  wire::Request request;
  std::optional<wire::Answer> answer;
  Bell bell;
};

struct Greeter {
  std::unique_ptr<Socket> socket;
  wire::Greeting greeting;
};

// Connects and reads the greeting, which must be the first frame and alone in it.
asio::awaitable<Outcome<Greeter>> greet(Route route, PublicKey root, Patience patience) {
  Outcome<std::unique_ptr<Socket>> socket = co_await Socket::connect(std::move(route), patience);
  if (!socket) co_return std::unexpected(socket.error());
  Outcome<Bytes> first = co_await (*socket)->read_within(patience.connect);
  if (!first) co_return std::unexpected(first.error());
  wire::RelayFrame frame;
  if (!frame.ParseFromArray(first->data(), static_cast<int>(first->size())) || !frame.has_greeting() ||
      frame.answers_size() != 0 || frame.deliveries_size() != 0)
    co_return std::unexpected(Fault::not_this_protocol);
  const Outcome<void> checked = check_greeting(frame.greeting(), root, (*socket)->exporter());
  if (!checked) co_return std::unexpected(checked.error());
  co_return Greeter{std::move(*socket), std::move(*frame.mutable_greeting())};
}

// Ascending numbers as pairs (first, last) of ranges.
void add_ranges(wire::ClientFrame& frame, const std::set<std::uint64_t>& numbers, std::vector<std::uint64_t>& taken) {
  std::uint64_t first = 0, last = 0;
  std::size_t ranges = 0;
  for (const std::uint64_t number : numbers) {
    if (first != 0 && number == last + 1) {
      last = number;
    } else {
      if (first != 0) {
        frame.add_acknowledged(first);
        frame.add_acknowledged(last);
        if (++ranges == limits::acknowledged_ranges_max) return;
      }
      first = last = number;
    }
    taken.push_back(number);
  }
  if (first != 0) {
    frame.add_acknowledged(first);
    frame.add_acknowledged(last);
  }
}

}  // namespace

struct OwnerLink::State {
  State(const asio::any_io_executor& on, const Routes& routes, const SigningKey& key, LinkOptions chosen)
      : executor(on), owner(*SigningKey::from_seed(key.seed())), options(chosen), to_write(on), arrived(on), flushed(on) {
    binding.root = routes.root();
  }

  asio::any_io_executor executor;
  const SigningKey owner;  // our own copy: whoever connected need not keep hers
  LinkOptions options;
  Binding binding;
  std::unique_ptr<Socket> socket;
  Greeted greeted;
  std::optional<Fault> ended;

  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Waiting>> waiting;
  std::set<std::uint64_t> given_up;  // answers that may still come, for nobody
  std::deque<wire::Request> unsent;

  std::deque<wire::Delivery> deliveries;
  std::uint64_t last_number = 0;
  std::set<std::uint64_t> outstanding;   // handed over by the relay, not acknowledged by us
  std::set<std::uint64_t> acknowledged;  // not yet on the wire
  bool writing = false;

  Bell to_write, arrived, flushed;

  std::size_t window() const {
    std::size_t copies = options.window != 0 ? options.window : greeted.limits.window_copies();
    if (copies == 0) copies = limits::window_copies;
    return std::min(copies, window_most) + limits::window_copies;  // and what was on its way when we acknowledged
  }

  void end(Fault why) {
    if (!ended) ended = why;
    socket->stop();
    to_write.ring();
    arrived.ring();
    flushed.ring();
    for (const auto& [id, one] : waiting) one->bell.ring();
  }

  // One frame of the relay; false: a breach of the protocol.
  bool take(wire::RelayFrame& frame) {
    if (frame.has_greeting()) return false;
    for (wire::Answer& answer : *frame.mutable_answers())
      if (!take_answer(answer)) return false;
    for (wire::Delivery& delivery : *frame.mutable_deliveries()) {
      if (!check_delivery(delivery, last_number) || outstanding.size() >= window()) return false;
      last_number = delivery.number();
      outstanding.insert(last_number);
      deliveries.push_back(std::move(delivery));
      arrived.ring();
    }
    return true;
  }

  bool take_answer(wire::Answer& answer) {
    if (given_up.erase(answer.id()) == 1) return true;
    const auto found = waiting.find(answer.id());
    if (found == waiting.end() || found->second->answer) return false;
    Waiting& one = *found->second;
    if (!check_answer(one.request, answer)) return false;
    one.answer = std::move(answer);
    one.bell.ring();
    return true;
  }

  // The next frame to send: requests in order while they fit, and every acknowledgement so far.
  Bytes next_frame() {
    wire::ClientFrame frame;
    std::vector<std::uint64_t> taken;
    add_ranges(frame, acknowledged, taken);
    for (const std::uint64_t number : taken) acknowledged.erase(number);
    std::size_t bytes = frame.ByteSizeLong();
    while (!unsent.empty() && static_cast<std::size_t>(frame.requests_size()) < limits::requests_per_frame_max) {
      const std::size_t more = unsent.front().ByteSizeLong() + 8;
      if (frame.requests_size() > 0 && bytes + more > limits::frame_bytes_max) break;
      bytes += more;
      *frame.add_requests() = std::move(unsent.front());
      unsent.pop_front();
    }
    Bytes out(frame.ByteSizeLong());
    frame.SerializeToArray(out.data(), static_cast<int>(out.size()));
    return out;
  }

  static asio::awaitable<void> read_loop(std::shared_ptr<State> self) {
    while (!self->ended) {
      const Outcome<Bytes> bytes = co_await self->socket->read();
      if (!bytes) {
        self->end(bytes.error());
        co_return;
      }
      wire::RelayFrame frame;
      if (!frame.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())) || !self->take(frame)) {
        self->end(Fault::not_this_protocol);
        co_return;
      }
      if (frame.event().kind() == wire::Event::DISPLACED) self->end(Fault::displaced);
      if (frame.event().kind() == wire::Event::GOING_AWAY) self->end(Fault::closed);
    }
  }

  static asio::awaitable<void> write_loop(std::shared_ptr<State> self) {
    while (!self->ended) {
      if (self->unsent.empty() && self->acknowledged.empty()) {
        self->flushed.ring();
        co_await self->to_write.wait();
        continue;
      }
      const Bytes frame = self->next_frame();
      self->writing = true;
      const Outcome<void> written = co_await self->socket->write(frame);
      self->writing = false;
      if (!written) self->end(written.error());
    }
  }
};

OwnerLink::OwnerLink(std::shared_ptr<State> state) : state_(std::move(state)) {}

OwnerLink::~OwnerLink() {
  stop();
}

asio::awaitable<Outcome<std::unique_ptr<OwnerLink>>> OwnerLink::connect(Routes routes, const SigningKey& owner,
                                                                        std::uint64_t now_s, LinkOptions options) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const PublicKey root = routes.root();
  const Attempt<Greeter> attempt = [root, options](Route route) { return greet(std::move(route), root, options.patience); };
  Outcome<Raced<Greeter>> raced = co_await race<Greeter>(routes.routes(), options.next_route, attempt);
  if (!raced) co_return std::unexpected(raced.error());

  const auto state = std::make_shared<State>(executor, routes, owner, options);
  const wire::Greeting& greeting = raced->won.greeting;
  state->socket = std::move(raced->won.socket);
  state->binding.exporter = state->socket->exporter();
  Greeted& greeted = state->greeted;
  greeted.limits = greeting.limits();
  greeted.keepalive_s =
      std::clamp(greeting.keepalive_s() == 0 ? limits::keepalive_s : greeting.keepalive_s(), keepalive_least_s, keepalive_most_s);
  greeted.now_s = greeting.now_s();
  greeted.route_serial = greeting.route_serial();
  greeted.online_key_expired = now_s > greeting.online().not_after_s() || now_s + 86'400 < greeting.online().not_before_s();
  greeted.route = raced->route;
  state->socket->set_idle(std::chrono::seconds(greeted.keepalive_s));
  // detached: both loops hold the state, end with it (stop()) and lose nothing: what is not acknowledged comes again.
  asio::co_spawn(executor, State::read_loop(state), asio::detached);   // detached: as said above
  asio::co_spawn(executor, State::write_loop(state), asio::detached);  // detached: as said above
  std::unique_ptr<OwnerLink> link(new OwnerLink(state));

  wire::Request request;
  wire::Prove& prove = *request.mutable_prove();
  prove.set_version(limits::protocol_version);
  prove.set_owner_key(std::string(text(owner.public_key().view())));
  const Signature proof = sign_proof(owner, state->binding, *Challenge::from(view(greeting.challenge())));
  prove.set_signature(std::string(text(proof.view())));
  const Outcome<wire::Answer> proved = co_await link->request(std::move(request));
  if (!proved) co_return std::unexpected(proved.error());
  if (proved->status() != wire::DONE) co_return std::unexpected(Fault::not_proved);
  co_return link;
}

const Greeted& OwnerLink::greeted() const {
  return state_->greeted;
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::request(wire::Request request) {
  const std::shared_ptr<State> state = state_;
  if (state->ended) co_return std::unexpected(*state->ended);
  request.set_id(++state->last_id);
  const std::uint64_t id = request.id();
  if (request.ByteSizeLong() + 16 > limits::frame_bytes_max) co_return std::unexpected(Fault::too_large);
  const auto one = std::make_shared<Waiting>(state->executor);
  one->request = request;
  state->waiting.emplace(id, one);
  state->unsent.push_back(std::move(request));
  state->to_write.ring();

  const auto until = std::chrono::steady_clock::now() + state->options.answer;
  while (!one->answer && !state->ended && std::chrono::steady_clock::now() < until) {
    co_await one->bell.wait(until);
  }
  state->waiting.erase(id);
  if (one->answer) co_return std::move(*one->answer);
  if (state->ended) co_return std::unexpected(*state->ended);
  state->given_up.insert(id);
  co_return std::unexpected(Fault::timed_out);
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::open_mailbox(const Secret& right) {
  wire::Request asked;
  asked.mutable_open_mailbox()->set_invite(std::string(text(right.view())));
  return request(std::move(asked));
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::grant(wire::Grant grant) {
  wire::Request asked;
  *asked.mutable_grant() = std::move(grant);
  sign_grant(state_->owner, state_->binding, *asked.mutable_grant());
  return request(std::move(asked));
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::withdraw(const AddressHash& address) {
  wire::Request asked;
  asked.mutable_withdraw()->set_address_hash(std::string(text(address.view())));
  sign_withdraw(state_->owner, state_->binding, *asked.mutable_withdraw());
  return request(std::move(asked));
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::burn() {
  wire::Request asked;
  sign_burn(state_->owner, state_->binding, *asked.mutable_burn());
  return request(std::move(asked));
}

asio::awaitable<Outcome<wire::Answer>> OwnerLink::listen() {
  wire::Request asked;
  asked.mutable_listen()->set_window(state_->options.window);
  return request(std::move(asked));
}

asio::awaitable<Outcome<wire::Delivery>> OwnerLink::next_delivery() {
  const std::shared_ptr<State> state = state_;
  while (state->deliveries.empty()) {
    if (state->ended) co_return std::unexpected(*state->ended);
    co_await state->arrived.wait();
  }
  wire::Delivery delivery = std::move(state->deliveries.front());
  state->deliveries.pop_front();
  co_return delivery;
}

void OwnerLink::acknowledge(std::uint64_t number) {
  if (state_->outstanding.erase(number) == 0) return;
  state_->acknowledged.insert(number);
  state_->to_write.ring();
}

asio::awaitable<Outcome<void>> OwnerLink::flush() {
  const std::shared_ptr<State> state = state_;
  while (!state->ended && (state->writing || !state->acknowledged.empty() || !state->unsent.empty())) {
    co_await state->flushed.wait();
  }
  if (state->ended) co_return std::unexpected(*state->ended);
  co_return Outcome<void>{};
}

std::optional<Fault> OwnerLink::ended() const {
  return state_->ended;
}

void OwnerLink::stop() {
  state_->end(Fault::stopped);
}

}  // namespace vigil::client
