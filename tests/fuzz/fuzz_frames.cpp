// What a connection, or one POST, does with bytes from a stranger: frames of requests and acknowledgements through the relay's
// own checks (requests/), its window of deliveries (listening) and its outbox, in front of a store that looks at everything it
// gets.
#include <boost/asio/co_spawn.hpp>
#include <map>

#include "crypto/base/hash.hpp"
#include "crypto/base/vigil_id.hpp"
#include "server/listening.hpp"
#include "server/outbox.hpp"
#include "server/post.hpp"
#include "tests/fuzz/relay_cases.pb.h"
#include "tests/fuzz/watching_store.hpp"

namespace {

using namespace vigil;
using namespace vigil::server;
using fuzz::must;
using fuzz::str;

// An envelope of n bytes, n from 1 to 5, stands for one of the n-th size.
void fill_envelope(std::string& envelope) {
  if (!envelope.empty() && envelope.size() <= limits::envelope_bytes.size())
    envelope.resize(limits::envelope_bytes[envelope.size() - 1]);
}

// The peer: it has the owner's key, and signs what it left unsigned.
struct Peer {
  SigningKey owner = *SigningKey::from_seed(Bytes(32, 7));
  Binding binding;
  Challenge challenge;

  void complete(wire::Request& request) const {
    if (request.has_prove() && request.prove().owner_key().empty()) {
      request.mutable_prove()->set_version(limits::protocol_version);
      request.mutable_prove()->set_owner_key(str(owner.public_key().view()));
      request.mutable_prove()->set_signature(str(sign_proof(owner, binding, challenge).view()));
    }
    if (request.has_grant() && request.grant().signature().empty()) sign_grant(owner, binding, *request.mutable_grant());
    if (request.has_withdraw() && request.withdraw().signature().empty())
      sign_withdraw(owner, binding, *request.mutable_withdraw());
    if (request.has_burn() && request.burn().signature().empty()) sign_burn(owner, binding, *request.mutable_burn());
    if (request.has_deliver()) fill_envelope(*request.mutable_deliver()->mutable_envelope());
    if (request.has_refresh())
      for (wire::StageEnvelope& copy : *request.mutable_refresh()->mutable_copies()) fill_envelope(*copy.mutable_envelope());
  }
  static void complete(wire::Vigil& vigil) {
    const auto all = [](auto& copies) {
      for (wire::VigilEnvelope& copy : copies) fill_envelope(*copy.mutable_envelope());
    };
    for (wire::Stage& stage : *vigil.mutable_stages()) all(*stage.mutable_copies());
    for (wire::Ending& ending : *vigil.mutable_endings()) all(*ending.mutable_copies());
    for (wire::Ending& renewal : *vigil.mutable_renewals()) all(*renewal.mutable_copies());
    all(*vigil.mutable_notices());
    if (vigil.id().empty()) vigil.set_id(str(vigil_id(vigil).view()));
  }
  // The vigil as requests, in as many parts as the turn says.
  static void add_parts(const fuzz::Turn& turn, wire::ClientFrame& frame) {
    wire::Vigil vigil = turn.vigil();
    complete(vigil);
    const std::string whole = vigil.SerializeAsString();
    const std::size_t parts = std::max<std::size_t>(1, turn.parts() % 10), piece = whole.size() / parts + 1;
    for (std::size_t part = 0; part < parts && part * piece < whole.size(); ++part) {
      wire::Request& request = *frame.add_requests();
      request.set_id(1000 + part);
      request.mutable_keep()->set_vigil_id(vigil.id());
      request.mutable_keep()->set_part(static_cast<std::uint32_t>(part));
      request.mutable_keep()->set_parts(static_cast<std::uint32_t>(parts));
      request.mutable_keep()->set_piece(whole.substr(part * piece, piece));
    }
  }
};

// Everything around one connection that is the same for all.
struct World {
  World() {
    shards.push_back(std::make_unique<Shard>(0));
    switchboard.serve(shards);
    relay.serve_with(serving);
  }
  Shard& shard() { return *shards.front(); }

