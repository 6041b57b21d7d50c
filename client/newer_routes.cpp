#include "client/newer_routes.hpp"

#include "client/clock.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t asked_again_s = 3600;

// Into the container, the send-only slot and the outbox. A step that fails is made up for: each next fetch finds the rest older.
void use(Account& account, const Routes& newest) {
  account.relays.set_routes(newest);
  if (const Outcome<void> kept = account.slot.use_routes(newest); !kept) throw Failed(kept.error());
  account.outbox.use_routes(newest, wall_s());
}

}  // namespace

asio::awaitable<bool> fetch_newer_routes(Account& account, Routes known) {
  account.routes_asked_s[known.root()] = wall_s();
  wire::Request request;
  request.mutable_fetch_routes()->set_have_serial(known.serial());
  const Outcome<wire::Answer> answer = co_await ask_one(known, std::move(request));
  if (!answer || answer->status() != wire::DONE || !answer->has_routes()) co_return false;
  const Outcome<Routes> newest = known.followed_by(answer->routes());
  if (!newest || newest->serial() <= known.serial()) co_return false;
  use(account, *newest);
  co_return true;
}

asio::awaitable<bool> fetch_newer_routes_hourly(Account& account, Routes known, std::uint64_t now_s) {
  const auto asked = account.routes_asked_s.find(known.root());
  if (asked != account.routes_asked_s.end() && asked->second <= now_s && asked->second + asked_again_s > now_s) co_return false;
  const bool newer = co_await fetch_newer_routes(account, std::move(known));
  co_return newer;
}

}  // namespace vigil::client
