// Sentences of `ready` and drills, as words.hpp: the same rules. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::client::words {

std::string pressing_drill();
std::string drill_due(std::string_view name);
std::string booked_with(std::string_view name, std::string_view clock);
std::string called_off_with(std::string_view name, std::string_view clock);
std::string no_booking();
std::string bad_time();
std::string ready_relay(std::string_view relay);
std::string ready_relay_silent(std::string_view relay);
std::string ready_relay_refuses(std::string_view relay);
std::string ready_no_relay();
std::string ready_address_refused(std::string_view name, std::string_view relay);
std::string ready_address_unknown(std::string_view name);
std::string ready_person(std::string_view name, std::uint32_t tier);
std::string ready_prepared(std::size_t count);
std::string ready_prepared_old();
std::string ready_drill(std::string_view clock);
std::string ready_drill_due();
std::string ready_drill_unanswered(std::size_t people);
std::string ready_too_few();
std::string ready_lawyer_drill(std::string_view name, std::string_view clock);
std::string ready_lawyer_booked(std::string_view name, std::string_view clock);
std::string ready_lawyer_due(std::string_view name);
std::string ready_yes();
std::string ready_no();

}  // namespace vigil::client::words
