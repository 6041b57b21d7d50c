// Bytes that a hostile relay or member could hand to the end-to-end room: bundles, one-time prekeys, envelopes.
#include "crypto/e2ee/memory_key_store.hpp"
#include "crypto/e2ee/session.hpp"
#include "proto/limits.hpp"

namespace {

using namespace vigil;

// One member with keys; made once, since making keys is slow and opening must not change the store anyway.
struct Member {
  Member() {
    e2ee::OwnKeys keys(identity, store);
    published = keys.make_bundle(now_s);
  }
  static constexpr std::uint64_t now_s = 1'800'000'000;
  e2ee::Identity identity = e2ee::Identity::generate();
  e2ee::MemoryKeyStore store;
  e2ee::OwnKeys::Published published;
  e2ee::Sessions sessions{identity, store};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Member member;
  if (size == 0) return 0;
  const View rest(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      (void)e2ee::verify_bundle(rest, member.identity.key(), Member::now_s, 0, e2ee::BundleAge::must_be_fresh);
      break;
    case 1:
      (void)e2ee::check_one_time(1, rest);
      break;
    case 2:
      (void)member.sessions.open(rest, AddressHash{}, std::nullopt, Member::now_s);
      break;
    case 3: {
      // What lies inside a well-sealed envelope of a hostile member: any Inner.
      content::Inner inner;
      if (!inner.ParseFromArray(rest.data(), static_cast<int>(rest.size()))) break;
      const auto bundle =
          e2ee::verify_bundle(member.published.bundle, member.identity.key(), Member::now_s, 0, e2ee::BundleAge::must_be_fresh);
      const auto envelope = e2ee::seal_envelope(inner, bundle->sealing_key(), AddressHash{}, limits::envelope_bytes.back());
      if (envelope) (void)member.sessions.open(*envelope, AddressHash{}, std::nullopt, Member::now_s);
      break;
    }
  }
  return 0;
}
