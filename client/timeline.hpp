// The timeline of an alert: what happened, who says so, when, and what shows it. Out of the alert's record; pure (no clock, no
// files). Used by commands/timeline and the tests.
//
// What a check proves: that nothing was changed on its way to this device. Not who wrote it, to a third person: a pairwise MAC
// could have been made by its reader too. Every export says so.
#pragma once

#include <string>
#include <vector>

#include "client/screen_model.hpp"
#include "crypto/e2ee/identity.hpp"

namespace vigil::client {

enum class Proof : std::uint8_t {
  token,       // a step of the answer chain whose head lies sealed in the alert
  two_tokens,  // both close secrets
  mac,         // pairwise
  sealed,      // came in a session with this person; nothing is left to check again
  relay,       // only the relay's word
  own,         // done on this device
  not_kept,    // own answer whose notice has not come back
  wrong,       // a check failed
};

struct Moment {
  record::Entry::Kind kind = record::Entry::UNSET;
  std::uint64_t at_s = 0;    // the writer's clock
  std::uint64_t here_s = 0;  // this device's
  std::string who;
  std::string words;
  Proof proof = Proof::relay;
};

struct Timeline {
  std::string title;
  std::vector<Moment> moments;  // by time, then in the order in which they came
  bool full = false;            // more happened than is kept
  std::size_t checked = 0, wrong = 0;
};

// Every MAC and token is checked again. 'own': this device's identity.
Timeline timeline_of(const AlertState& alert, const e2ee::Identity& own, const NameOf& name_of);

// "2026-11-25 03:12:07" in UTC.
std::string utc_text(std::uint64_t at_s);
std::string proof_words(Proof proof);
std::string_view kind_name(record::Entry::Kind kind);
std::string_view proof_name(Proof proof);

// One self-contained page, no scripts, nothing loaded: text, or HTML. Everything of others in it is escaped.
std::string page_as_text(const Timeline& timeline);
std::string page_as_html(const Timeline& timeline);

// A mark or note as its MAC covers it.
std::string body_of(content::Mark mark);
std::string body_of(content::Note note);

}  // namespace vigil::client
