#include "client/words.hpp"

#include <fmt/format.h>

namespace vigil::client::words {
namespace {

std::string how_long(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} S", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} MIN", seconds / 60);
  return fmt::format("{} H", seconds / 3600);
}

std::string in_time(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

}  // namespace

// ---- states of an alert

std::string not_sent_yet() {
  return "NOT SENT YET";
}
std::string waits_on_relay(std::uint32_t hold_s) {
  return fmt::format("waits {} s on the relay", hold_s);
}
std::string on_relay_unseen() {
  return "on the relay, nobody has seen it";
}
std::string on_phones(std::uint32_t phones) {
  return phones == 1 ? "on 1 phone" : fmt::format("on {} phones", phones);
}
std::string seen_by(std::uint32_t people) {
  return fmt::format("seen by {}", people);
}
std::string answering(std::string_view name) {
  return fmt::format("{} is answering", name);
}
std::string until(std::string_view words, std::string_view clock) {
  return fmt::format("{} until {}", words, clock);
}
std::string you_are_answering() {
  return "you are answering";
}
std::string nobody_answered(std::uint64_t silent_s, std::uint32_t round) {
  // Just after an answer ran out or was given back, a number of seconds would be nonsense.
  const std::string for_so_long = silent_s < 60 ? "NOBODY IS ANSWERING" : "NOBODY HAS ANSWERED FOR " + how_long(silent_s);
  return round < 2 ? for_so_long : fmt::format("{}, round {}", for_so_long, round);
}
std::string all_clear() {
  return "all clear";
}
std::string forced_to_cancel() {
  return "FORCED TO CANCEL. Do not call or write to her.";
}
std::string cannot_be_reached(std::string_view name) {
  return fmt::format("{} cannot be reached", name);
}
std::string cannot_be_opened(std::string_view name) {
  return fmt::format("from {}, cannot be opened: call her", name);
}
std::string unanswered() {
  return "no answer is known yet";
}

// ---- an alert on a responder's screen

std::string alert_from(std::string_view name, std::string_view clock, std::string_view age) {
  return fmt::format("ALERT from {}. Pressed at {}, {} ago.", name, clock, age);
}
std::string drill_from(std::string_view name, std::string_view clock, std::string_view age) {
  return fmt::format("DRILL (nobody is in danger) from {}. Pressed at {}, {} ago.", name, clock, age);
}
std::string her_clock_is_ahead() {
  return "The clock of one of the two phones is wrong: the time of the press is not known.";
}
std::string pressed_again(std::uint32_t times) {
  return fmt::format("She has pressed again ({} more).", times);
}
std::string place_is(std::string_view coordinates, std::string_view age, std::string_view accuracy) {
  return fmt::format("Her phone was at {}, {} ago{}.", coordinates, age, accuracy);
}
std::string within_metres(std::uint32_t metres) {
  return fmt::format(", within about {} m", metres);
}
std::string moving(std::uint32_t kmh, std::string_view towards) {
  return towards.empty() ? fmt::format("It was moving at {} km/h.", kmh)
                         : fmt::format("It was moving at {} km/h towards {}.", kmh, towards);
}
std::string compass(std::uint32_t heading_deg) {
  static constexpr std::string_view names[] = {"north", "north-east", "east", "south-east",
                                               "south", "south-west", "west", "north-west"};
  return heading_deg >= 360 ? std::string() : std::string(names[((heading_deg + 22) % 360) / 45]);
}
std::string battery(std::uint32_t percent) {
  return fmt::format("Its battery had {} %.", percent);
}
std::string place_unknown() {
  return "Her phone did not know where it was.";
}
std::string age(std::uint64_t seconds) {
  return in_time(seconds);
}
std::string ring_again(std::string_view name, std::uint32_t round) {
  return fmt::format("The same alert from {} again: nobody has answered, round {}.", name, round);
}
std::string how_to_answer(std::string_view alert) {
  return fmt::format("To say that you are answering: vigil answer {}", alert);
}
std::string press_a_key() {
  return "Press any key to say that you have seen it.";
}
std::string you_have_seen_it() {
  return "She will see that it was seen.";
}
std::string gave_back(std::string_view name) {
  return fmt::format("{} has given the answer back. The next people are being woken.", name);
}
std::string lapsed(std::string_view name) {
  return fmt::format("Nothing more was heard from {}. The next people are being woken.", name);
}
std::string says_all_clear(std::string_view name, std::string_view note) {
  return note.empty() ? fmt::format("{} says: all clear.", name) : fmt::format("{} says: all clear. {}", name, note);
}
std::string her_own_ending(std::string_view name) {
  return fmt::format("{} has ended the alert with her PIN.", name);
}
std::string unverifiable(std::string_view name) {
  return fmt::format("The relay says something about the alert of {} that it cannot prove. Do not rely on it: call the others.",
                     name);
}

