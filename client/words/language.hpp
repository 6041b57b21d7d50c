// Which language the sentences are in. Chosen once, in main, before any other thread begins; read by any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::client {

namespace catalog {
enum class Plural : std::uint8_t;
struct Words;
}  // namespace catalog

enum class Language : std::uint8_t { en, ru, kk };

// A language as it is spoken: what a page is marked with ("en"), its rule of numbers, its sentences.
struct Tongue {
  std::string_view code;
  catalog::Plural plural;
  const catalog::Words* words;
};

void speak(Language language);
void speak(const Tongue& tongue);  // any other; it must outlive what is said
std::string_view code_in_use();
// All that can be chosen, for --lang.
std::vector<std::string> language_codes();

// "ru", "ru_RU.UTF-8", "kk-KZ", "en@quot": by what stands in front. Nothing for a language without a catalog.
std::optional<Language> language_of(std::string_view code_or_locale);

// The one to begin with: 'flag' (--lang), else VIGIL_LANG, else the locale's, that is the first of LC_ALL, LC_MESSAGES and LANG
// that says anything. What cannot be understood is passed over: a wrong variable must not stand between a press and its alert.
using Environment = const char* (*)(const char* variable);
Language language_at_start(std::string_view flag, Environment environment);

}  // namespace vigil::client
