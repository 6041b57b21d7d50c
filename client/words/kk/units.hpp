// Lengths of time, directions, days and dates: the parts that other sentences take in.
#pragma once

#include "client/words/units.hpp"

namespace vigil::client::catalog::kk {

inline constexpr UnitWords units{
    // ---- lengths of time: never declined, so abbreviations
    .seconds = "{} сек",
    .minutes = "{} мин",
    .hours = "{} сағ",
    .minutes_and_seconds = "{} мин {} сек",
    .loud_seconds = "{} СЕК",
    .loud_minutes = "{} МИН",
    .loud_hours = "{} САҒ",

    // ---- where a phone is moving: stand behind »towards«
    .north = "солтүстік",
    .north_east = "солтүстік-шығыс",
    .east = "шығыс",
    .south_east = "оңтүстік-шығыс",
    .south = "оңтүстік",
    .south_west = "оңтүстік-батыс",
    .west = "батыс",
    .north_west = "солтүстік-батыс",

    // ---- what a person types for yes
    .yes = "иә",
    .yes_short = "и",

    // ---- days of the week, and of the year
    .monday = "дс",
    .tuesday = "сс",
    .wednesday = "ср",
    .thursday = "бс",
    .friday = "жм",
    .saturday = "сб",
    .sunday = "жс",
    .every_day = "күн сайын",
    .the_whole_week = "бүкіл апта",
    .january = "қаң",
    .february = "ақп",
    .march = "нау",
    .april = "сәу",
    .may = "мам",
    .june = "мау",
    .july = "шіл",
    .august = "там",
    .september = "қыр",
    .october = "қаз",
    .november = "қар",
    .december = "жел",
    .date_and_clock = "{:2} {} {}",
};

}  // namespace vigil::client::catalog::kk
