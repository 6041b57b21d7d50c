// Every sentence that people read, in one place, so that other languages can come later. No other file of client/ holds a
// sentence for a screen. Pure functions; any thread. The states of an alert are those of the design, word for word; names in them
// are already printable (terminal.hpp). Never *taken, held, released, stored*: to these readers they mean arrest and prison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::client::words {

// ---- states of an alert
std::string not_sent_yet();
std::string waits_on_relay(std::uint32_t hold_s);
std::string on_relay_unseen();
std::string on_phones(std::uint32_t phones);
std::string seen_by(std::uint32_t people);
std::string answering(std::string_view name);
std::string until(std::string_view words, std::string_view clock);  // »A. is answering« with its end
std::string you_are_answering();
std::string nobody_answered(std::uint64_t silent_s, std::uint32_t round);
std::string all_clear();
std::string forced_to_cancel();
std::string cannot_be_reached(std::string_view name);
std::string cannot_be_opened(std::string_view name);
std::string unanswered();

// ---- an alert on a responder's screen
std::string alert_from(std::string_view name, std::string_view clock, std::string_view age);
std::string drill_from(std::string_view name, std::string_view clock, std::string_view age);
std::string her_clock_is_ahead();
std::string pressed_again(std::uint32_t times);
std::string place_is(std::string_view coordinates, std::string_view age, std::string_view accuracy);
std::string within_metres(std::uint32_t metres);
std::string moving(std::uint32_t kmh, std::string_view towards);
std::string compass(std::uint32_t heading_deg);
std::string battery(std::uint32_t percent);
std::string place_unknown();
std::string age(std::uint64_t seconds);
std::string ring_again(std::string_view name, std::uint32_t round);
std::string how_to_answer(std::string_view alert);
std::string press_a_key();
std::string you_have_seen_it();
std::string gave_back(std::string_view name);
std::string lapsed(std::string_view name);
std::string says_all_clear(std::string_view name, std::string_view note);
std::string her_own_ending(std::string_view name);
std::string unverifiable(std::string_view name);

// ---- pressing, cancelling
std::string pressing();
std::string cancel_within(std::uint32_t hold_s);
std::string ctrl_c_does_not_cancel();
std::string kept_in_outbox();
std::string refused_everywhere();
std::string sent_from_outbox(std::string_view what);
std::string an_alert();
std::string a_message_to(std::string_view name);
std::string given_up(std::string_view name);
std::string alert_given_up();
std::string ending_given_up();
std::string cannot_be_sent(std::string_view what);
std::string cancel_done();
std::string cancel_waits();
std::string nothing_to_cancel();
std::string no_prepared_alert();
std::string note_cut(std::size_t bytes_max);
std::string no_valid_fix();

// ---- answering
std::string yours(std::uint32_t lease_s);
std::string somebody_elses(std::string_view name);
std::string given_back();
std::string close_counted();
std::string close_waits();
std::string no_such_alert();
std::string which_alert();
std::string alert_over();

// ---- joining, meeting, contacts, tiers
std::string ask_invite();
std::string ask_pin();
std::string ask_new_pin();
std::string ask_new_pin_again();
std::string ask_own_name();
std::string ask_whom();
std::string ask_their_name();
std::string ask_their_name_or(std::string_view proposed);
std::string ask_card();
std::string ask_text();
std::string ask_note();
std::string ask_words_agree();
std::string ask_tier(std::uint32_t tier);
std::string ask_tier_after(std::uint32_t tier);
std::string joined();
std::string already_joined();
std::string card_shown(std::string_view until);
std::string three_words(std::string_view three);
std::string met(std::string_view name);
std::string words_differ();
std::string card_nobody_came();
std::string waiting_for_them();
std::string they_said_no();
std::string no_contacts();
std::string contact_line(std::string_view name, bool checked, bool withdrawn, bool through);
std::string no_such_contact(std::string_view name);
std::string name_taken(std::string_view name);
std::string bad_name();
std::string ask_withdraw(std::string_view name);
std::string not_withdrawn(std::string_view name);
std::string withdrawn_from(std::string_view name);
std::string withdrawn_here_only(std::string_view name);
std::string out_of_tiers(std::string_view name);
std::string still_in_running_alert(std::string_view name);
std::string tiers_set(std::uint32_t responders, std::uint32_t tiers);
std::string tiers_none();
std::string tier_line(std::uint32_t tier, std::uint32_t after_s, std::string_view names);
std::string tier_unchecked(std::string_view name);
std::string tier_twice(std::string_view name);
std::string tier_too_many(std::size_t responders_max, std::size_t tiers_max);
std::string tier_bad_delay();
std::string text_from(std::string_view name, std::string_view clock, std::string_view text);
std::string received_by(std::string_view name);
std::string ask_to_write_again(std::string_view name);
std::string written_again(std::string_view name);
std::string their_phone_has_it(std::string_view name);
std::string they_have_seen_it(std::string_view name);

