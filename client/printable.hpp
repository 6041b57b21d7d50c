// Text from other people, made fit for a terminal: no control characters, no escape sequences, no direction overrides, valid
// UTF-8, bounded length. Everything that did not come from client/words/ passes through here before it is shown. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::client {

// Bad bytes become U+FFFD; everything else stays.
std::string valid_utf8(std::string_view text);
// The same as code points, and back.
std::vector<std::uint32_t> code_points(std::string_view text);
void append_utf8(std::string& to, std::uint32_t point);
// Of what printable() leaves nothing.
bool is_hidden(std::uint32_t point);

// One line, fit to be shown. Control and format characters (C0, C1, DEL, bidirectional overrides and isolates, line and paragraph
// separators, zero-width characters, byte order mark) become U+FFFD; longer than 'characters_max' ends in "…".
std::string printable(std::string_view text, std::size_t characters_max = 200);

// Of a person: as many as fit beside other words on a narrow screen, in any script.
inline constexpr std::size_t name_characters_max = 20;
inline constexpr std::size_t name_bytes_max = 4 * name_characters_max;

// A name as typed by the person in front of the screen: trimmed; empty when it has no printable character, more than
// 'characters_max', or anything printable() would change.
std::string clean_name(std::string_view typed, std::size_t characters_max = name_characters_max);

}  // namespace vigil::client
