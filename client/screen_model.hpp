// What is true about everything that goes on, as plain values for a screen: out of the alerts' records, before any layout
// (render.hpp). Client only; pure: no clock, no network, no files; any thread.
//
// Invariant: every field follows from a verified fact or says that it is not known. Names and texts are printable already.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/alert_state.hpp"
#include "client/fixes.hpp"
#include "proto/limits.hpp"

namespace vigil::client {

// When a relay wakes people again, as its greeting tells (wire.Limits).
struct Rounds {
  std::vector<std::uint32_t> first_s{limits::first_rounds_s.begin(), limits::first_rounds_s.end()};
  std::uint32_t hourly = limits::hourly_rounds;
  std::uint32_t late_s = limits::late_round_s;

  static Rounds of(const wire::Limits& told);
  std::uint32_t gap_s(std::uint32_t round_over) const;  // from the last tier of this round to the first of the next
};

struct Next {
  enum class Kind : std::uint8_t {
    nothing,    // it is over
    not_known,  // no relay was heard lately, or nothing says it
    lapse,      // the answer ends at 'at_s' unless it is said again; then the next people are woken
    tier,       // 'tier' is woken at 'at_s'
    round,      // everybody again at 'at_s'
    hold,       // goes out at 'at_s'
  };
  Kind kind = Kind::not_known;
  std::uint64_t at_s = 0;
  std::uint32_t tier = 0;   // from 1
  std::uint32_t round = 0;  // from 1
  std::vector<std::string> names{};
  bool operator==(const Next&) const = default;
};

struct MarkLine {
  std::uint64_t at_s = 0;
  content::Mark::Kind kind = content::Mark::UNSET;  // UNSET: a note
  std::string who, where, how, text;
};

struct AlertPanel {
  Bytes alert_id;
  std::string name;  // whose
  bool hers = false;
  bool drill = false;
  bool seen = false;  // a key was pressed here
  bool checkin = false;
  std::uint64_t pressed_s = 0;
  std::uint32_t pressed_again = 0;
  std::string note;
  AlertView view;
  std::string answerer;  // view.index's name; "" when not known
  std::optional<Fix> place;
  Next next;
  std::uint32_t all_clear_said = 0;  // people who say so; two end it
  std::vector<std::string> actions;
  std::string station_name, medication, phrase_free, phrase_forced;
  std::vector<std::string> never_tell;
  std::vector<MarkLine> marks;        // marks and notes, the newest first
  std::vector<std::string> muted_by;  // "Dana until 15:02"
  std::uint64_t muted_here_until_s = 0;
};

struct NewsLine {
  std::uint64_t at_s = 0;
  std::string text;
  bool loud = false;
};

struct ScreenModel {
  std::uint64_t now_s = 0;
  std::uint64_t heard_s = 0;       // 0 = no relay has been heard yet
  std::vector<AlertPanel> alerts;  // those that are on, the newest first; forced ones before all
  std::size_t chosen = 0;
  std::vector<std::string> troubles;  // what could not be opened or proved; stays until a key is pressed
  std::vector<std::string> people;    // shares and check-ins, a line each
  std::vector<NewsLine> news;         // the newest last
  bool ringing = false;
  std::string question;  // what is being asked; then 'typed' is shown after it
  std::string typed;
};

// How people of this device are called; "" = not known here.
using NameOf = std::function<std::string(View identity)>;

AlertPanel panel_of(const AlertState& alert, const NameOf& name_of, const Rounds& rounds, std::uint64_t now_s,
                    std::uint64_t heard_s);

// Also what the timeline calls a responder: by the alert's own list, or by who this device knows.
std::string who_did(const AlertState& alert, const record::Entry& entry, const NameOf& name_of);

}  // namespace vigil::client
