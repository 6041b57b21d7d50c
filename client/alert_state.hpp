// What this device knows about one alert, hers or another's, and what may be shown of it. Fed with facts in any order, as relays,
// retries and long absences bring them; says nothing that does not follow from them. Client only; one thread; pure: no clock, no
// network, no files (time is an argument, the record is kept by who uses it).
//
// Invariant: »is answering« is shown only for a token whose chain leads to the head sealed into the alert, with a step never
// shown before, and only until its lease ends. »all clear« needs two different people's close secrets, or her own ending. »on 2
// phones« and »seen by 1« count people's sealed receipts, never what a relay says. »NOBODY HAS ANSWERED« is said only while a
// relay was heard lately.
#pragma once

#include <optional>
#include <string>

#include "client/alert_record.pb.h"
#include "crypto/base/encoding.hpp"
#include "crypto/e2ee/responder_secrets.hpp"
#include "proto/ids.hpp"

namespace vigil::client {

enum class Shown : std::uint8_t {
  nothing,     // not known well enough to say anything
  not_sent,    // NOT SENT YET
  waits,       // waits 10 s on the relay
  on_relay,    // on the relay, nobody has seen it
  on_phones,   // on 2 phones
  seen,        // seen by 1
  answering,   // A. is answering
  nobody,      // NOBODY HAS ANSWERED FOR 23 MIN, round 2
  unanswered,  // a responder's screen before that is news
  forced,      // FORCED TO CANCEL
  all_clear,   // all clear
};

struct AlertView {
  Shown shown = Shown::nothing;
  std::uint32_t count = 0;     // phones or people
  std::uint32_t hold_s = 0;    // waits
  std::uint32_t index = 0;     // answering: who, by the alert's list
  bool yours = false;          // answering: this device's owner
  std::uint64_t until_s = 0;   // answering: the lease's end; waits: the hold's
  std::uint64_t silent_s = 0;  // nobody
  std::uint32_t round = 0;
  bool forced = false;  // shown first, whatever else is shown
  bool operator==(const AlertView&) const = default;
};

enum class Fact : std::uint8_t {
  news,      // it changed what is known
  known,     // it was known already, or is older than what is
  waiting,   // cannot be checked before the alert itself comes; kept until then
  unproved,  // its proof is wrong or missing: trouble, never a state
};

// A state is news after so much silence even in the first round.
inline constexpr std::uint64_t nobody_after_s = 5 * 60;
// How old the last word of a relay may be for »NOBODY HAS ANSWERED«.
inline constexpr std::uint64_t heard_within_s = 90;
inline constexpr int timeline_entries_max = 2000;
// A relay cannot stretch an answer beyond this, whatever it is configured to.
inline constexpr std::uint32_t lease_s_max = 4 * 3600;

class AlertState {
 public:
  explicit AlertState(record::AlertRecord record) : record_(std::move(record)) {}
  static AlertState begin(View alert_id, View person, bool hers, std::uint64_t now_s);

  const record::AlertRecord& record() const { return record_; }
  record::AlertRecord& record() { return record_; }

  // ---- hers
  void pressed(const content::Alert& alert);  // written to the outbox
  // One vigil per relay: its heads are known before anything is sent.
  Fact prepared(View vigil_id, View root, const google::protobuf::RepeatedPtrField<content::Responder>& responders,
                std::uint64_t now_s);
  Fact on_relay(View vigil_id, std::uint64_t now_s, std::uint32_t due_in_s);  // Keep was answered DONE
  Fact looked(View vigil_id, const wire::VigilState& state, std::uint64_t now_s);
  Fact released(View vigil_id, std::uint64_t now_s);          // a relay has said that stage 0 went out, and no more
  Fact receipt(View person, bool seen, std::uint64_t now_s);  // of somebody who was woken
  Fact pressed_again(std::uint32_t times, std::uint64_t now_s);
  Fact own_ending(std::uint64_t now_s);  // End was answered, whichever it was: the same on this screen

  // ---- somebody else's
  struct Came {
    bool first = false;  // not known before: ring
    bool again = false;  // known, from a later round or pressed again: ring again, not a second alert
    bool pressed_again = false;
  };
  // A stage copy was opened; 'yours': its your_secrets, likewise; 'delivery' is what the relay said outside the seal. Checks that
  // the alert is of this vigil.
  Came copy(const content::Alert& alert, const std::optional<e2ee::ResponderSecrets>& yours, const wire::Delivery& delivery,
            View root, std::uint64_t now_s);
  // The same copy came again in another round; it could not be opened twice.
  Came copy_again(View vigil_id, const wire::Delivery& delivery, std::uint64_t now_s);
  // 'said_s': the writer's clock, here and below.
  Fact ending(bool forced, std::uint64_t said_s, std::uint64_t now_s);
  Fact says_all_clear(View person, std::string_view note, std::uint64_t said_s, std::uint64_t now_s);
  void seen_here(std::uint64_t now_s);  // a person pressed a key

  // ---- between responders: 'person' wrote it; 'own': this device's owner. The mac has been checked, or is checked again by
  // timeline.hpp; the same words twice are one mark.
  Fact mark(View person, bool own, const content::Mark& mark, std::uint64_t now_s);
  Fact note(View person, bool own, const content::Note& note, std::uint64_t now_s);
  Fact muted(View person, bool own, std::uint64_t until_s, std::uint64_t said_s, std::uint64_t now_s);

  // ---- both
  // Times in 'delivery' are the relay's, turned into this device's (listening.cpp).
  Fact notice(View vigil_id, const wire::Delivery& delivery, std::uint64_t now_s);
  void names(const google::protobuf::RepeatedPtrField<std::string>& names);
  // The relay answered an own Answering (or giving back).
  Fact answered(View vigil_id, std::uint32_t step, const wire::LeaseState& lease, std::uint64_t now_s);

  // 'heard_s': when a relay last said something after everything that waited had been read; 0 = not lately.
  AlertView view(std::uint64_t now_s, std::uint64_t heard_s) const;
  // "" when not known.
  std::string name_of(std::uint32_t index) const;
  bool over() const;

 private:
  record::VigilRecord* vigil(View vigil_id);
  record::VigilRecord& vigil_or_new(View vigil_id, View root);
  Fact act(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s);
  void note_over(std::uint64_t now_s);
  Fact close(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s);
  Fact lapse(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s);
  void prove_own(const record::VigilRecord& vigil, const wire::Released& released);
  // Nothing when the timeline is full.
  record::Entry* entry(record::Entry::Kind kind, std::uint64_t at_s, std::uint64_t now_s);
  void act_entry(record::Entry::Kind kind, const record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s);
  void check_waiting(record::VigilRecord& vigil, std::uint64_t now_s);
  struct Holder {
    const record::ActRecord* act = nullptr;
    const record::VigilRecord* vigil = nullptr;
  };
  Holder holder(std::uint64_t now_s) const;
  std::uint64_t silent_since(std::uint64_t now_s) const;

  record::AlertRecord record_;
};

inline Bytes id_of(const AlertState& alert) {
  const View id = view(alert.record().alert_id());
  return {id.begin(), id.end()};
}

}  // namespace vigil::client
