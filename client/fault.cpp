// One line of meaning for each fault.
#include "client/fault.hpp"

namespace vigil::client {

std::string_view meaning(Fault fault) {
  switch (fault) {
    case Fault::no_route:
      return "no route of this relay answered";
    case Fault::timed_out:
      return "no answer in time";
    case Fault::closed:
      return "the connection was closed";
    case Fault::wrong_key:
      return "the TLS key is not the pinned one; nothing was sent";
    case Fault::wrong_greeting:
      return "the greeting is not certified by this relay's root";
    case Fault::not_this_protocol:
      return "what came is not of this protocol";
    case Fault::not_a_relay:
      return "an ordinary web server answered: the path is not a relay's";
    case Fault::unsupported_route:
      return "a kind of route that this client cannot use";
    case Fault::displaced:
      return "another device listens to this mailbox now";
    case Fault::not_proved:
      return "the relay does not accept the proof of ownership";
    case Fault::too_large:
      return "larger than the protocol allows";
    case Fault::stopped:
      return "closed by this client";
    case Fault::routes_unsigned:
      return "the route list is not signed by this relay's root";
    case Fault::routes_older:
      return "the route list is older than the one known";
    case Fault::routes_unchained:
      return "the route list does not follow the one known";
    case Fault::routes_invalid:
      return "not a route list";
    case Fault::invite_invalid:
      return "not an invite";
    case Fault::invite_expired:
      return "the invite has expired";
    case Fault::no_profile:
      return "there is no profile here";
    case Fault::profile_exists:
      return "there is a profile here already";
    case Fault::wrong_pin:
      return "wrong PIN";
    case Fault::damaged:
      return "a file of the profile is damaged";
    case Fault::newer_version:
      return "written by a newer version of Vigil";
    case Fault::busy:
      return "another process holds it";
    case Fault::disk_full:
      return "the disk is full";
    case Fault::disk:
      return "reading or writing a file failed";
    case Fault::locked_by_press:
      return "an alert was pressed, so the profile has locked itself";
    case Fault::no_prepared_alert:
      return "no prepared alert is left";
  }
  return "not a fault";
}

}  // namespace vigil::client