// ---- responders by consent, plans, drills
std::string asks_you(std::string_view name, bool lawyer);
std::string how_to_accept(std::string_view name);
std::string has_accepted(std::string_view name, std::string_view hours);
std::string has_declined(std::string_view name);
std::string is_off_duty(std::string_view name, std::string_view until);
std::string is_on_duty(std::string_view name);
std::string has_left(std::string_view name);
std::string tier_empty(std::uint32_t tier);
std::string shown_not_rung();
std::string asked_her(std::string_view name);
std::string ask_her_first(std::string_view name);
std::string has_not_asked(std::string_view name);
std::string only_through(std::string_view name);
std::string you_accepted(std::string_view name, std::string_view hours);
std::string you_declined(std::string_view name);
std::string you_left(std::string_view name);
std::string you_are_off_duty(std::string_view until);
std::string you_are_on_duty();
std::string no_duties();
std::string duty_line(std::string_view name, std::string_view what);
std::string duty_asked();
std::string duty_accepted(std::string_view hours);
std::string duty_off(std::string_view until);
std::string duty_left();
std::string bad_days();
std::string bad_hours();
std::string bad_duration();
std::string day(std::uint32_t day);
std::string every_day();
std::string the_whole_week();
std::string ask_plan_action(int number);
std::string ask_plan_station();
std::string ask_plan_medication();
std::string ask_plan_never_tell();
std::string ask_plan_phrase_free();
std::string ask_plan_phrase_forced();
std::string plan_keeps_empty();
std::string plan_edited(std::size_t people);
std::string plan_action(int number, std::string_view action);
std::string plan_people(std::string_view names);
std::string plan_empty();
std::string plan_not_there(std::string_view name);
std::string plan_without_actions();
std::string plan_without_phrases();
std::string plan_without_lawyer();
std::string nobody_covers(std::string_view range);
std::string drill_mark();
std::string drill_booked(std::string_view name, std::string_view clock);
std::string drill_unbooked(std::string_view name, std::string_view clock);

// ---- listening, the link, the house
std::string listening();
std::string locked_by_press();
std::string locked_enter_pin();
std::string press_closes_command();
std::string connected(std::string_view relay);
std::string dark(std::string_view relay);
std::string displaced();
std::string online_key_old(std::string_view relay);
std::string clock_off(std::int64_t seconds);
std::string on_alert_failed();
std::string status_line(std::size_t relays, std::size_t contacts, std::size_t prepared, std::size_t outbox);
std::string status_locked(std::size_t prepared, std::size_t outbox);
std::string one_relay_only();

std::string you();
std::string somebody();

// ---- troubles, each with what to do
std::string no_profile(std::string_view home);
std::string wrong_pin();
std::string damaged_profile();
std::string newer_profile();
std::string profile_busy();
std::string already_listening();
std::string pins_differ();
std::string pin_too_short();
std::string bad_invite();
std::string old_invite();
std::string used_invite();
std::string bad_card();
std::string old_card();
std::string own_card();
std::string used_card();
std::string withdrawn(std::string_view name);
std::string no_route();
std::string wrong_key();
std::string relay_busy();
std::string old_version();
std::string bad_bundle(std::string_view name);
std::string bundle_too_old(std::string_view name);
std::string disk_trouble();
std::string cannot_read(std::string_view path);
std::string no_terminal();
std::string no_input();
std::string text_too_long(std::size_t bytes_max);
std::string unexpected();

}  // namespace vigil::client::words
