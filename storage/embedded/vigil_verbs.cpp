#include "storage/embedded/verbs.hpp"
namespace vigil::storage {
#define V(Verb)                                                  \
  void prepare(const Core&, Request&, Verb&) {}                  \
  void gather(Core&, Request&, Verb&, Missing&) {}               \
  std::optional<Outcome> apply(Core&, Batch&, Request&, Verb&) { \
    return answer(wire::UNSUPPORTED);                            \
  }
V(Keep)
V(Refresh) V(Renew) V(Hurry) V(End) V(Answering) V(Close) V(ReleaseDue)
    V(Fire) void released_copy_fetched(Core&, Batch&, std::uint64_t) {}
}  // namespace vigil::storage
