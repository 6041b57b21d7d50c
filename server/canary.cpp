// When it flies, what is written down, and when the operator hears of it.
#include "server/canary.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "server/awaiting.hpp"
#include "server/log.hpp"
#include "server/shard.hpp"

namespace vigil::server {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::uint64_t hour_s = 3600;
constexpr std::uint64_t invite_life_s = 600;
constexpr std::int64_t failures_until_told = 3;

// Up to a tenth earlier or later: a clockwork's rhythm would show at a provider who counts connections.
std::chrono::milliseconds pause(std::uint32_t every_s) {
  const Bytes random = random_bytes(2);
  const std::int64_t swing = (random[0] | random[1] << 8) - 32'768;
  const std::int64_t every_ms = std::int64_t{every_s} * 1000;
  return std::chrono::milliseconds(every_ms + every_ms * swing / 327'680);
}

}  // namespace

void CanaryBook::note(std::uint64_t now_s, std::expected<std::chrono::milliseconds, CanaryStep> outcome) {
  ++flights_;
  while (!arrived_.empty() && (arrived_.front().first + hour_s <= now_s || arrived_.size() >= flights_max)) arrived_.pop_front();
  if (outcome) {
    arrived_.emplace_back(now_s, outcome->count());
    failed_in_a_row_ = 0;
    return;
  }
  ++failures_;
  ++failed_in_a_row_;
  last_failure_s_ = now_s;
  last_failed_at_ = outcome.error();
}

CanarySeen CanaryBook::seen(std::uint64_t now_s) const {
  CanarySeen out{.every_s = every_s_, .flights = flights_, .failures = failures_, .failed_in_a_row = failed_in_a_row_};
  std::vector<std::int64_t> times;
  for (const auto& [when_s, took_ms] : arrived_)
    if (when_s + hour_s > now_s) times.push_back(took_ms);
  std::ranges::sort(times);
  // The smallest of them that so many in a hundred did not exceed.
  const auto percentile = [&times](std::size_t percent) { return times[(times.size() * percent + 99) / 100 - 1]; };
  if (!times.empty()) {
    out.p50_ms = percentile(50);
    out.p99_ms = percentile(99);
  }
  if (failures_ == 0) return out;
  out.last_failure_ago_s = static_cast<std::int64_t>(now_s - last_failure_s_);
  out.last_failed_at = last_failed_at_;
  return out;
}

std::optional<wire::Route> canary_route(const wire::RouteList& routes) {
  wire::RouteListBody body;
  if (!body.ParseFromString(routes.body())) return std::nullopt;
  for (const wire::Route& route : body.routes())
    if (!route.host().ends_with(".onion")) return route;
  return std::nullopt;
}

Canary::~Canary() {
  stop();
}

void Canary::start(Relay& relay) {
  relay_ = &relay;
  if (every_s_ != 0) thread_ = std::thread([this] { run(); });
}

void Canary::stop() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
    if (flight_ != nullptr) flight_->stop();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

CanarySeen Canary::seen() const {
  const std::lock_guard held(mutex_);
  return book_.seen(Shard::now_s());
}

// False: it is to end.
bool Canary::sleep(std::chrono::milliseconds time) {
  std::unique_lock held(mutex_);
  return !wake_.wait_for(held, time, [this] { return stopping_; });
}

void Canary::run() {
  constexpr std::chrono::milliseconds first{500};  // the listener has just begun
  for (bool go_on = sleep(first); go_on; go_on = sleep(pause(every_s_))) fly();
}

// Waits for the store, which always answers.
Status Canary::write(storage::Write what) {
  Status status = wire::STATUS_UNSET;
  asking_.restart();
  asio::co_spawn(asking_, storage::apply(relay_->store, std::move(what)),
                 [&status](const std::exception_ptr& thrown, const storage::Outcome& outcome) {
                   status = thrown ? wire::UNAVAILABLE : outcome.status;
                 });
  asking_.run();
  return status;
}

void Canary::fly() {
  const std::shared_ptr<const Serving> serving = relay_->serving();
  const std::optional<wire::Route> route = canary_route(serving->keys->routes);
  if (!route) return;
  const FlightPlan plan{.route = *route, .root = serving->keys->root, .invite = random_id<Secret>()};
  const SigningKey owner = SigningKey::generate();
  const Status invited =
      write(storage::AddInvites{.rights = {invite_hash(plan.invite)}, .expires = relay_->clock.wall_s() + invite_life_s});
  std::expected<std::chrono::milliseconds, CanaryStep> outcome = std::unexpected(CanaryStep::enrol);
  Flight flight(plan, owner);
  {
    const std::lock_guard held(mutex_);
    if (stopping_) return;
    flight_ = &flight;
  }
  if (invited == wire::DONE) outcome = flight.fly(patience);
  write(storage::Burn{mailbox_id(owner.public_key())});
  const std::lock_guard held(mutex_);
  flight_ = nullptr;
  if (stopping_) return;  // cut short: neither good nor bad
  const std::int64_t before = book_.seen(0).failed_in_a_row;
  book_.note(Shard::now_s(), outcome);
  tell(before, outcome ? 0 : before + 1, outcome ? CanaryStep::none : outcome.error());
}

// Once when it has failed thrice, and once when it is well again: a network that is away for a night is no hundred lines.
void Canary::tell(std::int64_t failed_before, std::int64_t failed_now, CanaryStep at) const {
  if (failed_now == failures_until_told) say(Say::canary_failed, failed_now, static_cast<unsigned>(at));
  if (failed_now == 0 && failed_before >= failures_until_told) say(Say::canary_well_again, failed_before);
}

}  // namespace vigil::server
