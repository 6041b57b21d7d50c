// The first frame of a connection: who this relay is, bound to this TLS connection, and what it wants.
#include <boost/beast/http/message.hpp>

#include "crypto/base/encoding.hpp"
#include "server/connection.hpp"

namespace vigil::server {

namespace websocket = boost::beast::websocket;

wire::RelayFrame Connection::greeting(const Exporter& exporter) const {
  const Serving& serving = *serving_;
  wire::RelayFrame frame;
  wire::Greeting& greeting = *frame.mutable_greeting();
  greeting.set_version(limits::protocol_version);
  greeting.set_challenge(challenge_.bytes.data(), challenge_.bytes.size());
  *greeting.mutable_online() = serving.keys->certificate;
  const Signature signature = serving.keys->sign_greeting(exporter, challenge_);
  greeting.set_signature(signature.bytes.data(), signature.bytes.size());
  greeting.mutable_limits()->set_frame_bytes(limits::frame_bytes_max);
  greeting.mutable_limits()->set_requests_per_frame(limits::requests_per_frame_max);
  greeting.mutable_limits()->set_window_copies(serving.limits.window_copies);
  greeting.mutable_limits()->set_hold_s(serving.limits.hold_s);
  greeting.mutable_limits()->set_lease_s(serving.limits.lease_s);
  greeting.mutable_limits()->set_vigil_life_s(serving.limits.vigil_life_s);
  for (const std::uint32_t seconds : serving.limits.first_rounds_s) greeting.mutable_limits()->add_first_rounds_s(seconds);
  greeting.mutable_limits()->set_hourly_rounds(serving.limits.hourly_rounds);
  greeting.mutable_limits()->set_late_round_s(serving.limits.late_round_s);
  greeting.set_keepalive_s(serving.limits.keepalive_s);
  greeting.set_now_s(relay_.clock.wall_s());
  greeting.set_route_serial(serving.keys->route_serial);
  return frame;
}

asio::awaitable<bool> Connection::open(FrameBuffer head, std::size_t head_bytes) {
  // Deadlines are the shard's; no frame is larger than ours; an idle connection keeps no write buffer.
  ws_.set_option(websocket::stream_base::timeout{.handshake_timeout = websocket::stream_base::none(),
                                                 .idle_timeout = websocket::stream_base::none(),
                                                 .keep_alive_pings = false});
  ws_.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(boost::beast::http::field::server, "nginx/1.22.1"); }));
  ws_.read_message_max(limits::frame_bytes_max);
  ws_.auto_fragment(false);
  ws_.binary(true);
  // Pings come here too: whoever pings is not idle.
  ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) {
    heard_s_ = Shard::now_s();
    set_deadline();
  });
  set_deadline();
  ws_.next_layer().hold();  // Beast's answer goes with the greeting; it has no refusals of its own, see head.cpp
  const auto [refused] = co_await ws_.async_accept(asio::buffer(head.data(), head_bytes), as_result);
  shard_.give_back(std::move(head));
  if (refused) co_return false;
  const Binding binding{.root = serving_->keys->root, .exporter = ws_.next_layer().exporter()};
  intake_.emplace(relay_, shard_, *serving_, static_cast<Intake::Replies&>(*this), binding, challenge_);
  const std::string bytes = greeting(binding.exporter).SerializeAsString();
  const auto [error, written_bytes] = co_await ws_.async_write(asio::buffer(bytes), as_result);
  if (error) co_return false;
  relay_.counters.sessions.add();
  opened_ = true;
  heard_s_ = Shard::now_s();
  set_deadline();
  co_return true;
}

}  // namespace vigil::server
