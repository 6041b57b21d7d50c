// Talking to one relay: `ask` for whoever has a capability (one POST, routes raced), OwnerLink for a mailbox's owner (one
// WebSocket). Never both roles on one connection. Everything on one io_context and thread; reconnecting is the caller's loop.
//
// What a relay sends is hostile until checked: every length, number, id and enum. A breach ends the link with not_this_protocol.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "client/socket.hpp"
#include "crypto/base/sign.hpp"
#include "proto/status.hpp"

namespace vigil::client {

struct LinkOptions {
  Patience patience;
  std::chrono::milliseconds next_route{4'000};  // silence after which the next route starts beside the first
  std::chrono::milliseconds answer{30'000};     // an owner request's answer
  std::uint32_t window = 0;                     // 0 = the relay's default
};

// ---- capability

// One POST over the first route that completes; the answers in the order of 'requests' (ids are set here). Exactly one answer
// each, or not_this_protocol. no_route: none completed; the relay may or may not have seen it, so ask again with the same
// content. wrong_key: no route completed and at least one had a wrong key. Never retries: see ask_patiently and the outbox.
asio::awaitable<Outcome<std::vector<wire::Answer>>> ask(Routes routes, std::vector<wire::Request> requests,
                                                        LinkOptions options = {});
asio::awaitable<Outcome<wire::Answer>> ask_one(Routes routes, wire::Request request, LinkOptions options = {});

// As ask_one, for things a person waits for (a bundle, a probe, an answer): follows status.hpp's next_step, UNKNOWN at once with
// the same request, SLOW_DOWN and UNAVAILABLE after the relay's retry_after_s, unreachable after 1, 2, 4 s, until 'give_up' has
// passed.
asio::awaitable<Outcome<wire::Answer>> ask_patiently(Routes routes, wire::Request request, std::chrono::milliseconds give_up,
                                                     LinkOptions options = {});

// ---- owner

// What the greeting told, checked.
struct Greeted {
  wire::Limits limits;  // zero = the default of limits.hpp
  std::uint32_t keepalive_s = 0;
  std::uint64_t now_s = 0;          // the relay's clock: a hint only
  std::uint64_t route_serial = 0;   // newer than ours: ask for FetchRoutes over `ask`
  bool online_key_expired = false;  // by this phone's clock: a warning for people, never a refusal
  std::size_t route = 0;            // index of the route that won
};

class OwnerLink {
 public:
  // Races the routes to a checked greeting, then proves ownership. wrong_greeting, wrong_key, no_route, ...; a refused proof =
  // closed. 'now_s' is this phone's clock (for the online key's dates only).
  static asio::awaitable<Outcome<std::unique_ptr<OwnerLink>>> connect(Routes routes, const SigningKey& owner, std::uint64_t now_s,
                                                                      LinkOptions options = {});
  ~OwnerLink();  // stops it
  OwnerLink(const OwnerLink&) = delete;
  OwnerLink& operator=(const OwnerLink&) = delete;

  const Greeted& greeted() const;

  // One owner request and its answer (id set here). timed_out: no answer yet, so unknown. Any number may be in flight.
  asio::awaitable<Outcome<wire::Answer>> request(wire::Request request);
  // Requests that sign their own body.
  asio::awaitable<Outcome<wire::Answer>> open_mailbox(const Secret& right);
  asio::awaitable<Outcome<wire::Answer>> grant(wire::Grant grant);  // everything but the signature
  asio::awaitable<Outcome<wire::Answer>> withdraw(const AddressHash& address);
  asio::awaitable<Outcome<wire::Answer>> burn();
  // Asks for copies; deliveries come from then on.
  asio::awaitable<Outcome<wire::Answer>> listen();

  // The next delivery, checked (lengths, lane, rising number). Waits as long as it takes; a fault when the link has ended
  // (displaced, closed, not_this_protocol, ...), after every delivery that came before it has been handed out.
  asio::awaitable<Outcome<wire::Delivery>> next_delivery();
  // "This one is safe with me": sent to the relay coalesced with others at the end of the turn. Numbers never delivered are
  // ignored.
  void acknowledge(std::uint64_t number);
  // All acknowledgements so far have been handed to the socket.
  asio::awaitable<Outcome<void>> flush();

  // Why it ended, or nothing while it lives.
  std::optional<Fault> ended() const;
  void stop();

 private:
  struct State;
  explicit OwnerLink(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace vigil::client
