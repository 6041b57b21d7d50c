// Sentences of being asked whether an alert may wake one, of duty, plans and booked drills; the others are in words.cpp.
#include <fmt/format.h>

#include "client/words.hpp"

namespace vigil::client::words {

// ---- responders by consent, plans, drills

std::string asks_you(std::string_view name, bool lawyer) {
  return lawyer ? fmt::format("{} asks whether her alert may wake you, as her lawyer.", name)
                : fmt::format("{} asks whether her alert may wake you.", name);
}
std::string how_to_accept(std::string_view name) {
  return fmt::format("Yes: vigil duty accept [--days mon-fri] [--hours 22-8]. No: vigil duty decline. It asks whom: {}.", name);
}
std::string has_accepted(std::string_view name, std::string_view hours) {
  return fmt::format("Your alert may wake {}: {}.", name, hours);
}
std::string has_declined(std::string_view name) {
  return fmt::format("Your alert may not wake {}.", name);
}
std::string is_off_duty(std::string_view name, std::string_view until) {
  return until.empty() ? fmt::format("{} is off duty.", name) : fmt::format("{} is off duty until {}.", name, until);
}
std::string is_on_duty(std::string_view name) {
  return fmt::format("{} is on duty again.", name);
}
std::string has_left(std::string_view name) {
  return fmt::format("{} is no longer among your people. Your alert does not wake her any more.", name);
}
std::string tier_empty(std::uint32_t tier) {
  return fmt::format("NOBODY IN TIER {} WOULD BE WOKEN NOW. Ask somebody else: vigil ask", tier);
}
std::string shown_not_rung() {
  return "It does not ring here: you have not accepted, are off duty, have silenced her, or these are not your hours.";
}
std::string asked_her(std::string_view name) {
  return fmt::format("{} is asked. The answer comes to `vigil listen`.", name);
}
std::string ask_her_first(std::string_view name) {
  return fmt::format("{} has not said that your alert may wake her. Ask her first: vigil ask (it asks whom).", name);
}
std::string has_not_asked(std::string_view name) {
  return fmt::format("{} has not asked you. Who has: vigil duty show", name);
}
std::string only_through(std::string_view name) {
  return fmt::format("You know {} only from somebody's plan. Meet first: `vigil card` and `vigil meet`.", name);
}
std::string you_accepted(std::string_view name, std::string_view hours) {
  return fmt::format("The alert of {} may wake you: {}. Leave `vigil listen` running.", name, hours);
}
std::string you_declined(std::string_view name) {
  return fmt::format("The alert of {} does not wake you.", name);
}
std::string you_left(std::string_view name) {
  return fmt::format("You are no longer among the people of {}. You need not explain it.", name);
}
std::string you_are_off_duty(std::string_view until) {
  return until.empty() ? "You are off duty. Back: vigil duty on" : fmt::format("You are off duty until {}.", until);
}
std::string you_are_on_duty() {
  return "You are on duty.";
}
std::string no_duties() {
  return "Nobody has asked whether an alert may wake you.";
}
std::string duty_line(std::string_view name, std::string_view what) {
  return fmt::format("{}   {}", name, what);
}
std::string duty_asked() {
  return "asks, and waits for your answer";
}
std::string duty_accepted(std::string_view hours) {
  return fmt::format("may wake you: {}", hours);
}
std::string duty_off(std::string_view until) {
  return until.empty() ? "you are off duty" : fmt::format("you are off duty until {}", until);
}
std::string duty_left() {
  return "does not wake you";
}
std::string bad_days() {
  return "Days are written like mon-fri or sat,sun.";
}
std::string bad_hours() {
  return "Hours are written like 22-8 or 22:30-7:15.";
}
std::string bad_duration() {
  return "A time is written like 30m, 8h or 2d.";
}
std::string day(std::uint32_t day) {
  static constexpr std::string_view names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return std::string(names[day % 7]);
}
std::string every_day() {
  return "every day";
}
std::string the_whole_week() {
  return "the whole week";
}
std::string ask_plan_action(int number) {
  return fmt::format("What are your people to do, {} of 3? ", number);
}
std::string ask_plan_station() {
  return "Which name are they to ask for when they call a police station? ";
}
std::string ask_plan_medication() {
  return "What must be known about your medication or health? ";
}
std::string ask_plan_never_tell() {
  return "Who is never to be told, separated by commas? ";
}
std::string ask_plan_phrase_free() {
  return "A phrase that you say on the phone when you speak freely: ";
}
std::string ask_plan_phrase_forced() {
  return "A phrase that you say when somebody listens: ";
}
std::string plan_keeps_empty() {
  return "An empty line leaves it as it is; a single - removes it.";
}
std::string plan_edited(std::size_t people) {
  return fmt::format(
      "Your plan is kept. It goes sealed to {} people; they can read it only when a real alert of yours brings the key.", people);
}
std::string plan_action(int number, std::string_view action) {
  return fmt::format("Do {}: {}", number, action);
}
std::string plan_people(std::string_view names) {
  return fmt::format("Her people: {}", names);
}
std::string plan_empty() {
  return "Your plan has no texts yet: vigil plan edit";
}
std::string plan_not_there(std::string_view name) {
  return fmt::format("The phone of {0} has not said that it has your plan. Ask {0} to run `vigil listen`.", name);
}
std::string plan_without_actions() {
  return "Your plan does not say what your people are to do first: vigil plan edit";
}
std::string plan_without_phrases() {
  return "Your plan has no two phrases (free, forced): vigil plan edit";
}
std::string plan_without_lawyer() {
  return "There is no lawyer in your tiers. If you have one: vigil ask --lawyer";
}
std::string nobody_covers(std::string_view range) {
  return fmt::format("Nobody in tier 1 may be woken: {}. Ask somebody for these hours.", range);
}
std::string drill_mark() {
  return "DRILL:";
}
std::string drill_booked(std::string_view name, std::string_view clock) {
  return fmt::format("{} has booked a drill with you: {}. Nobody is in danger then.", name, clock);
}
std::string drill_unbooked(std::string_view name, std::string_view clock) {
  return fmt::format("{} has called off the drill at {}.", name, clock);
}

}  // namespace vigil::client::words
