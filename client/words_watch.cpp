#include "client/words_watch.hpp"

#include <fmt/format.h>

#include "client/words.hpp"

namespace vigil::client::words {

std::string bad_period() {
  return "A check-in and its grace are 10 seconds to 24 hours together.";
}
std::string check_in_runs_already() {
  return "A check-in is running already. End it first: vigil checkin stop";
}
std::string no_check_in() {
  return "No check-in is running.";
}
std::string check_in_kept_watch(std::string_view clock, std::size_t relays) {
  return relays == 1 ? fmt::format("The relay keeps watch. Silence counts from {}.", clock)
                     : fmt::format("{} relays keep watch. Silence counts from {}.", relays, clock);
}
std::string check_in_not_watched() {
  return "NOBODY IS KEEPING WATCH: no relay has your check-in yet. It is tried again and again while any vigil command runs.";
}
std::string check_in_refused() {
  return "NOBODY IS KEEPING WATCH: the relay does not take this check-in, and nothing was kept. Who cannot be reached: vigil "
         "ready";
}
std::string check_in_ok(std::string_view clock) {
  return fmt::format("Silence counts from {} now.", clock);
}
std::string check_in_ok_failed(std::string_view clock) {
  return fmt::format("NOT SENT: no relay answers. Silence still counts from {}. Say it again as soon as there is a network.",
                     clock);
}
std::string check_in_over() {
  return "This check-in is over. To begin another: vigil checkin start";
}
std::string check_in_stopped() {
  return "The check-in has ended. Nobody waits for you.";
}
std::string check_in_stop_waits() {
  return "NOT SENT YET: no relay answers, so silence still counts. It goes out as soon as any vigil command reaches a relay.";
}
std::string check_in_last_answer(std::string_view age) {
  return fmt::format("The relay last said so {} ago.", age);
}
std::string check_in_reminder(std::uint64_t left_s) {
  return left_s == 0 ? "Silence counts NOW. If you are safe: vigil checkin ok"
                     : fmt::format("Silence counts in {}. If you are safe: vigil checkin ok", age(left_s));
}
std::string own_check_in_fired() {
  return "Your silence has been told: your people are being woken. If you are safe: vigil checkin stop";
}
std::string keep_a_place_running() {
  return "To be reminded, and to keep your last places fresh: leave `vigil listen` or `vigil checkin watch` running.";
}

std::string check_in_begun(std::string_view name, std::string_view clock) {
  return fmt::format("{}'s check-in: silence counts from {}.", name, clock);
}
std::string check_in_goes_on(std::string_view name, std::string_view clock) {
  return fmt::format("{} has checked in. Silence counts from {}.", name, clock);
}
std::string check_in_ended(std::string_view name) {
  return fmt::format("{} has ended her check-in with her PIN.", name);
}
std::string check_in_forced(std::string_view name) {
  return fmt::format("{}: FORCED TO CHECK IN. Do not call or write to her.", name);
}
std::string check_in_silent(std::string_view name, std::string_view clock, std::string_view age) {
  return fmt::format("NO SIGN OF {}. Her check-in is silent; last heard from at {}, {} ago.", name, clock, age);
}
std::string many_silent() {
  return "Many phones fell silent at the same time: perhaps it is the network.";
}
std::string nobody_keeps_watch(std::size_t people) {
  return people == 1 ? "NOBODY IS KEEPING WATCH over 1 person" : fmt::format("NOBODY IS KEEPING WATCH over {} people", people);
}
std::string watch_is_kept_again() {
  return "The relay keeps watch again.";
}

std::string share_goes_on(std::string_view names, std::string_view until, bool exact) {
  return fmt::format("{} can see {} until {}. To end it: vigil share stop", names,
                     exact ? "where this phone is" : "where this phone is, to about 1 km,", until);
}
std::string share_begun(std::string_view names, std::string_view until, bool exact) {
  return fmt::format("{} can see {} until {}. Ctrl-C or `vigil share stop` ends it.", names,
                     exact ? "where this phone is" : "where this phone is, to about 1 km,", until);
}
std::string share_extended(std::string_view until) {
  return fmt::format("It goes on until {}.", until);
}
std::string share_ended() {
  return "The share has ended.";
}
std::string share_asks(std::string_view extra) {
  return fmt::format("The share is about to end. Go on for {} more? [yes/no] ", extra);
}
std::string share_runs_already() {
  return "A share is running already. End it first: vigil share stop";
}
std::string no_share() {
  return "Nobody sees where this phone is.";
}
std::string no_fix_source() {
  return "Say where the places come from: --fix FILE, --nmea -, --geojson - or --gpsd.";
}
std::string share_exact_now() {
  return "Your alert is on: the people it wakes see exactly where this phone is, until it is over.";
}
std::string share_with_whom() {
  return "Say with whom: a tier's number, or a name of `vigil contacts`.";
}
std::string ask_share_with() {
  return "With whom? A tier's number, or names as in `vigil contacts`, separated by commas: ";
}
std::string she_shares(std::string_view name, std::string_view until, bool exact, std::string_view seen_by) {
  const std::string_view how = exact ? "exactly" : "to about 1 km";
  return seen_by.empty()
             ? fmt::format("{} shows you where her phone is, {}, until {}.", name, how, until)
             : fmt::format("{} shows you where her phone is, {}, until {}. Others who see it: {}.", name, how, until, seen_by);
}
std::string she_shares_no_more(std::string_view name) {
  return fmt::format("{} no longer shows where her phone is.", name);
}
std::string her_place(std::string_view name, std::string_view coordinates, std::string_view age, bool exact) {
  return fmt::format("{}'s phone was {} {}, {} ago.", name, exact ? "at" : "within about 1 km of", coordinates, age);
}
std::string trail_point(std::string_view clock, std::string_view coordinates, bool exact) {
  return fmt::format("{}  {}{}", clock, coordinates, exact ? "" : "  (about 1 km)");
}
std::string trail_gap(std::uint64_t seconds) {
  return fmt::format("       nothing was heard for {}", age(seconds));
}
std::string no_trail(std::string_view name) {
  return fmt::format("Nothing is known of where {}'s phone is.", name);
}

}  // namespace vigil::client::words
