// Single steps of talking to a member, each by the relay's own functions: a frame decoded and checked, an owner's proof, a
// greeting's signature, the hash of an address.
#include <benchmark/benchmark.h>

#include <stdexcept>

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/signed.hpp"
#include "server/relay_keys.hpp"
#include "server/requests/decode.hpp"
#include "server/shard.hpp"

namespace vigil::bench {
namespace {

template <class Id>
std::string as_string(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

std::string frame_of_delivers(int requests) {
  wire::ClientFrame frame;
  for (int i = 0; i < requests; ++i) {
    wire::Request& request = *frame.add_requests();
    request.set_id(static_cast<std::uint64_t>(i) + 1);
    wire::Deliver& deliver = *request.mutable_deliver();
    deliver.set_id(as_string(random_id<FanoutId>()));
    deliver.set_lane(wire::NORMAL);
    deliver.set_lifetime(wire::ONE_DAY);
    deliver.set_envelope(std::string(1024, 'e'));
    deliver.set_addresses(as_string(random_id<Address>()));
  }
  return frame.SerializeAsString();
}

// As a connection does it: into the shard's own message, then every request checked at the edge, which hashes its address.
void decode_frame_of_delivers(benchmark::State& state) {
  const auto requests = static_cast<int>(state.range(0));
  const std::string bytes = frame_of_delivers(requests);
  server::Shard shard(0);
  for (auto turn : state) {
    wire::ClientFrame& frame = shard.frame();
    if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw std::runtime_error("not a frame");
    for (const wire::Request& request : frame.requests()) {
      auto checked = server::read_deliver(request.deliver());
      if (!checked) throw std::runtime_error(checked.error().text);
      benchmark::DoNotOptimize(checked);
    }
  }
  state.SetItemsProcessed(state.iterations() * requests);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(decode_frame_of_delivers)->ArgName("requests")->Arg(1)->Arg(32);

struct Met {
  SigningKey root = SigningKey::generate();
  SigningKey owner = SigningKey::generate();
  Binding binding{.root = root.public_key(), .exporter = random_id<Exporter>()};
  Challenge challenge = random_id<Challenge>();
};

void verify_owners_proof(benchmark::State& state) {
  const Met met;
  const Signature signature = sign_proof(met.owner, met.binding, met.challenge);
  for (auto turn : state) {
    if (!verify_proof(met.owner.public_key(), signature, met.binding, met.challenge)) throw std::runtime_error("a bad proof");
  }
}
BENCHMARK(verify_owners_proof);

void sign_a_greeting(benchmark::State& state) {
  const Met met;
  SigningKey online = SigningKey::generate();
  wire::RootCertificate certificate = server::certify_online_key(met.root, online.public_key(), 1'700'000'000, 90);
  const server::RelayKeys keys{.root = met.root.public_key(),
                               .online = std::move(online),
                               .certificate = std::move(certificate),
                               .routes = {},
                               .route_serial = 0};
  for (auto turn : state) {
    Signature signature = keys.sign_greeting(met.binding.exporter, met.challenge);
    benchmark::DoNotOptimize(signature);
  }
}
BENCHMARK(sign_a_greeting);

void hash_an_address(benchmark::State& state) {
  auto address = random_id<Address>();
  for (auto turn : state) {
    AddressHash hashed = address_hash(address);
    benchmark::DoNotOptimize(hashed);
    ++address.bytes[0];
  }
}
BENCHMARK(hash_an_address);

}  // namespace
}  // namespace vigil::bench
