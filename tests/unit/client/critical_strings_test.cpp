// The words that a wrong translation makes dangerous. Goal: docs/critical-strings.md, which people who know the languages review,
// says what the program says. Method: its table is made from the catalogs, row by row; VIGIL_GOLDEN_WRITE=1 writes it anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "client/joined.hpp"
#include "client/words/language.hpp"
#include "client/words/words.hpp"

using namespace vigil::client;

namespace {

struct Critical {
  std::string_view key;  // in the catalogs
  std::function<std::string()> said;
};

constexpr std::uint64_t some_counts[] = {1, 2, 5};  // one of each form that Russian has

template <class Say>
std::string counted(const Say& say) {
  std::vector<std::string> forms;
  for (const std::uint64_t count : some_counts) forms.push_back(say(count));
  return joined(forms, " / ");
}

std::vector<Critical> states_of_an_alert() {
  return {
      {"not_sent_yet", [] { return words().not_sent_yet(); }},
      {"waits_on_relay", [] { return words().waits_on_relay(10); }},
      {"on_relay_unseen", [] { return words().on_relay_unseen(); }},
      {"on_phones", [] { return counted([](std::uint64_t count) { return words().on_phones(count); }); }},
      {"seen_by", [] { return counted([](std::uint64_t count) { return words().seen_by(count); }); }},
      {"answering", [] { return words().answering("A."); }},
      {"answering_until", [] { return words().answering_until("A.", "03:27"); }},
      {"you_are_answering", [] { return words().you_are_answering(); }},
      {"you_are_answering_until", [] { return words().you_are_answering_until("03:27"); }},
      {"unanswered", [] { return words().unanswered(); }},
      {"nobody_is_answering", [] { return words().nobody_answered(0, 1); }},
      {"nobody_is_answering_round", [] { return words().nobody_answered(0, 2); }},
      {"nobody_has_answered_for", [] { return words().nobody_answered(23 * 60, 1); }},
      {"nobody_has_answered_round", [] { return words().nobody_answered(23 * 60, 2); }},
      {"all_clear", [] { return words().all_clear(); }},
      {"forced_to_cancel", [] { return words().forced_to_cancel(); }},
      {"cannot_be_reached", [] { return words().cannot_be_reached("A."); }},
      {"cannot_be_opened", [] { return words().cannot_be_opened("A."); }},
  };
}

std::vector<Critical> on_the_screen() {
  return {
      {"drill_mark", [] { return words().drill_mark(); }},
      {"drill_not_danger", [] { return words().drill_not_danger(); }},
      {"phones_place", [] { return words().phones_place(); }},
      {"safe_not_known", [] { return words().safe_not_known(); }},
      {"one_says_all_clear", [] { return words().one_says_all_clear(); }},
      {"mark_held_at", [] { return words().mark_held_at(); }},
      {"mark_free", [] { return words().mark_free(); }},
      {"relay_not_heard", [] { return words().relay_not_heard(words().age(300)); }},
      {"relay_not_heard_yet", [] { return words().relay_not_heard_yet(); }},
      {"press_any_key", [] { return words().press_any_key(); }},
  };
}

std::vector<Critical> not_sent_not_kept() {
  return {
      {"kept_in_outbox", [] { return words().kept_in_outbox(); }},
      {"refused_everywhere", [] { return words().refused_everywhere(); }},
      {"alert_given_up", [] { return words().alert_given_up(); }},
      {"cancel_waits", [] { return words().cancel_waits(); }},
      {"close_waits", [] { return words().close_waits(); }},
      {"mark_kept", [] { return words().mark_kept(); }},
      {"check_in_not_watched", [] { return words().check_in_not_watched(); }},
      {"check_in_refused", [] { return words().check_in_refused(); }},
      {"check_in_ok_failed", [] { return words().check_in_ok_failed("14:45"); }},
      {"check_in_stop_waits", [] { return words().check_in_stop_waits(); }},
      {"check_in_forced", [] { return words().check_in_forced("A."); }},
      {"check_in_silent", [] { return words().check_in_silent("A.", "14:45", words().age(1200)); }},
      {"nobody_keeps_watch", [] { return counted([](std::uint64_t count) { return words().nobody_keeps_watch(count); }); }},
      {"tier_empty", [] { return words().tier_empty(1); }},
      {"ready_yes", [] { return words().ready_yes(); }},
      {"ready_no", [] { return words().ready_no(); }},
  };
}

// In the order of the table's columns.
constexpr std::pair<std::string_view, std::string_view> columns[] = {{"en", "English"}, {"ru", "Русский"}, {"kk", "Қазақша"}};

// A no-break space looks like a space in a table: it is written so that it can be seen, and kept by editors.
std::string in_a_cell(std::string text) {
  for (std::size_t at = 0; (at = text.find("\u00a0", at)) != std::string::npos;) text.replace(at, 2, "&nbsp;");
  return text;
}

std::string table() {
  std::string out = "| key |";
  for (const auto& [code, name] : columns) out += " " + std::string(name) + " |";
  out += "\n|---|---|---|---|\n";
  for (const auto& part : {states_of_an_alert(), on_the_screen(), not_sent_not_kept()}) {
    for (const Critical& one : part) {
      out += "| `" + std::string(one.key) + "` |";
      for (const auto& [code, name] : columns) {
        const auto language = language_of(code);
        if (language) speak(*language);
        out += " " + (language ? in_a_cell(one.said()) : "not translated yet") + " |";
      }
      out += "\n";
    }
  }
  speak(Language::en);
  return out;
}

std::string whole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("docs/critical-strings.md says what the program says, in every language", "[client][words]") {
  const std::string path = std::string(VIGIL_DOCS) + "/critical-strings.md";
  std::string page = whole(path);
  const std::size_t begins = page.find("| key |");
  REQUIRE(begins != std::string::npos);
  const std::string made = table();
  if (std::getenv("VIGIL_GOLDEN_WRITE") != nullptr) {
    page = page.substr(0, begins) + made;
    std::ofstream(path) << page;
  }
  CHECK(page.substr(begins) == made);
}

TEST_CASE("every language that can be chosen has its column", "[client][words]") {
  for (const std::string& code : language_codes()) {
    INFO(code);
    CHECK(std::any_of(std::begin(columns), std::end(columns), [&](const auto& column) { return column.first == code; }));
  }
}
