// Sentences of joining, meeting, contacts and tiers; the others are in words.cpp.
#include <fmt/format.h>

#include "client/words.hpp"

namespace vigil::client::words {

// ---- joining, meeting, contacts, tiers

std::string ask_invite() {
  return "Invite (vigil:join:...): ";
}
std::string ask_pin() {
  return "PIN: ";
}
std::string ask_new_pin() {
  return "New PIN (at least 6 characters; nobody can restore it): ";
}
std::string ask_new_pin_again() {
  return "The same PIN again: ";
}
std::string ask_own_name() {
  return "What should others see as your name? (may be empty) ";
}
std::string ask_whom() {
  return "Whom? The name as in `vigil contacts`: ";
}
std::string ask_their_name() {
  return "Name for this person on your screen: ";
}
std::string ask_their_name_or(std::string_view proposed) {
  return fmt::format("Name for this person on your screen (empty = {}): ", proposed);
}
std::string ask_card() {
  return "Card (vigil:card:...): ";
}
std::string ask_text() {
  return "Text: ";
}
std::string ask_note() {
  return "Note (may be empty): ";
}
std::string ask_words_agree() {
  return "Does the other screen show the same three words? [yes/no] ";
}
std::string ask_tier(std::uint32_t tier) {
  return fmt::format("Tier {}: names, separated by commas{}: ", tier, tier == 1 ? "" : " (empty = no more tiers)");
}
std::string ask_tier_after(std::uint32_t tier) {
  return fmt::format("Tier {} is woken how many seconds after the one before it? ", tier);
}
std::string joined() {
  return "You have joined. Next: meet somebody (`vigil card` on one device, `vigil meet` on the other).";
}
std::string already_joined() {
  return "There is a profile here already. Use another place with --home, or delete the folder first.";
}
std::string card_shown(std::string_view until) {
  return fmt::format("Show this to one person only. It works once, until {}. On the other device: vigil meet", until);
}
std::string three_words(std::string_view three) {
  return fmt::format("Three words: {}", three);
}
std::string met(std::string_view name) {
  return fmt::format("{} is now your contact, checked in person.", name);
}
std::string words_differ() {
  return "Different words mean that somebody is in between. Nothing was kept. Meet again with a new card, and compare the words "
         "aloud.";
}
std::string card_nobody_came() {
  return "Nobody used the card within its ten minutes. Make a new one with `vigil card`.";
}
std::string waiting_for_them() {
  return "Waiting for the other person to say that the words agree.";
}
std::string they_said_no() {
  return "The other person says that the words differ. Nothing was kept. Meet again with a new card.";
}
std::string no_contacts() {
  return "No contacts yet. `vigil card` on one device, `vigil meet` on the other.";
}
std::string contact_line(std::string_view name, bool checked, bool withdrawn, bool through) {
  if (through) return fmt::format("{}   known from somebody's plan only", name);
  return fmt::format("{}   {}{}", name, checked ? "checked in person" : "not checked",
                     withdrawn ? ", cannot write to you any more" : "");
}
std::string no_such_contact(std::string_view name) {
  return fmt::format("There is no contact called {}. `vigil contacts` lists them; `vigil card` and `vigil meet` make new ones.",
                     name);
}
std::string name_taken(std::string_view name) {
  return fmt::format("You have a contact called {} already. Choose another name.", name);
}
std::string bad_name() {
  return "A name has 1 to 20 bytes and no control characters.";
}
std::string ask_withdraw(std::string_view name) {
  return fmt::format("{} will not be able to write to you or wake you. To undo it you must meet again. Sure? [yes/no] ", name);
}
std::string not_withdrawn(std::string_view name) {
  return fmt::format("Nothing was changed: {} can still write to you.", name);
}
std::string withdrawn_from(std::string_view name) {
  return fmt::format("{} cannot write to you any more. Everybody else still can.", name);
}
std::string withdrawn_here_only(std::string_view name) {
  return fmt::format(
      "No relay answers. Nothing from {} is shown here any more; the relay is told as soon as one answers. Leave `vigil listen` "
      "running.",
      name);
}
std::string out_of_tiers(std::string_view name) {
  return fmt::format("{} is no longer woken by your alerts.", name);
}
std::string still_in_running_alert(std::string_view name) {
  return fmt::format("An alert of yours is going on, and {} still hears of it. If that is wrong: vigil cancel, then vigil alert.",
                     name);
}
std::string tiers_set(std::uint32_t responders, std::uint32_t tiers) {
  return fmt::format("{} people in {} tiers. Alerts are ready on this device; pressing needs no PIN.", responders, tiers);
}
std::string tiers_none() {
  return "Nobody would be woken. Choose who: vigil tiers set";
}
std::string tier_line(std::uint32_t tier, std::uint32_t after_s, std::string_view names) {
  return tier == 1 ? fmt::format("Tier 1, at once: {}", names) : fmt::format("Tier {}, {} later: {}", tier, age(after_s), names);
}
std::string tier_unchecked(std::string_view name) {
  return fmt::format("{} was not checked in person and cannot be woken. Meet again, or say --unchecked if you know what you do.",
                     name);
}
std::string tier_twice(std::string_view name) {
  return fmt::format("{} is in two tiers. One is enough: every round wakes all tiers.", name);
}
std::string tier_too_many(std::size_t responders_max, std::size_t tiers_max) {
  return fmt::format("At most {} people in {} tiers.", responders_max, tiers_max);
}
std::string tier_bad_delay() {
  return "A delay is a number of seconds, 1 to 86400.";
}
std::string text_from(std::string_view name, std::string_view clock, std::string_view text) {
  return fmt::format("{} {}: {}", clock, name, text);
}
std::string received_by(std::string_view name) {
  return fmt::format("{} has your message.", name);
}
std::string ask_to_write_again(std::string_view name) {
  return fmt::format("{} could not open something of yours: write or press again.", name);
}
std::string written_again(std::string_view name) {
  return fmt::format("{} could not open your message: it goes out again.", name);
}
std::string their_phone_has_it(std::string_view name) {
  return fmt::format("{}: the alert is on that phone", name);
}
std::string they_have_seen_it(std::string_view name) {
  return fmt::format("{} has seen it", name);
}

}  // namespace vigil::client::words
