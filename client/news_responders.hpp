// How words about being woken, plans and booked drills are shown. Used by news.cpp and the commands about them; one thread.
#pragma once

#include "client/hours.hpp"
#include "client/news.hpp"
#include "client/words/words.hpp"

namespace vigil::client {

void show_asked(Screen& screen, const News& news, std::uint64_t now_s);
void show_consent(Screen& screen, const News& news, std::uint64_t now_s);
void show_plan(Screen& screen, const News& news, std::uint64_t now_s);
void show_booking(Screen& screen, const News& news, std::uint64_t now_s);

// "mon-fri 22:00-08:00", "every day", ...
std::string hours_text(const WakeHours& hours, const catalog::Words& in = words());
std::string range_text(const WeekRange& range, const catalog::Words& in = words());

}  // namespace vigil::client
