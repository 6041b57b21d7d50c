// Sentences about check-ins and places. As words.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::client::words {

// ---- one's own check-in
std::string bad_period();
std::string check_in_runs_already();
std::string no_check_in();
std::string check_in_kept_watch(std::string_view clock, std::size_t relays);
std::string check_in_not_watched();
std::string check_in_refused();
std::string check_in_ok(std::string_view clock);
std::string check_in_ok_failed(std::string_view clock);
std::string check_in_over();
std::string check_in_stopped();
std::string check_in_stop_waits();
std::string check_in_last_answer(std::string_view age);
std::string check_in_reminder(std::uint64_t left_s);
std::string own_check_in_fired();
std::string keep_a_place_running();
// ---- others'
std::string check_in_begun(std::string_view name, std::string_view clock);
std::string check_in_goes_on(std::string_view name, std::string_view clock);
std::string check_in_ended(std::string_view name);
std::string check_in_forced(std::string_view name);
std::string check_in_silent(std::string_view name, std::string_view clock, std::string_view age);
std::string many_silent();
std::string nobody_keeps_watch(std::size_t people);
std::string watch_is_kept_again();
// ---- places
std::string share_begun(std::string_view names, std::string_view until, bool exact);
std::string share_goes_on(std::string_view names, std::string_view until, bool exact);
std::string share_extended(std::string_view until);
std::string share_ended();
std::string share_asks(std::string_view extra);
std::string share_runs_already();
std::string no_share();
std::string no_fix_source();
std::string share_exact_now();
std::string share_with_whom();
std::string ask_share_with();
std::string she_shares(std::string_view name, std::string_view until, bool exact, std::string_view seen_by);
std::string she_shares_no_more(std::string_view name);
std::string her_place(std::string_view name, std::string_view coordinates, std::string_view age, bool exact);
std::string trail_point(std::string_view clock, std::string_view coordinates, bool exact);
std::string trail_gap(std::uint64_t seconds);
std::string no_trail(std::string_view name);

}  // namespace vigil::client::words