// ---- pressing, cancelling

std::string pressing() {
  return "Alert. You need not do anything else.";
}
std::string cancel_within(std::uint32_t hold_s) {
  return fmt::format("To cancel within {} s: vigil cancel", hold_s);
}
std::string ctrl_c_does_not_cancel() {
  return "Ctrl-C does not cancel the alert, it only closes this screen. To cancel: vigil cancel";
}
std::string kept_in_outbox() {
  return "No relay answers. The alert lies on this device and goes out as soon as any vigil command reaches a relay. Leave "
         "`vigil listen` running.";
}
std::string refused_everywhere() {
  return "None of your people can be reached: the relay does not take this alert. It lies on this device and is tried again "
         "every 10 minutes for 2 hours. Call somebody.";
}
std::string sent_from_outbox(std::string_view what) {
  return fmt::format("Sent now: {}", what);
}
std::string an_alert() {
  return "the alert";
}
std::string a_message_to(std::string_view name) {
  return fmt::format("your message to {}", name);
}
std::string given_up(std::string_view name) {
  return fmt::format("{} could not be reached for 2 hours. Vigil has stopped trying: find another way.", name);
}
std::string alert_given_up() {
  return "No relay has taken your alert for 2 hours. Vigil has stopped trying: find another way, or press again.";
}
std::string ending_given_up() {
  return "The relay has refused your ending for 2 hours. Your people may still be woken: tell them yourself.";
}
std::string cannot_be_sent(std::string_view what) {
  return fmt::format("The relay does not understand {}. Update Vigil, then write or press again.", what);
}
std::string cancel_done() {
  return "Cancelled.";
}
std::string cancel_waits() {
  return "NOT SENT YET: no relay answers. It goes out as soon as any vigil command reaches a relay. Leave `vigil listen` "
         "running.";
}
std::string nothing_to_cancel() {
  return "There is no alert of yours to cancel.";
}
std::string no_prepared_alert() {
  return "No alert is ready on this device. Choose who is woken with `vigil tiers set` (needs your PIN), then try again.";
}
std::string note_cut(std::size_t bytes_max) {
  return fmt::format("The note was too long; its first {} bytes were sent.", bytes_max);
}
std::string no_valid_fix() {
  return "No valid place was found in what --fix gave; the alert goes out without one.";
}

// ---- answering

std::string yours(std::uint32_t lease_s) {
  return fmt::format("You are answering. The others have been told. Say it again within {}, or the next people are woken.",
                     in_time(lease_s));
}
std::string somebody_elses(std::string_view name) {
  return name.empty() ? "Somebody else is answering already." : fmt::format("{} is answering already.", name);
}
std::string given_back() {
  return "Given back. The next people are being woken.";
}
std::string close_counted() {
  return "Your all-clear counts. The alert ends when one more person says so.";
}
std::string close_waits() {
  return "NOT SENT YET: no relay answers. Your all-clear goes out as soon as any vigil command reaches a relay.";
}
std::string no_such_alert() {
  return "There is no such alert here. `vigil status` lists those that are going on.";
}
std::string which_alert() {
  return "More than one alert is going on. Say which: `vigil status` lists them.";
}
std::string alert_over() {
  return "This alert is over.";
}

// ---- listening, the link, the house

std::string locked_by_press() {
  return "An alert was pressed, so this profile has locked itself. What is NOT SENT YET still goes out. To read on, type your "
         "PIN.";
}
std::string locked_enter_pin() {
  return "Locked. PIN: ";
}
std::string press_closes_command() {
  return "An alert was pressed, so this profile has locked itself and this command has ended. Start it again with your PIN.";
}
std::string listening() {
  return "Listening. Ctrl-C stops; alerts then wait on the relay until you listen again.";
}
std::string connected(std::string_view relay) {
  return fmt::format("Connected to {}.", relay);
}
std::string dark(std::string_view relay) {
  return fmt::format("{} does not answer. Trying again and again.", relay);
}
std::string displaced() {
  return "Another device reads this mailbox now. If it is not yours, your PIN and device are no longer safe.";
}
std::string online_key_old(std::string_view relay) {
  return fmt::format("The key of {} should have been renewed. It still works; tell its operator (`vigild` renews it).", relay);
}
std::string clock_off(std::int64_t seconds) {
  const bool behind = seconds < 0;
  const auto by = static_cast<std::uint64_t>(behind ? -seconds : seconds);
  return fmt::format("This device's clock is {} {}. Set it right: times in alerts would be wrong.", in_time(by),
                     behind ? "behind the relay's" : "ahead of the relay's");
}
std::string on_alert_failed() {
  return "The command of --on-alert could not be started.";
}
std::string status_line(std::size_t relays, std::size_t contacts, std::size_t prepared, std::size_t outbox) {
  return fmt::format("Relays: {}. Contacts: {}. Alerts ready: {}. NOT SENT YET: {}.", relays, contacts, prepared, outbox);
}
std::string status_locked(std::size_t prepared, std::size_t outbox) {
  return fmt::format("Locked. Alerts ready: {}. NOT SENT YET: {}.", prepared, outbox);
}
std::string one_relay_only() {
  return "All your alerts go to one relay. If it is dark, nobody is woken: join a second one elsewhere.";
}