  fuzz::WatchingStore store;
  std::vector<std::unique_ptr<Shard>> shards;
  Switchboard switchboard{[](std::uint64_t) {}};
  Counters counters;
  std::shared_ptr<const storage::Clock> clock = storage::system_clock();
  std::shared_ptr<const Serving> serving = std::make_shared<const Serving>(
      Serving{.limits = {},
              .paths = SecretPaths({"/secret"}),
              .tls = {},
              .decoy = {},
              .keys = std::make_shared<const RelayKeys>(RelayKeys{{}, *SigningKey::from_seed(Bytes(32, 9)), {}, {}, 3}),
              .floods = std::make_shared<AddressFloods>(ConfigLimits{}, 64)});
  Relay relay{store, switchboard, counters, *clock, serving};
};

// What connection.cpp is to an intake, without its socket.
class Line final : public Intake::Replies, public Listening::Way {
 public:
  explicit Line(World& world) : world_(world), outbox_(world.shard()) {}

  void take(const fuzz::Turn& turn) {
    wire::ClientFrame frame = turn.frame();
    if (!turn.raw().empty() && !frame.ParseFromString(turn.raw())) return;
    if (turn.has_vigil()) Peer::add_parts(turn, frame);
    if (static_cast<std::size_t>(frame.requests_size()) > limits::requests_per_frame_max) return;
    if (frame.acknowledged_size() > 0 && !acknowledge(frame)) broken_ = true;
    if (broken_) return;
    for (wire::Request& request : *frame.mutable_requests()) {
      peer_.complete(request);
      ++asked_[request.id()];
      intake_.admit(request);
    }
    must(world_.relay.parts_bytes <= 4 * limits::vigil_bytes_max, "a connection's parts are bounded");
  }

  void end() {
    world_.store.later = false;
    world_.store.answer();
    drain();
    if (listening_) listening_->stop();
    std::size_t open = 0;
    for (const auto& [id, count] : asked_) {
      must(answered_[id] <= count, "no request is answered twice");
      open += count - answered_[id];
    }
    // Those whose answer waits for the next tick are owed still; acknowledgements have no answer.
    must(broken_ || failed_ || open == intake_.outstanding(), "every request is answered");
    must(answered_.size() <= asked_.size(), "nothing is answered that was not asked");
    must(world_.store.owner_writes == 0 || world_.store.sender_writes == 0, "a connection is an owner's or a sender's");
    must(world_.store.owner_writes == 0 || world_.store.mailbox == intake_.mailbox(), "an owner writes to her own mailbox");
  }

  void drain() {
    while (!outbox_.empty()) {
      Bytes bytes;
      outbox_.take_frame(bytes, limits::frame_bytes_max);
      wire::RelayFrame frame;
      must(bytes.size() <= limits::frame_bytes_max, "a frame of the relay is a frame");
      must(frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), "the relay writes what can be read");
      for (const wire::Answer& answer : frame.answers()) {
        must(wire::Status_IsValid(answer.status()) && answer.status() != wire::STATUS_UNSET, "an answer has a status");
        ++answered_[answer.id()];
      }
      for (const wire::Delivery& delivery : frame.deliveries()) must(delivery.number() == ++given_, "deliveries are numbered");
    }
    if (listening_) listening_->resume();
  }

 private:
  bool acknowledge(const wire::ClientFrame& frame) {
    if (!listening_ || frame.acknowledged_size() % 2 != 0) return false;
    std::vector<storage::Position> positions;
    for (int i = 0; i < frame.acknowledged_size(); i += 2)
      if (!listening_->acknowledge(frame.acknowledged(i), frame.acknowledged(i + 1), positions)) return false;
    acknowledged_ += positions.size();
    must(acknowledged_ <= told_, "no more is acknowledged than was given");
    intake_.acknowledge(std::move(positions));
    listening_->acknowledged();
    return true;
  }

