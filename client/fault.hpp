// Why something on this side of the wire did not work: one enum for the whole client. What a relay answers is wire.Status
// instead. Expected failures are values: Outcome<T>. A failing container (disk, damage, busy for too long) throws Failed, because
// every line of the client would have to pass it on otherwise: whoever runs a command catches it once, and the open transaction
// is undone.
#pragma once

#include <expected>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vigil::client {

enum class Fault {
  // reaching a relay
  no_route,           // no route of this relay answered: nothing was sent, or nobody knows; keep it and try again
  timed_out,          // a route took longer than its deadline
  closed,             // the other side, or the network, ended the connection
  wrong_key,          // the TLS key is not the pinned one: somebody is in between, nothing was sent
  wrong_greeting,     // the greeting is not certified by this relay's root
  not_this_protocol,  // bytes that no relay of this version sends
  not_a_relay,        // an ordinary web server answered: the path is not (or no longer) the relay's
  unsupported_route,  // a route this client cannot use (an onion address without Tor)
  displaced,          // another device listens to this mailbox now
  not_proved,         // the relay does not accept our proof of ownership
  too_large,          // our own message would break the protocol's bounds
  stopped,            // this client closed the link itself
  // route lists
  routes_unsigned,   // the root's signature is wrong, or the root is another
  routes_older,      // a lower serial, or another list under the same one
  routes_unchained,  // does not follow the list we have
  routes_invalid,    // not a route list
  // invites
  invite_invalid,
  invite_expired,
  // files
  no_profile,      // nobody has joined here yet
  profile_exists,  // here already is a profile: it is never overwritten
  wrong_pin,
  damaged,        // a file of the profile is damaged (which one is not told)
  newer_version,  // written by a newer Vigil
  busy,           // another process holds it
  disk_full,
  disk,               // reading or writing failed
  locked_by_press,    // an alert was pressed: what was open has closed itself
  no_prepared_alert,  // the send-only slot is empty: open the profile once (vigil status) with responders set
};

// One line for developers and logs; people's screens have their own words. Never holds input or secrets.
std::string_view meaning(Fault fault);

template <class T>
using Outcome = std::expected<T, Fault>;

class Failed : public std::runtime_error {
 public:
  explicit Failed(Fault why) : std::runtime_error(std::string(meaning(why))), why_(why) {}
  Fault why() const { return why_; }

 private:
  Fault why_;
};

}  // namespace vigil::client