std::string you() {
  return "you";
}
std::string somebody() {
  return "somebody";
}

// ---- troubles, each with what to do

std::string no_profile(std::string_view home) {
  return fmt::format("Nobody has joined in {}. Ask your operator for an invite and run: vigil join", home);
}
std::string wrong_pin() {
  return "This PIN opens nothing here. Try again. Nobody can restore a forgotten PIN: then join anew.";
}
std::string damaged_profile() {
  return "The profile on this device is damaged. Put back a backup of the whole folder, or join anew; `vigil alert` may still "
         "work.";
}
std::string newer_profile() {
  return "This profile was written by a newer Vigil. Install that version here.";
}
std::string profile_busy() {
  return "Another vigil command is using this profile. Wait for it to finish, then try again.";
}
std::string already_listening() {
  return "`vigil listen` is running for this profile already; this command needs it stopped first.";
}
std::string pins_differ() {
  return "The two PINs differ. Nothing was kept; try again.";
}
std::string pin_too_short() {
  return "A PIN has at least 6 characters.";
}
std::string bad_invite() {
  return "This is not a whole, unchanged invite. Ask your operator to send it again.";
}
std::string old_invite() {
  return "This invite is too old. Ask your operator for a new one. (If it is new: is this device's clock right?)";
}
std::string used_invite() {
  return "The relay does not take this invite: it was used, or is too old. Ask your operator for a new one.";
}
std::string bad_card() {
  return "This is not a whole, unchanged card. Scan or copy it again.";
}
std::string old_card() {
  return "This card is too old: a card works for ten minutes. Ask for a new one. (If it is new: is this device's clock right?)";
}
std::string own_card() {
  return "This is your own card. Show it to the other person.";
}
std::string used_card() {
  return "The relay does not know this card any more: it works once, for ten minutes. Ask for a new one.";
}
std::string withdrawn(std::string_view name) {
  return fmt::format("{} cannot be reached: the relay does not know this address any more. Call, or meet again.", name);
}
std::string no_route() {
  return "No relay answers over any route. Is there a network? Nothing was changed; try again.";
}
std::string wrong_key() {
  return "Somebody between this device and the relay shows a wrong key. Nothing was sent. Use another network, or ask your "
         "operator for a new invite.";
}
std::string relay_busy() {
  return "The relay cannot do it now. Nothing was changed; try again in a minute.";
}
std::string old_version() {
  return "The relay does not understand this version of Vigil. Update it.";
}
std::string bad_bundle(std::string_view name) {
  return fmt::format("The relay gave keys of {} that are not right. Nothing was sent. Try again; if it stays so, meet again.",
                     name);
}
std::string bundle_too_old(std::string_view name) {
  return fmt::format(
      "The keys of {} on the relay are too old, or this device's clock is wrong. Set the clock, or ask {} to run `vigil listen`.",
      name, name);
}
std::string disk_trouble() {
  return "This device's disk is full or failing. Nothing was changed. Make room and try again.";
}
std::string cannot_read(std::string_view path) {
  return fmt::format("{} cannot be read.", path);
}
std::string no_terminal() {
  return "There is no terminal to ask for the PIN. Run it in a terminal, or give the PIN on a file descriptor with --pin-fd.";
}
std::string no_input() {
  return "The input ended before every question was answered. Nothing was changed.";
}
std::string text_too_long(std::size_t bytes_max) {
  return fmt::format("Too long: at most {} bytes.", bytes_max);
}
std::string unexpected() {
  return "Something went wrong inside Vigil. Nothing more is known; please report what you did.";
}

}  // namespace vigil::client::words
