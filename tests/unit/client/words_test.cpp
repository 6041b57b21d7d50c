// Languages: which is chosen, which form a number asks for, and how wide a screen's labels are. Goal: a sentence beside a number
// is grammar in every language, and no letter of two bytes moves a column. (That a catalog with a gap does not compile is tried
// by the compiler itself: incomplete_catalog.cpp.)
#include <catch2/catch.hpp>
#include <map>

#include "client/clock.hpp"
#include "client/render.hpp"
#include "client/words/catalogs.hpp"
#include "client/words/language.hpp"
#include "client/words/words.hpp"

using namespace vigil;
using namespace vigil::client;
using catalog::Form;
using catalog::form_of;
using catalog::Plural;

namespace {

std::map<std::string, const char*> variables;  // bounded: by the test
const char* variable(const char* name) {
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : found->second;
}

// English but for a few sentences in Cyrillic letters, with the rule of Russian.
catalog::Words cyrillic() {
  catalog::Words out = catalog::en::english;
  out.label_who = "КТО";
  out.label_answers = "КТО ОТВЕЧАЕТ";
  out.on_phones = {.one = "на {} телефоне", .few = "на {} телефонах", .many = "на {} телефонах"};
  out.more_alerts = {.one = "и ещё {} тревога", .few = "и ещё {} тревоги", .many = "и ещё {} тревог"};
  out.november = "ноя";
  out.date_and_clock = "{} {} {}";
  return out;
}

class Speaking {
 public:
  explicit Speaking(const Tongue& tongue) { speak(tongue); }
  ~Speaking() { speak(Language::en); }
  Speaking(const Speaking&) = delete;
  Speaking& operator=(const Speaking&) = delete;
};

}  // namespace

TEST_CASE("a number asks for the form that its language has for it", "[client][words]") {
  for (const Plural rule : {Plural::english, Plural::kazakh}) {
    CHECK(form_of(rule, 1) == Form::one);
    for (const std::uint64_t number : {0u, 2u, 5u, 11u, 21u, 101u}) CHECK(form_of(rule, number) == Form::many);
  }
  for (const std::uint64_t number : {1u, 21u, 31u, 101u, 121u, 1001u}) CHECK(form_of(Plural::russian, number) == Form::one);
  for (const std::uint64_t number : {2u, 3u, 4u, 22u, 34u, 102u, 1004u}) CHECK(form_of(Plural::russian, number) == Form::few);
  for (const std::uint64_t number : {0u, 5u, 10u, 11u, 12u, 13u, 14u, 19u, 20u, 25u, 111u, 112u, 114u, 211u, 1000u})
    CHECK(form_of(Plural::russian, number) == Form::many);
}

TEST_CASE("a sentence beside a number follows the rule of the language in use", "[client][words]") {
  CHECK(words().on_phones(1) == "on 1 phone");
  CHECK(words().on_phones(21) == "on 21 phones");
  const catalog::Words sentences = cyrillic();
  const Tongue tongue{"xx", Plural::russian, &sentences};
  const Speaking speaking(tongue);
  CHECK(code_in_use() == "xx");
  CHECK(words().more_alerts(1) == "и ещё 1 тревога");
  CHECK(words().more_alerts(23) == "и ещё 23 тревоги");
  CHECK(words().more_alerts(12) == "и ещё 12 тревог");
  CHECK(words().more_alerts(21) == "и ещё 21 тревога");
}

