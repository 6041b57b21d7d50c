#include "client/words/language.hpp"

#include <algorithm>
#include <array>

#include "client/words/catalogs.hpp"

namespace vigil::client {
namespace {

struct Spoken {
  Language language;
  Tongue tongue;
};
constexpr std::array all{
    Spoken{Language::en, {"en", catalog::Plural::english, &catalog::en::english}},
    Spoken{Language::ru, {"ru", catalog::Plural::russian, &catalog::ru::russian}},
    Spoken{Language::kk, {"kk", catalog::Plural::kazakh, &catalog::kk::kazakh}},
};
constinit const Tongue* in_use = &all.front().tongue;

}  // namespace

void speak(Language language) {
  for (const Spoken& one : all) {
    if (one.language == language) speak(one.tongue);
  }
}
void speak(const Tongue& tongue) {
  in_use = &tongue;
}

std::string_view code_in_use() {
  return in_use->code;
}
catalog::Plural catalog::plural_in_use() {
  return in_use->plural;
}
const catalog::Words& words() {
  return *in_use->words;
}
const catalog::Words& words_for_scripts() {
  return catalog::en::english;
}

std::vector<std::string> language_codes() {
  std::vector<std::string> codes;
  for (const Spoken& one : all) codes.emplace_back(one.tongue.code);
  return codes;
}

std::optional<Language> language_of(std::string_view code_or_locale) {
  const std::string_view code = code_or_locale.substr(0, code_or_locale.find_first_of("_-.@"));
  const auto found = std::find_if(all.begin(), all.end(), [&](const Spoken& one) { return one.tongue.code == code; });
  if (found == all.end()) return std::nullopt;
  return found->language;
}

Language language_at_start(std::string_view flag, Environment environment) {
  const auto value = [&](const char* variable) {
    const char* said = environment(variable);
    return std::string_view(said == nullptr ? "" : said);
  };
  if (const auto asked = language_of(flag)) return *asked;
  if (const auto asked = language_of(value("VIGIL_LANG"))) return *asked;
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (const std::string_view locale = value(variable); !locale.empty()) return language_of(locale).value_or(Language::en);
  }
  return Language::en;
}

}  // namespace vigil::client