  void reply(const wire::Answer& answer, bool urgent) override { outbox_.answer(answer, urgent); }
  void reply(std::uint64_t id, Status status, bool urgent) override { outbox_.answer(id, status, urgent); }
  Status listen(const MailboxId& mailbox, std::uint32_t window) override {
    must(intake_.mailbox() == mailbox, "only an owner who has proved it listens, to her own mailbox");
    const std::uint32_t most = world_.serving->limits.window_copies;
    if (!listening_)
      listening_ = std::make_unique<Listening>(world_.store, world_.switchboard, world_.shard(), mailbox,
                                               window == 0 ? most : std::min(window, most), static_cast<Listening::Way&>(*this));
    listening_->start();
    return wire::DONE;
  }
  void settled() override {}
  void fail() override { failed_ = true; }
  bool open() const override { return outbox_.bytes() < limits::outbox_bytes_max; }
  void deliver(std::uint64_t number, const storage::StoredCopy& copy) override {
    ++told_;
    must(told_ - acknowledged_ <= world_.serving->limits.window_copies, "no more is out than the window holds");
    outbox_.deliver(number, copy);
  }
  void displaced() override {}
  void list_begun() override {}
  void list_ended(bool failed) override { failed_ = failed_ || failed; }

  World& world_;
  Peer peer_;
  Outbox outbox_;
  Intake intake_{world_.relay, world_.shard(), *world_.serving, *this, peer_.binding, peer_.challenge};
  std::unique_ptr<Listening> listening_;
  std::map<std::uint64_t, std::size_t> asked_, answered_;
  std::size_t told_ = 0, acknowledged_ = 0, given_ = 0;
  bool failed_ = false, broken_ = false;
};

// All turns in one body; nobody there can be an owner.
void post_once(World& world, const fuzz::Talk& talk) {
  wire::Post post;
  post.set_version(limits::protocol_version);
  wire::ClientFrame all;
  for (const fuzz::Turn& turn : talk.turns()) {
    all.MergeFrom(turn.frame());
    if (turn.has_vigil()) Peer::add_parts(turn, all);
  }
  for (wire::Request& request : *all.mutable_requests()) Peer().complete(request);
  *post.mutable_requests() = all.requests();
  const std::string body = talk.turns_size() > 0 && !talk.turns(0).raw().empty() ? talk.turns(0).raw() : post.SerializeAsString();
  Post one(world.relay, world.shard(), *world.serving);
  std::optional<std::string> said;
  boost::asio::co_spawn(world.shard().context(), one.answer(body), [&said](const std::exception_ptr& thrown, std::string text) {
    must(!thrown, "a POST throws nothing");
    said = std::move(text);
  });
  world.shard().context().poll();
  if (!said) return;  // waits for the tick
  wire::PostAnswer answers;
  must(answers.ParseFromString(*said), "the answer to a POST can be read");
  wire::Post read;
  const bool whole = read.ParseFromString(body) && read.version() == limits::protocol_version &&
                     static_cast<std::size_t>(read.requests_size()) <= limits::requests_per_frame_max;
  must(answers.answers_size() == (whole ? read.requests_size() : 1), "a POST has one answer to each request");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Talk talk;
  if (!talk.ParseFromArray(data, static_cast<int>(size)) || talk.turns_size() > 64) return 0;
  World world;
  if (talk.post()) {
    post_once(world, talk);
  } else {
    Line line(world);
    for (const fuzz::Turn& turn : talk.turns()) {
      world.store.outcome = turn.outcome() == 0 || !wire::Status_IsValid(static_cast<int>(turn.outcome() % 15))
                                ? wire::DONE
                                : static_cast<Status>(turn.outcome() % 15);
      if (world.store.outcome == wire::STATUS_UNSET) world.store.outcome = wire::DONE;
      world.store.waiting_copies += turn.copies() % 256;
      world.store.answer();
      world.store.later = turn.later();
      line.take(turn);
      world.shard().context().poll();
      line.drain();
    }
    line.end();
  }
  must(world.relay.parts_bytes <= Relay::parts_bytes_max, "parts of all connections are bounded");
  return 0;
}