TEST_CASE("how far a clock is off is said by the nearest minute", "[client][words]") {
  CHECK(words().clock_off(-86'399).contains("24 h behind"));
  CHECK(words().clock_off(86'401).contains("24 h ahead"));
  CHECK(words().clock_off(-(15 * 60 - 1)).contains("15 min behind"));
}

TEST_CASE("a language is known by the front of its locale, and by nothing else", "[client][words]") {
  CHECK(language_of("en") == Language::en);
  CHECK(language_of("en_GB.UTF-8") == Language::en);
  CHECK(language_of("en-GB") == Language::en);
  CHECK(language_of("en@quot") == Language::en);
  for (const char* russian : {"ru", "ru_RU.UTF-8", "ru_KZ.UTF-8", "ru-KZ"}) CHECK(language_of(russian) == Language::ru);
  for (const char* kazakh : {"kk", "kk_KZ.UTF-8", "kk-KZ", "kk_KZ@cyrillic"}) CHECK(language_of(kazakh) == Language::kk);
  for (const char* other : {"", "e", "english", "EN", "C", "POSIX", "C.UTF-8", "tlh_KX.UTF-8"}) CHECK_FALSE(language_of(other));
  for (const std::string& code : language_codes()) {
    REQUIRE(language_of(code));
    speak(*language_of(code));
    CHECK(code_in_use() == code);
  }
  speak(Language::en);
}

TEST_CASE("what says a language first is heard, and what nobody understands is passed over", "[client][words]") {
  variables = {};
  CHECK(language_at_start("", variable) == Language::en);
  variables = {{"VIGIL_LANG", "klingon"}, {"LC_ALL", ""}, {"LC_MESSAGES", "tlh_KX"}, {"LANG", "en_GB.UTF-8"}};
  CHECK(language_at_start("", variable) == Language::en);
  CHECK(language_at_start("en", variable) == Language::en);
  variables["LANG"] = "ru_KZ.UTF-8";
  variables["LC_MESSAGES"] = "";
  CHECK(language_at_start("", variable) == Language::ru);
  CHECK(language_at_start("en", variable) == Language::en);
  variables["LC_MESSAGES"] = "kk_KZ";
  CHECK(language_at_start("", variable) == Language::kk);
  variables["LC_ALL"] = "ru";
  CHECK(language_at_start("", variable) == Language::ru);
  variables["VIGIL_LANG"] = "kk";
  CHECK(language_at_start("", variable) == Language::kk);
  CHECK(language_at_start("en", variable) == Language::en);
}

TEST_CASE("labels in letters of two bytes stand in one column with their text", "[client][words][render]") {
  const catalog::Words sentences = cyrillic();
  const Tongue tongue{"xx", Plural::russian, &sentences};
  const Speaking speaking(tongue);
  ScreenModel model;
  model.now_s = 1'795'571'520;
  model.heard_s = model.now_s;
  AlertPanel panel;
  panel.alert_id = Bytes(16, 1);
  panel.name = "Айгүл";
  panel.pressed_s = model.now_s;
  panel.view = {.shown = Shown::on_phones, .count = 3, .round = 1};
  model.alerts.push_back(panel);
  constexpr std::size_t label = 14;  // of the longest, and two
  for (const std::size_t width : {std::size_t{80}, std::size_t{40}}) {
    const std::vector<Line> lines = render(model, width, 24);
    CHECK(lines[0].text == "на 3 телефонах");
    const auto behind = [&](const std::string& front) -> std::string {
      for (const Line& line : lines) {
        CHECK(columns_of(line.text) <= width);
        if (line.text.starts_with(front)) return line.text.substr(front.size());
      }
      return "";
    };
    CHECK(columns_of("КТО") == 3);
    CHECK(behind("КТО" + std::string(label - 3, ' ')).starts_with("Айгүл pressed at "));
    CHECK(behind("КТО ОТВЕЧАЕТ  ").starts_with("nobody, as far as"));
    CHECK(behind("WHERE" + std::string(label - 5, ' ')).starts_with("not known: no"));
  }
  const std::vector<Line> narrow = render(model, label + 14, 24);  // no room for both
  CHECK(narrow[1].text.starts_with("Айгүл pressed at"));
}

TEST_CASE("a day of another month is said in the language in use", "[client][words]") {
  const std::uint64_t november_s = 1'795'571'520;
  const std::string english = clock_text(november_s, november_s + 3 * 86'400);
  CHECK(english.find(" Nov ") != std::string::npos);
  const catalog::Words sentences = cyrillic();
  const Tongue tongue{"xx", Plural::russian, &sentences};
  const Speaking speaking(tongue);
  CHECK(clock_text(november_s, november_s + 3 * 86'400).find(" ноя ") != std::string::npos);
}
