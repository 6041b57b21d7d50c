// What a delivery, a key or a relay's silence means to a person: plain values out of inbox.cpp and listening.cpp, shown by
// show_news as a sentence or a JSON line. Names are printable already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/alert_state.hpp"
#include "client/screen.hpp"

namespace vigil::client {

struct Account;

struct News {
  enum class Kind : std::uint8_t {
    alert,      // somebody's alert, new or again
    receipt,    // a phone has it, or a person has seen it
    notice,     // somebody answered, gave back, fell silent, or two closed it
    ending,     // she has ended it herself, or was forced to
    all_clear,  // one person says so
    text,
    written_again,  // she could not open something of ours: it went out again
    press_again,    // she could not open our alert
    cannot_open,
    sharing,   // she shows where her phone is, or no longer
    place,     // of her phone
    check_in,  // begun, goes on, ended, or forced
    unproved,  // a relay's word about an alert without its proof
    asked,     // somebody asks whether her alert may wake this member
    consent,   // what somebody says about being woken by this member's
    plan,      // of an alert: what she wants told now
    plan_kept,
    booking,     // of a drill, for a lawyer
    told,        // another responder: a mark, a note, or that she has silenced the person
    told_wrong,  // its MAC is wrong, or it is about no alert that is known here
  };
  Kind kind = Kind::text;
  std::string name{};  // whose
  Bytes alert_id{};
  Bytes content_id{};
  content::Alert alert{};
  std::uint32_t round = 0, stage = 0;
  bool first = false;
  bool rings = true;    // alert: she may be woken by this person, now
  bool drill = false;   // everything but an alert, which says it itself
  bool seen = false;    // receipt
  bool forced = false;  // ending
  wire::Released::Act act = wire::Released::ACT_UNSET;
  std::string other{};
  std::uint32_t lease_s = 0;
  std::string text{};  // text, note of an all-clear
  std::uint64_t written_s = 0;
  content::Consent consent{};
  content::Plan plan{};
  bool lawyer = false;         // asked
  std::uint64_t at_s = 0;      // booking
  bool cancelled = false;      // booking
  content::Mark mark{};        // told
  std::uint64_t until_s = 0;   // told: silenced until then
  bool pressed_again = false;  // alert: known, and she has just pressed once more
  bool many_silent = false;    // alert: of a check-in, and many fell silent at the same time
  content::CheckIn check_in{};
  content::Sharing sharing{};
  content::Fix fix{};  // place
  bool exact = false;  // place
};

void show_news(Screen& screen, const News& news, std::uint64_t now_s);
// Of check-ins and places (news_watch.cpp).
void show_watch_news(Screen& screen, const News& news, std::uint64_t now_s);
// Check-ins and shares of others that are going on, a sentence each, for the full screen.
std::vector<std::string> watched_people(Account& account, std::uint64_t now_s);
// The alert as it lies in the book, for a screen that was not there when it came.
// A line about this alert: its id, and that it is a drill.
JsonLine line_of(std::string_view event, const AlertState& alert, std::uint64_t now_s);
News news_of(const AlertState& alert, const std::string& name);
// Her plan, if it is open in the record.
News plan_news_of(const AlertState& alert, const std::string& name);

// This device's clock against a relay's.
void show_clock_off(Screen& screen, std::int64_t off_s, std::uint64_t now_s);
// Responders whose every relay refuses the address they gave.
void show_unreachable(Screen& screen, const std::vector<std::string>& names, std::uint64_t now_s);
// The state of an alert, in the design's words; 'name' = whose alert it is.
void show_state(Screen& screen, const AlertState& alert, const AlertView& view, std::uint64_t now_s);
std::string state_words(const AlertState& alert, const AlertView& view);
// 'name': who is answering, "" when not known.
std::string state_words(const AlertView& view, const std::string& name);

}  // namespace vigil::client
