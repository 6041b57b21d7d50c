// What a catalog is made of: a sentence, and a sentence beside a number. The compiler reads every sentence of every language: one
// that is missing, that leaves out what it should say, or that says what it is not given, is an error of the build. Any thread.
//
// A sentence's places are filled in order, {} and {}, or by number, {1} and {0}, where a language wants another order.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/plural.hpp"

namespace vigil::client::catalog {

// What is filled in. Names and texts of people are printable already (printable.hpp).
using Name = std::string_view;    // a person, or the word for one whose name is not known
using Names = std::string_view;   // several, with commas
using Text = std::string_view;    // written by people, or a part of the sentence that is a catalog's own
using Clock = std::string_view;   // a time of the day, with the day where that is another
using Length = std::string_view;  // a length of time: UnitWords::age()
using Place = std::string_view;   // latitude, longitude
using Number = std::uint64_t;

// Whether each of so many arguments has a place in 'text'.
consteval bool says_all(std::string_view text, std::size_t arguments) {
  std::uint64_t said = 0;
  std::size_t in_order = 0;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    ++at;
    if (text.substr(at).starts_with('{')) {  // a brace to be read
      ++at;
      continue;
    }
    std::size_t number = 0;
    const std::size_t digits = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      number = number * 10 + static_cast<std::size_t>(text[at++] - '0');
    said |= std::uint64_t{1} << (at != digits ? number : in_order++);
  }
  return said == (std::uint64_t{1} << arguments) - 1;
}
void this_sentence_leaves_something_out();  // only ever named by the compiler, in its error

template <class... A>
class Sentence {
 public:
  template <std::size_t Size>
  consteval Sentence(const char (&text)[Size]) : text_(text) {
    if (!says_all({text, Size - 1}, sizeof...(A))) this_sentence_leaves_something_out();
  }
  std::string operator()(const A&... a) const { return fmt::vformat(text_, fmt::make_format_args(a...)); }

 private:
  fmt::format_string<const A&...> text_;
};

// A sentence whose form follows its first argument, by the rule of the language in use.
template <class Count, class... A>
struct Counted {
  Sentence<Count, A...> one, few, many;

  std::string operator()(const Count& count, const A&... a) const {
    switch (form_of(plural_in_use(), count)) {
      case Form::one:
        return one(count, a...);
      case Form::few:
        return few(count, a...);
      case Form::many:
        break;
    }
    return many(count, a...);
  }
};

}  // namespace vigil::client::catalog
