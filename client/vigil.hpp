// libvigil: what an app on a phone embeds, and what the `vigil` command is made of. One include for the whole surface.
//
//   Home::find("")                                         where the files lie
//   Profile::create / open (home, pin)                     the container with contacts, keys and history
//   Relays, Contacts, Tiers, Inbox, Remembered, ...        records of the container
//   ContainerKeys + e2ee::Sessions                         sealing and opening
//   OwnerLink::connect(routes, owner key, now)             the own mailbox: grant, publish, listen, acknowledge
//   ask / ask_patiently (routes, request)                  whatever needs only a capability
//   prepare_alert -> SendSlot::replace_stock               while the profile is open
//   SendSlot::take -> seal_alert -> Outbox::put -> send_item   the press: no PIN, no secret key, works offline
//   drain(outbox, now)                                     what was NOT SENT YET
//
// Threads: everything asynchronous lives on one io_context and its one thread; files, PIN and container block and may live on the
// same thread (milliseconds; the PIN 0.2 s). Time is always an argument. Nothing here prints, logs or reads the environment but
// Home.
#pragma once

#include "client/key_store.hpp"
#include "client/outbox.hpp"
#include "client/prepared.hpp"
#include "client/profile.hpp"
#include "client/records/people.hpp"
#include "client/records/story.hpp"
#include "client/relay_link.hpp"
#include "client/send_slot.hpp"
