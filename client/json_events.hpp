// What `--json` prints: one JSON object a line, on standard output, flushed at once. For scripts, other screens and the journeys.
// Lines about an alert that is a drill have "drill":true, whatever they are.
// A line that says more than its writer knows is a bug: every state below follows from a verified fact (alert_state.hpp).
//
// Every line has   "event": its kind,   "at_s": this device's clock, seconds since 1970.   Ids are hex; an unknown field is to be
// ignored.
//
// clang-format off
//   joined        "relays":n                                  join: the mailbox is open, keys are published
//   card          "card":"vigil:card:...", "not_after_s":n    card: a secret, like the QR code beside it
//   words         "words":"three of them", "name":s           card, meet: to be compared with the other screen
//   met           "name":s, "checked":bool                    card, meet: now a contact
//   contact       "name":s, "checked":bool, "fingerprint":hex, "withdrawn":bool, "through":bool    contacts: one line each
//   withdrawn     "name":s, "on_relay":bool, "was_woken":bool, "responders":n      withdraw: done here; on_relay: and there
//   tier          "tier":n, "after_s":n, "names":[s]          tiers: one line each, from 1
//   tiers_set     "responders":n, "prepared":n                tiers: n alerts can be pressed with no PIN and no network
//   asking        "name":s, "lawyer":bool, "sent":bool        ask: she has been asked
//   asked         "name":s, "lawyer":bool                     somebody asks whether her alert may wake you
//   consent       "name":s, "word":W [, "hours":s] [, "until_s":n]    what somebody says about being woken by your alert
//                 W: accepted, declined, off_duty, on_duty, left
//   duty          "name":s, "word":W, "lawyer":bool, "hours":s [, "until_s":n]   duty: one line each; W also: asked
//   tier_empty    "tier":n                                    listen: nobody in it would be woken now
//   plan          "name":s [, "alert":id], "actions":[s], "station_name":s, "medication":s, "never_tell":[s],
//                 "phrase_free":s, "phrase_forced":s, "people":[s], "lawyer_tier":n   opened by an alert, or plan show
//   mark          "alert":id, "name":s, "kind":s, "where":s, "how":s, "when_s":n    by another responder; its MAC holds
//   note          "alert":id, "name":s, "text":s              by another responder; its MAC holds
//   muted         "name":s, "until_s":n [, "alert":id] [, "own":true, "others":n]   somebody does not hear this person until then
//   marked, noted "alert":id, "others":n                      mark, note: written down, sealed for so many others
//   entry         "alert":id, "kind":s, "name":s, "when_s":n, "here_s":n, "when_utc":s, "words":s, "proof":s, "holds":bool
//                 timeline: in order; when_s by the writer's clock;
//                 proof: token, two_tokens, mac, sealed, relay, own, not_kept, wrong
//   checked       "alert":id, "good":n, "bad":n, "words":s    timeline: what the check proves, and what not
//   printed       "path":s                                    timeline --print
//   plan_kept     "name":s                                    a sealed plan has come; it cannot be read yet
//   plan_edited   "people":n, "prepared":n                    plan edit
//   plan_check    "what":s, "good":bool, "name":s, "words":s  plan check: one line each
//   plan_checked  "good":bool
//   ready_line    "colour":"green"|"advice"|"red", "what":s, "name":s, "words":s   ready: one line each
//   readiness     "good":bool                                 ready: would an alert work now
//   probed        "name":s, "good":bool                       listen: an address was asked about; its owner hears nothing
//   booking       "name":s, "for_s":n, "cancelled":bool       drill --lawyer --at
//   drill_due     "name":s                                    listen: a booked drill is due now
//   drill_booked  "name":s, "for_s":n, "cancelled":bool       somebody has booked a drill with you
//   kept          "content":id, "name":s                      send: in the outbox, on disk
//   sent          "content":id, "name":s                      the relay has it (also from the outbox, later); without both: an
//                                                             alert, sent by a listen that is locked
//   not_sent      "name":s, "words":s                         the relay does not understand it: given up
//   alert_refused [ "alert":id, ] "given_up":bool, "words":s  no relay takes an own alert; given_up: not tried any more
//   ending_refused  "alert":id, "words":s                    no relay takes the ending of an own alert: it may go on
//   state         "alert":id, "state":S, "words":s, "hers":bool [, "hold_s":n] [, "phones":n] [, "people":n] [, "name":s]
//                 [, "silent_s":n] [, "round":n] [, "pressed_again":n] [, "forced":true] [, "yours":bool]
//                 [, "lease_s":n, "until_s":n]
//                 S: not_sent, waits, on_relay, on_phones, seen, answering, nobody, all_clear, forced, unanswered
//                 (unanswered: what a responder's device says before nobody's silence has become news)
//   alert         "alert":id, "name":s, "pressed_s":n, "round":n, "tier":n, "stage":n, "first":bool, "note":s, "drill":bool,
//                 "rings":bool, "fixes":[{"lat":d,"lon":d,"at_s":n,"accuracy_m":n,"kmh":n,"heading":n,"battery":n}],
//                 newest first; first: false = the same alert, rung again by a later round or another press;
//                 [, "pressed_again":n] how often
//   seen          "alert":id                                  a key was pressed
//   receipt       "content":id | "alert":id, "name":s, "kind":"arrived"|"seen"
//   notice        "alert":id, "act":"answered"|"given_back"|"lapsed"|"closed", "name":s [, "other":s] [, "lease_s":n]
//                 proved by its token
//   ending        "alert":id, "name":s, "forced":bool         she has cancelled; forced: do not call or write to her
//   all_clear     "alert":id, "name":s, "note":s              one person says so (two make the state all_clear)
//   answered      "alert":id, "yours":bool, "lease_s":n, "holder":s    answer, give-back: what the relay said
//   closed        "alert":id, "counted":bool, "over":bool     all-clear
//   cancelled     "alert":id, "on_relay":bool                 cancel: the same line, whichever PIN
//   text          "content":id, "name":s, "text":s, "written_s":n
//   unreachable   "name":s, "given_up":bool                   »cannot be reached«; given_up: after 2 hours
//   undelivered   "content":id, "name":s, "written_s":n       own: no receipt, and no relay has it any more
//   receipts_unread "content":id, "name":s, "written_s":n     the same, but a receipt may wait in the own mailbox: listen first
//   trouble       "name":s, "words":s                         a copy that cannot be opened, or a notice without proof
//   connected     "relay":"host:port" [, "key_old":true]      listening there
//   dark          "relay":"host:port"                         no answer over any route
//   displaced     "relay":"host:port"                         another device reads this mailbox now
//   clock         "off_s":n, "words":s                        this device's clock differs from the relay's by a lot
//   upkeep        "prepared":n, "prekeys":n                   what was renewed
//   locked        "words":s                                   listen: an alert was pressed; waits for the PIN
//   ready         "relays":n                                  listen: everything that waited has been read
//   status        "relays":n, "contacts":n, "prepared":n, "outbox":n, "locked":bool
//   watched       "name":s, "kind":"begun"|"goes_on"|"ended"|"forced", "counts_from_s":n [, "until_s":n]   somebody's
//   nobody_watches "people":n                                 0: the relay keeps watch again
//   check_in      "on_relay":bool, "fired":bool, "stopping":bool, "due_s":n, "heard_s":n, "ok_s":n, "until_s":n, "relays":n
//                 one's own; until_s: when she means to end it, 0 = not said
//   check_in_end  "until_s":n, "come":bool                   the end that she named comes, or has come; it goes on until stop
//   check_in_reminder "left_s":n        check_in_fired        one's own
//   sharing       "name":s, "until_s":n, "exact":bool, "seen_by":s    until_s 0: ended
//   place         "name":s, "lat":d, "lon":d, "at_s_place":n, "exact":bool
//   share         "until_s":n, "exact":bool, "with":[s]       one's own; "until_s" 0: there is none
//   pinged        "exact":bool, "people":n, "fixes":n         share_exact "alert":id         share_asks         share_ended
//   trail         "name":s, "pieces":n, "points":n [, "lat":d, "lon":d, "last_s":n, "exact":bool]
//   (alerts of a check-in have "check_in":true, "many_silent":bool)
//   error         "code":n, "words":s                         the sentence and the exit code of a command that failed
// clang-format on
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/ids.hpp"

namespace vigil::client {

// Builds one line. Strings become valid JSON whatever bytes they hold (bad UTF-8 is replaced), control and invisible characters
// are escaped.
class JsonLine {
 public:
  JsonLine(std::string_view event, std::uint64_t at_s);

  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& number(std::string_view key, std::int64_t value);
  JsonLine& flag(std::string_view key, bool value);
  JsonLine& id(std::string_view key, View bytes);
  JsonLine& texts(std::string_view key, const std::vector<std::string>& values);
  // 'value' is JSON already.
  JsonLine& raw(std::string_view key, std::string_view value);

  std::string line() const;  // without the newline

 private:
  std::string made_;
};

std::string json_string(std::string_view value);
// Degrees from degrees * 1e7, exactly: "43.2389490".
std::string degrees(std::int32_t e7);
// Latitude and longitude for a person to read: "43.2389490, 76.8897090".
std::string coordinates(std::int32_t latitude_e7, std::int32_t longitude_e7);

}  // namespace vigil::client
