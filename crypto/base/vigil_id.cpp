#include "crypto/base/vigil_id.hpp"

#include <string>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"

namespace vigil {
namespace {

std::string hashes_of(const google::protobuf::RepeatedPtrField<wire::Ending>& pair) {
  std::string out;
  for (const wire::Ending& one : pair) out += one.hash();
  return out;
}

}  // namespace

VigilId vigil_id(const wire::Vigil& vigil) {
  const auto kind = be32(static_cast<std::uint32_t>(vigil.kind()));
  const std::string endings = hashes_of(vigil.endings());
  const std::string renewals = hashes_of(vigil.renewals());
  std::string answers;
  for (const wire::Answerer& one : vigil.answers()) answers += one.head() + one.close_hash();
  return {hash(labels::vigil, {kind, view(vigil.hurry_hash()), view(vigil.refresh_hash()), view(endings), view(renewals),
                               view(answers), view(vigil.nonce())})
              .bytes};
}

}  // namespace vigil
