// Checking what comes from a relay.
#include "client/check.hpp"

#include "client/routes.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/signed.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t why_bytes_max = 200;

bool has_length(const std::string& bytes, std::size_t length) {
  return bytes.size() == length;
}

bool is_status(int number) {
  return wire::Status_IsValid(number) && number != wire::STATUS_UNSET;
}

bool check_lease(const wire::LeaseState& lease) {
  return lease.holder() < limits::responders_max;
}

bool check_detail(const wire::Request& request, const wire::Answer& answer) {
  switch (answer.detail_case()) {
    case wire::Answer::DETAIL_NOT_SET:
      return true;
    case wire::Answer::kEach: {
      if (!request.has_deliver() || answer.each().size() * Address::length != request.deliver().addresses().size()) return false;
      for (const char status : answer.each())
        if (!is_status(static_cast<unsigned char>(status))) return false;
      return true;
    }
    case wire::Answer::kPrekeys: {
      const wire::Prekeys& prekeys = answer.prekeys();
      if (!request.has_fetch_prekeys() || prekeys.bundle().size() > limits::bundle_bytes_max) return false;
      return !prekeys.has_one_time() || has_length(prekeys.one_time().key(), 33);
    }
    case wire::Answer::kLease:
      return (request.has_answering() || request.has_close() || request.has_look()) && check_lease(answer.lease());
    case wire::Answer::kRoutes:
      return request.has_fetch_routes() && answer.routes().ByteSizeLong() <= route_list_bytes_max;
    case wire::Answer::kPrekeyCount:
      return request.has_count_prekeys() || request.has_publish_prekeys();
    case wire::Answer::kVigil:
      return request.has_keep() || request.has_renew() || request.has_look();
  }
  return false;
}

}  // namespace

bool check_answer(const wire::Request& request, wire::Answer& answer) {
  if (!is_status(answer.status())) return false;
  if (!check_detail(request, answer)) return false;
  // A list of fates without the word that says so, or the word without its list, would let a copy be lost unseen.
  if (request.has_deliver() && (answer.status() == wire::PARTIAL) != (answer.detail_case() == wire::Answer::kEach)) return false;
  std::string why = answer.why().substr(0, why_bytes_max);
  for (char& letter : why)
    if (letter < ' ' || letter > '~') letter = '?';
  answer.set_why(why);
  return true;
}

bool check_delivery(const wire::Delivery& delivery, std::uint64_t last_number) {
  if (delivery.number() != last_number + 1) return false;
  if (!has_length(delivery.copy_id(), CopyId::length) || !has_length(delivery.address_hash(), AddressHash::length)) return false;
  if (!wire::Lane_IsValid(delivery.lane()) || !limits::is_envelope_size(delivery.envelope().size())) return false;
  if (!wire::VigilCopy_IsValid(delivery.of_vigil())) return false;
  if (delivery.of_vigil() == wire::NOT_OF_VIGIL) return !delivery.has_notice();
  if (delivery.stage() >= limits::stages_max) return false;
  if ((delivery.of_vigil() == wire::NOTICE) != delivery.has_notice()) return false;
  if (!delivery.has_notice()) return true;

  const wire::Released& released = delivery.notice();
  if (!wire::Released_Act_IsValid(released.act()) || released.act() == wire::Released::ACT_UNSET) return false;
  if (released.index() >= limits::responders_max || released.index_other() >= limits::responders_max) return false;
  if (released.step() > limits::answer_chain_steps) return false;
  const bool has_token = has_length(released.token(), Secret::length);
  const bool has_other = has_length(released.token_other(), Secret::length);
  switch (released.act()) {
    case wire::Released::ANSWERED:
    case wire::Released::GIVEN_BACK:
      return has_token && released.token_other().empty();
    case wire::Released::LAPSED:
      return (has_token || released.token().empty()) && released.token_other().empty();
    case wire::Released::CLOSED:
      return has_token && has_other;
    case wire::Released::ACT_UNSET:
    case wire::Released_Act_Released_Act_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::Released_Act_Released_Act_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return false;
}

Outcome<void> check_greeting(const wire::Greeting& greeting, const PublicKey& root, const Exporter& exporter) {
  if (greeting.version() != limits::protocol_version) return std::unexpected(Fault::not_this_protocol);
  const std::optional<Challenge> challenge = Challenge::from(view(greeting.challenge()));
  const std::optional<PublicKey> online = PublicKey::from(view(greeting.online().online_key()));
  const std::optional<Signature> signature = Signature::from(view(greeting.signature()));
  if (!challenge || !online || !signature) return std::unexpected(Fault::not_this_protocol);
  if (!verify_online_key(root, greeting.online())) return std::unexpected(Fault::wrong_greeting);
  if (!verify_greeting(*online, *signature, Binding{root, exporter}, *challenge)) return std::unexpected(Fault::wrong_greeting);
  return {};
}

}  // namespace vigil::client
