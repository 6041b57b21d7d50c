// Lengths of time, directions, days and dates: the parts that other sentences take in.
#pragma once

#include "client/words/units.hpp"

namespace vigil::client::catalog::ru {

inline constexpr UnitWords units{
    // ---- lengths of time: never declined, so abbreviations
    .seconds = "{} с",
    .minutes = "{} мин",
    .hours = "{} ч",
    .minutes_and_seconds = "{} мин {} с",
    .loud_seconds = "{} С",
    .loud_minutes = "{} МИН",
    .loud_hours = "{} Ч",

    // ---- where a phone is moving: stand behind »на«
    .north = "север",
    .north_east = "северо-восток",
    .east = "восток",
    .south_east = "юго-восток",
    .south = "юг",
    .south_west = "юго-запад",
    .west = "запад",
    .north_west = "северо-запад",

    // ---- what a person types for yes
    .yes = "да",
    .yes_short = "д",

    // ---- days of the week, and of the year
    .monday = "пн",
    .tuesday = "вт",
    .wednesday = "ср",
    .thursday = "чт",
    .friday = "пт",
    .saturday = "сб",
    .sunday = "вс",
    .every_day = "каждый день",
    .the_whole_week = "вся неделя",
    .january = "янв",
    .february = "фев",
    .march = "мар",
    .april = "апр",
    .may = "мая",
    .june = "июн",
    .july = "июл",
    .august = "авг",
    .september = "сен",
    .october = "окт",
    .november = "ноя",
    .december = "дек",
    .date_and_clock = "{} {} {}",
};

}  // namespace vigil::client::catalog::ru
