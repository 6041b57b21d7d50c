// Frames of protobuf, and what an owner signs.
#include "member.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::bench {

void must(Status status, const char* what) {
  if (status != wire::DONE) throw std::runtime_error(fmt::format("{}: {}", what, meaning(status)));
}

Member::Member(std::uint16_t port, const PublicKey& root, const std::string& path) : socket_({port, path, ""}) {
  binding_.root = root;
  if (SSL_export_keying_material(socket_.tls(), binding_.exporter.bytes.data(), binding_.exporter.bytes.size(),
                                 labels::tls_exporter.data(), labels::tls_exporter.size(), nullptr, 0, 0) != 1)
    throw std::runtime_error("no exporter");
  const auto challenge = Challenge::from(view(receive()->greeting().challenge()));
  if (!challenge) throw std::runtime_error("no challenge");
  challenge_ = *challenge;
}

void Member::send(const wire::ClientFrame& frame) {
  socket_.send(frame.SerializeAsString());
}

std::optional<wire::RelayFrame> Member::receive(Clock::time_point until) {
  const std::optional<std::string_view> message = socket_.receive(until);
  if (!message) return std::nullopt;
  wire::RelayFrame frame;
  if (message->size() > limits::frame_bytes_max || !frame.ParseFromArray(message->data(), static_cast<int>(message->size())))
    throw std::runtime_error("not a frame of this protocol");
  return frame;
}

Status Member::ask(wire::Request request) {
  request.set_id(1);
  wire::ClientFrame frame;
  *frame.add_requests() = std::move(request);
  send(frame);
  for (;;) {
    const auto answer = receive();
    if (answer->answers_size() > 0) return answer->answers(0).status();
  }
}

Status Member::prove(const SigningKey& owner) {
  wire::Request request;
  request.mutable_prove()->set_version(limits::protocol_version);
  request.mutable_prove()->set_owner_key(as_string(owner.public_key()));
  request.mutable_prove()->set_signature(as_string(sign_proof(owner, binding_, challenge_)));
  return ask(std::move(request));
}

Status Member::open_mailbox(const Secret& invite) {
  wire::Request request;
  request.mutable_open_mailbox()->set_invite(as_string(invite));
  return ask(std::move(request));
}

Status Member::grant(const SigningKey& owner, const Address& address) {
  wire::Request request;
  wire::Grant& grant = *request.mutable_grant();
  grant.set_address_hash(as_string(address_hash(address)));
  grant.set_urgent(true);
  grant.set_normal(true);
  grant.set_vigils(true);
  grant.set_life_max(wire::THIRTY_DAYS);
  sign_grant(owner, binding_, grant);
  return ask(std::move(request));
}

Status Member::listen() {
  wire::Request request;
  request.mutable_listen();
  return ask(std::move(request));
}

void Member::acknowledge(std::uint64_t first, std::uint64_t last) {
  wire::ClientFrame frame;
  frame.add_acknowledged(first);
  frame.add_acknowledged(last);
  send(frame);
}

wire::Request deliver_request(const Address& address, std::string envelope, wire::Lane lane) {
  wire::Request request;
  wire::Deliver& deliver = *request.mutable_deliver();
  deliver.set_id(as_string(random_id<FanoutId>()));
  deliver.set_lane(lane);
  deliver.set_lifetime(wire::ONE_DAY);
  deliver.set_envelope(std::move(envelope));
  deliver.set_addresses(as_string(address));
  return request;
}

}  // namespace vigil::bench
