#include "crypto/e2ee/fault.hpp"

namespace vigil::e2ee {

std::string_view meaning(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "not of this protocol: a length, version, point or padding is wrong";
    case Fault::bad_signature:
      return "not signed by this identity";
    case Fault::wrong_identity:
      return "keys of somebody else than the pinned contact";
    case Fault::rolled_back:
      return "older keys than those already seen";
    case Fault::expired:
      return "keys past their date: the contact has not been online for two weeks";
    case Fault::from_the_future:
      return "keys issued days ahead of this clock: look at the clock";
    case Fault::not_trusted:
      return "not a contact";
    case Fault::too_large:
      return "does not fit the envelope";
    case Fault::cannot_open:
      return "not for us, damaged, or its keys are gone";
    case Fault::replay:
      return "opened before";
    case Fault::wrong_sender:
      return "sealed by somebody else than the contact of this address";
    case Fault::wrong_recipient:
      return "sealed for somebody else";
    case Fault::not_kept:
      return "opened but could not be kept: open it again later";
  }
  return "not a fault";
}

}  // namespace vigil::e2ee
