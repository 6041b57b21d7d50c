// Lengths of time, directions, days and dates: the parts that other sentences take in.
#pragma once

#include "client/words/units.hpp"

namespace vigil::client::catalog::en {

inline constexpr UnitWords units{
    // ---- lengths of time: never declined, so abbreviations
    .seconds = "{} s",
    .minutes = "{} min",
    .hours = "{} h",
    .minutes_and_seconds = "{} min {} s",
    .loud_seconds = "{} S",
    .loud_minutes = "{} MIN",
    .loud_hours = "{} H",

    // ---- where a phone is moving: stand behind »towards«
    .north = "north",
    .north_east = "north-east",
    .east = "east",
    .south_east = "south-east",
    .south = "south",
    .south_west = "south-west",
    .west = "west",
    .north_west = "north-west",

    // ---- what a person types for yes
    .yes = "yes",
    .yes_short = "y",

    // ---- days of the week, and of the year
    .monday = "mon",
    .tuesday = "tue",
    .wednesday = "wed",
    .thursday = "thu",
    .friday = "fri",
    .saturday = "sat",
    .sunday = "sun",
    .every_day = "every day",
    .the_whole_week = "the whole week",
    .january = "Jan",
    .february = "Feb",
    .march = "Mar",
    .april = "Apr",
    .may = "May",
    .june = "Jun",
    .july = "Jul",
    .august = "Aug",
    .september = "Sep",
    .october = "Oct",
    .november = "Nov",
    .december = "Dec",
    .date_and_clock = "{:2} {} {}",
};

}  // namespace vigil::client::catalog::en
