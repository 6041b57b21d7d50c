// What one connection has to say and has not said yet: answers and deliveries, already encoded, urgent ones apart. Bounded by its
// connection (limits::outbox_bytes_max); holds no memory while it is empty. Belongs to one I/O thread.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/ids.hpp"
#include "proto/wire.pb.h"
#include "storage/store.hpp"

namespace vigil::server {

class Shard;

class Outbox {
 public:
  explicit Outbox(Shard& shard) : shard_(shard) {}

  void answer(const wire::Answer& answer, bool urgent);
  // An answer with nothing but its status.
  void answer(std::uint64_t id, Status status, bool urgent);
  void deliver(std::uint64_t number, const storage::StoredCopy& copy);
  void event(wire::Event::Kind kind);

  std::size_t bytes() const { return waiting(urgent_) + waiting(normal_); }
  bool empty() const { return bytes() == 0; }
  // The next frame: whole items, urgent ones first, at most 'bytes_max'; at least one item. Appended to 'frame'.
  void take_frame(Bytes& frame, std::size_t bytes_max);

 private:
  // Items of a RelayFrame one after the other, as protobuf writes them; those before 'taken' are gone.
  struct Queue {
    Bytes bytes;
    std::size_t taken = 0;
  };
  static std::size_t waiting(const Queue& queue) { return queue.bytes.size() - queue.taken; }
  Queue& queue(bool urgent);
  void take(Queue& from, Bytes& frame, std::size_t bytes_max);

  Shard& shard_;
  Queue urgent_, normal_;
};

}  // namespace vigil::server
