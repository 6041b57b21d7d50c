#include "server/outbox.hpp"

#include <cassert>

#include "server/shard.hpp"

namespace vigil::server {
namespace {

// Protobuf's wire format by hand, because this is where every message of the relay passes: no intermediate message, one copy of
// an envelope. tests/unit/server compares each with what protobuf itself writes.
enum WireType : std::uint32_t { varint = 0, length_delimited = 2 };

void put_varint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

std::size_t varint_bytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

void put_tag(Bytes& to, int field, WireType type) {
  put_varint(to, static_cast<std::uint32_t>(field) << 3 | type);
}

// As proto3: a zero is not written.
void put_number(Bytes& to, int field, std::uint64_t value) {
  if (value == 0) return;
  put_tag(to, field, varint);
  put_varint(to, value);
}

void put_bytes(Bytes& to, int field, View bytes) {
  if (bytes.empty()) return;
  put_tag(to, field, length_delimited);
  put_varint(to, bytes.size());
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::size_t number_bytes(int field, std::uint64_t value) {
  return value == 0 ? 0 : varint_bytes(static_cast<std::uint64_t>(field) << 3) + varint_bytes(value);
}

std::size_t bytes_bytes(int field, std::size_t size) {
  return size == 0 ? 0 : varint_bytes(static_cast<std::uint64_t>(field) << 3) + varint_bytes(size) + size;
}

// Unlike bytes, a message that is set is written even when it is empty.
std::size_t message_bytes(int field, std::size_t size) {
  return varint_bytes(static_cast<std::uint64_t>(field) << 3) + varint_bytes(size) + size;
}

template <class Message>
void put_message(Bytes& to, int field, const Message& message) {
  const std::size_t size = message.ByteSizeLong();
  put_tag(to, field, length_delimited);
  put_varint(to, size);
  to.resize(to.size() + size);
  message.SerializeWithCachedSizesToArray(to.data() + (to.size() - size));
}

wire::Released wire_act(const storage::ReleasedAct& act) {
  wire::Released out;
  out.set_act(act.act);
  out.set_index(act.index);
  out.set_step(act.step);
  out.set_lease_s(act.lease_s);
  // A lapse has no token: nobody did anything.
  if (act.act != wire::Released::LAPSED) out.set_token(act.token.bytes.data(), act.token.bytes.size());
  if (act.act == wire::Released::CLOSED) {
    out.set_index_other(act.index_other);
    out.set_token_other(act.token_other.bytes.data(), act.token_other.bytes.size());
  }
  return out;
}

}  // namespace

Outbox::Queue& Outbox::queue(bool urgent) {
  Queue& queue = urgent ? urgent_ : normal_;
  if (queue.bytes.capacity() == 0) queue.bytes = shard_.take_bytes();
  return queue;
}

void Outbox::answer(const wire::Answer& answer, bool urgent) {
  put_message(queue(urgent).bytes, wire::RelayFrame::kAnswersFieldNumber, answer);
}

void Outbox::answer(std::uint64_t id, Status status, bool urgent) {
  Bytes& to = queue(urgent).bytes;
  const auto value = static_cast<std::uint64_t>(status);
  put_tag(to, wire::RelayFrame::kAnswersFieldNumber, length_delimited);
  put_varint(to, number_bytes(wire::Answer::kIdFieldNumber, id) + number_bytes(wire::Answer::kStatusFieldNumber, value));
  put_number(to, wire::Answer::kIdFieldNumber, id);
  put_number(to, wire::Answer::kStatusFieldNumber, value);
}

void Outbox::deliver(std::uint64_t number, const storage::StoredCopy& copy) {
  using D = wire::Delivery;
  Bytes& to = queue(copy.at.lane == wire::URGENT).bytes;
  const auto lane = static_cast<std::uint64_t>(copy.at.lane);
  const auto of_vigil = static_cast<std::uint64_t>(copy.of_vigil);
  const std::size_t fixed =
      number_bytes(D::kNumberFieldNumber, number) + bytes_bytes(D::kCopyIdFieldNumber, CopyId::length) +
      number_bytes(D::kLaneFieldNumber, lane) + bytes_bytes(D::kAddressHashFieldNumber, AddressHash::length) +
      bytes_bytes(D::kEnvelopeFieldNumber, copy.envelope->size()) + number_bytes(D::kRoundFieldNumber, copy.round) +
      number_bytes(D::kStageFieldNumber, copy.stage) + number_bytes(D::kOfVigilFieldNumber, of_vigil) +
      number_bytes(D::kManySilentFieldNumber, copy.many_silent ? 1 : 0) + number_bytes(D::kReleasedSFieldNumber, copy.released);
  const wire::Released act = copy.notice ? wire_act(*copy.notice) : wire::Released{};
  const std::size_t notice = copy.notice ? message_bytes(D::kNoticeFieldNumber, act.ByteSizeLong()) : 0;
  put_tag(to, wire::RelayFrame::kDeliveriesFieldNumber, length_delimited);
  put_varint(to, fixed + notice);
  put_number(to, D::kNumberFieldNumber, number);
  put_bytes(to, D::kCopyIdFieldNumber, copy.id.view());
  put_number(to, D::kLaneFieldNumber, lane);
  put_bytes(to, D::kAddressHashFieldNumber, copy.address.view());
  put_bytes(to, D::kEnvelopeFieldNumber, *copy.envelope);
  put_number(to, D::kRoundFieldNumber, copy.round);
  put_number(to, D::kStageFieldNumber, copy.stage);
  put_number(to, D::kOfVigilFieldNumber, of_vigil);
  if (copy.notice) put_message(to, D::kNoticeFieldNumber, act);
  put_number(to, D::kManySilentFieldNumber, copy.many_silent ? 1 : 0);
  put_number(to, D::kReleasedSFieldNumber, copy.released);
}

void Outbox::event(wire::Event::Kind kind) {
  wire::Event event;
  event.set_kind(kind);
  put_message(queue(true).bytes, wire::RelayFrame::kEventFieldNumber, event);
}

void Outbox::take_frame(Bytes& frame, std::size_t bytes_max) {
  take(urgent_, frame, bytes_max);
  take(normal_, frame, bytes_max);
  assert(!frame.empty());
}

void Outbox::take(Queue& from, Bytes& frame, std::size_t bytes_max) {
  std::size_t end = from.taken;
  if (frame.size() + waiting(from) <= bytes_max) end = from.bytes.size();
  // Too much for one frame: walk over whole items. Each is a one-byte tag, a length and so many bytes.
  while (end < from.bytes.size()) {
    std::size_t at = end + 1;
    std::size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = from.bytes[at++];
      length |= static_cast<std::size_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const std::size_t next = at + length;
    if (frame.size() + (next - from.taken) > bytes_max && !(frame.empty() && end == from.taken)) break;
    end = next;
  }
  const auto at = [&](std::size_t offset) { return from.bytes.begin() + static_cast<std::ptrdiff_t>(offset); };
  if (frame.empty() && from.taken == 0 && end == from.bytes.size()) {
    frame.swap(from.bytes);  // the usual case: nothing is copied
  } else {
    frame.insert(frame.end(), at(from.taken), at(end));
  }
  from.taken = end;
  if (from.taken < from.bytes.size()) return;
  shard_.give_back(std::exchange(from.bytes, {}));
  from.taken = 0;
}

}  // namespace vigil::server
