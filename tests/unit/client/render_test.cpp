// The responder's screen, row by row. Goal: from each screen alone the six questions can be answered (who, where, how old, who
// answers, what next, is she safe), at 80x24 and at 40x20, in any terminal, in every language, whatever is in the names. Method:
// golden files in tests/golden/; VIGIL_GOLDEN_WRITE=1 writes them anew.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <sstream>

#include "client/full_screen.hpp"
#include "client/render.hpp"
#include "client/words/language.hpp"
#include "client/words/words.hpp"

using namespace vigil;
using namespace vigil::client;

namespace {

constexpr std::uint64_t now_s = 1'795'571'520;  // 2026-11-25 03:12:00 UTC... the date does not matter, the hour is at night

AlertPanel aigul() {
  AlertPanel panel;
  panel.alert_id = Bytes(16, 1);
  panel.name = "Aigul";
  panel.pressed_s = now_s - 7 * 60;
  panel.view = {.shown = Shown::unanswered, .round = 1};
  panel.place = Fix{.latitude = 432'183'828,
                    .longitude = 769'451'200,
                    .accuracy_m = 12,
                    .at_s = now_s - 4 * 60,
                    .speed_cm_s = 1194,
                    .heading_deg = 45,
                    .battery_percent = 34};
  panel.next = {.kind = Next::Kind::tier, .at_s = now_s + 130, .tier = 2, .round = 1, .names = {"Boris", "Clara"}};
  return panel;
}

void with_plan(AlertPanel& panel) {
  panel.actions = {"Call Meruert, the lawyer", "Call the Almaly station and ask for her by name", "Do not call her mother"};
  panel.station_name = "Aigul Serikova";
  panel.medication = "insulin, twice a day";
  panel.phrase_free = "the cat is fed";
  panel.phrase_forced = "I am at work";
  panel.never_tell = {"her brother"};
}

ScreenModel model_of(AlertPanel panel) {
  ScreenModel model;
  model.now_s = now_s;
  model.heard_s = now_s - 3;
  model.alerts.push_back(std::move(panel));
  model.news.push_back({.at_s = now_s - 400, .text = words().connected("relay.example:443"), .loud = false});
  return model;
}

std::vector<std::pair<std::string, ScreenModel>> common_states() {
  std::vector<std::pair<std::string, ScreenModel>> out;
  const auto add = [&](std::string name, AlertPanel panel) { out.emplace_back(std::move(name), model_of(std::move(panel))); };
  ScreenModel idle;
  idle.now_s = now_s;
  idle.heard_s = now_s - 2;
  idle.news.push_back({.at_s = now_s - 60, .text = words().connected("relay.example:443"), .loud = false});
  out.emplace_back("idle", idle);
  add("unanswered", aigul());
  AlertPanel nobody = aigul();
  nobody.view = {.shown = Shown::nobody, .silent_s = 23 * 60, .round = 2};
  nobody.pressed_s = now_s - 23 * 60;
  nobody.pressed_again = 1;
  nobody.next = {.kind = Next::Kind::round, .at_s = now_s + 17 * 60, .tier = 1, .round = 3};
  add("nobody", nobody);
  AlertPanel answering = aigul();
  answering.view = {.shown = Shown::answering, .index = 0, .until_s = now_s + 12 * 60 + 5, .round = 1};
  answering.answerer = "Dana";
  answering.next = {.kind = Next::Kind::lapse, .at_s = answering.view.until_s};
  with_plan(answering);
  add("answering", answering);
  AlertPanel yours = answering;
  yours.view.yours = true;
  yours.marks = {
      {.at_s = now_s - 60,
       .kind = content::Mark::HELD_AT,
       .who = "Dana",
       .where = "Almaly station",
       .how = "phoned the desk",
       .text = {}},
      {.at_s = now_s - 90,
       .kind = content::Mark::UNSET,
       .who = "Boris",
       .where = {},
       .how = {},
       .text = "her neighbour saw two men"},
      {.at_s = now_s - 200, .kind = content::Mark::UNKNOWN_PLACE, .who = words().you(), .where = {}, .how = {}, .text = {}}};
  add("yours-marks", yours);
  AlertPanel forced = aigul();
  forced.view = {.shown = Shown::forced, .round = 1, .forced = true};
  add("forced", forced);
  AlertPanel forced_answered = answering;
  forced_answered.view.forced = true;
  add("forced-answering", forced_answered);
  AlertPanel clear = aigul();
  clear.view = {.shown = Shown::all_clear, .round = 1};
  clear.next = {.kind = Next::Kind::nothing};
  add("all-clear", clear);
  AlertPanel half = aigul();
  half.all_clear_said = 1;
  half.place.reset();
  add("one-says-clear-no-place", half);
  AlertPanel drill = aigul();
  drill.drill = true;
  add("drill", drill);
  AlertPanel dark = aigul();
  dark.next = {};
  out.emplace_back("dark", model_of(dark));
  out.back().second.heard_s = now_s - 5 * 60;
  return out;
}

void add_rarer_states(std::vector<std::pair<std::string, ScreenModel>>& out) {
  const auto add = [&](std::string name, AlertPanel panel) { out.emplace_back(std::move(name), model_of(std::move(panel))); };
  AlertPanel forced = aigul();
  forced.view = {.shown = Shown::forced, .round = 1, .forced = true};
  ScreenModel ringing = model_of(aigul());
  ringing.ringing = true;
  ringing.troubles = {words().cannot_be_opened("Boris")};
  AlertPanel other = forced;
  other.name = "Сауле";
  ringing.alerts.push_back(other);
  ringing.people = {words().check_in_begun("Saule", "04:45")};
  out.emplace_back("ringing-two-trouble", ringing);
  ScreenModel asking = model_of(aigul());
  asking.question = words().ask_note_to_others();
  asking.typed = "әуежай жақта, 警察署の前";
  asking.alerts[0].muted_here_until_s = now_s + 12 * 3600;
  asking.alerts[0].muted_by = {words().muted_until("Clara", "15:05")};
  out.emplace_back("asking-muted", asking);
  AlertPanel hers = aigul();
  hers.hers = true;
  hers.name = words().you();
  hers.place.reset();
  hers.view = {.shown = Shown::on_phones, .count = 2, .round = 1};
  add("hers-on-phones", hers);
  hers.view = {.shown = Shown::not_sent};
  hers.next = {};
  add("hers-not-sent", hers);
  hers.view = {.shown = Shown::waits, .hold_s = 10, .until_s = now_s + 6};
  hers.next = {.kind = Next::Kind::hold, .at_s = now_s + 6};
  add("hers-waits", hers);
}

std::vector<std::pair<std::string, ScreenModel>> states() {
  auto out = common_states();
  add_rarer_states(out);
  return out;
}

std::string picture(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines) out += line.text + "\n";
  return out;
}

// The rows of one sentence put together again.
std::string unwrapped(std::string lines) {
  std::replace(lines.begin(), lines.end(), '\n', ' ');
  return lines;
}

constexpr std::pair<std::size_t, std::size_t> sizes[] = {{80, 24}, {40, 20}};

class Speaking {
 public:
  explicit Speaking(std::string_view code) { speak(language_of(code).value()); }
  ~Speaking() { speak(Language::en); }
  Speaking(const Speaking&) = delete;
  Speaking& operator=(const Speaking&) = delete;
};

std::string golden_path(const std::string& name, const std::string& code, std::size_t width, std::size_t height) {
  return std::string(VIGIL_GOLDEN) + "/" + name + "." + code + "." + std::to_string(width) + "x" + std::to_string(height) +
         ".txt";
}

void in_utc() {
  setenv("TZ", "UTC", 1);
  tzset();
}

}  // namespace

TEST_CASE("every state looks as its golden file, at 80x24 and 40x20, in every language", "[client][render]") {
  in_utc();
  for (const std::string& code : language_codes()) {
    const Speaking speaking(code);
    for (const auto& [name, model] : states()) {
      for (const auto& [width, height] : sizes) {
        const std::string path = golden_path(name, code, width, height);
        const std::string made = picture(render(model, width, height));
        if (std::getenv("VIGIL_GOLDEN_WRITE") != nullptr) std::ofstream(path) << made;
        std::ifstream file(path);
        std::stringstream golden;
        golden << file.rdbuf();
        INFO(path);
        CHECK(made == golden.str());
      }
    }
  }
}

TEST_CASE("the six questions are answered on every screen with an alert, in every language", "[client][render]") {
  in_utc();
  for (const std::string& code : language_codes()) {
    const Speaking speaking(code);
    const auto has_label = [](const std::string& made, const std::string& label) {
      return made.find("\n" + label + " ") != std::string::npos;
    };
    for (const auto& [name, model] : states()) {
      if (model.alerts.empty()) continue;
      for (const auto& [width, height] : sizes) {
        const std::string made = picture(render(model, width, height));
        const std::string in_one_line = unwrapped(made);
        INFO(code << " " << name << " " << width << "x" << height << "\n" << made);
        for (const auto& label : {words().label_who(), words().label_answers(), words().label_next(), words().label_safe()})
          CHECK(has_label(made, label));
        if (model.alerts[0].hers) continue;
        for (const auto& label : {words().label_where(), words().label_age()}) CHECK(has_label(made, label));
        if (model.alerts[0].place) CHECK(in_one_line.find(words().phones_place()) != std::string::npos);
        if (model.alerts[0].view.forced) CHECK(in_one_line.starts_with(words().forced_to_cancel()));
        for (const std::string& trouble : model.troubles) CHECK(in_one_line.find(trouble) != std::string::npos);
        if (model.ringing && width >= 80) CHECK(made.find(words().press_any_key()) != std::string::npos);
      }
    }
  }
}

TEST_CASE("the guide for responders draws the screen as it is", "[client][render]") {
  setenv("TZ", "there-1:20", 1);  // where it is 03:12
  tzset();
  for (const std::string& code : language_codes()) {
    const std::string path = std::string(VIGIL_DOCS) + (code == "en" ? "/" : "/" + code + "/") + "responder.md";
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    const std::string page = text.str();
    INFO(path);
    const std::string fence = "\n```\n";
    const std::size_t from = page.find(fence);
    REQUIRE(from != std::string::npos);
    const std::size_t begins = from + fence.size();
    const std::string drawn = page.substr(begins, page.find(fence, begins) + 1 - begins);
    const Speaking speaking(code);
    AlertPanel panel = aigul();
    if (code == "ru") {
      panel.name = "Айгуль";
      panel.next.names = {"Борис", "Клара"};
    }
    if (code == "kk") {
      panel.name = "Айгүл";
      panel.next.names = {"Борис", "Клара"};
    }
    CHECK(picture(render(model_of(panel), 80, 24)).substr(0, drawn.size()) == drawn);
  }
}

TEST_CASE("no line is wider than the terminal, whatever its size and whatever the names", "[client][render]") {
  in_utc();
  std::mt19937 random(7);
  const std::vector<std::string> codes = language_codes();
  for (int i = 0; i < 1500; ++i) {
    const Speaking speaking(codes[random() % codes.size()]);
    auto all = states();
    ScreenModel& model = all[random() % all.size()].second;
    for (AlertPanel& panel : model.alerts) {
      panel.name = random() % 2 == 0 ? "警察署の前で待つ人" : std::string(random() % 60, 'W');
      panel.note = "e\u0301e\u0301 " + std::string(random() % 300, 'x') + " 長い長い長い長い長い長い";
    }
    const std::size_t width = random() % 100;
    const std::size_t height = random() % 40;
    const std::vector<Line> lines = render(model, width, height);
    if (width == 0 || height == 0) {
      CHECK(lines.empty());
      continue;
    }
    REQUIRE(lines.size() == height);
    for (const Line& line : lines) {
      INFO(line.text);
      REQUIRE(columns_of(line.text) <= width);
    }
  }
}

TEST_CASE("columns are those of a terminal: wide, combining, ordinary", "[client][render]") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("Айгүл") == 5);
  CHECK(columns_of("警察") == 4);
  CHECK(columns_of("e\u0301") == 1);
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrapped("警察署", 3) == std::vector<std::string>{"警", "察", "署"});
}

TEST_CASE("keys are read out of what terminals send for them", "[client][render]") {
  KeyReader reader;
  CHECK(reader.feed('a')->bytes == "a");
  CHECK(reader.feed('\r')->kind == Key::Kind::enter);
  CHECK(reader.feed(0x7F)->kind == Key::Kind::erase);
  CHECK(reader.feed('\033')->kind == Key::Kind::cancel);
  CHECK_FALSE(reader.feed('['));
  CHECK(reader.feed('A')->kind == Key::Kind::up);
  (void)reader.feed('\033');
  CHECK_FALSE(reader.feed('['));
  CHECK_FALSE(reader.feed('1'));
  CHECK(reader.feed('B')->kind == Key::Kind::down);
  CHECK_FALSE(reader.feed('\xd2'));
  CHECK(reader.feed('\xaf')->bytes == "ү");
  CHECK_FALSE(reader.feed('\x01'));
  // An alone Escape does not swallow the key after it.
  (void)reader.feed('\033');
  CHECK(reader.feed('n')->bytes == "n");
}

TEST_CASE("a key means its command with a Latin and with a Cyrillic layout, and yes is never taken from a layout",
          "[client][render]") {
  const auto letter = [](const std::string& bytes) { return command_letter({.kind = Key::Kind::text, .bytes = bytes}); };
  const std::string latin = "agmncsq";
  const std::vector<std::string> same_keys{"ф", "п", "ь", "т", "с", "ы", "й"};
  for (std::size_t i = 0; i < latin.size(); ++i) {
    CHECK(letter(latin.substr(i, 1)) == latin[i]);
    CHECK(letter(same_keys[i]) == latin[i]);
  }
  CHECK(letter("а") == 'a');
  CHECK(letter("н") == 0);  // on y, and the first letter of no
  CHECK(letter("ж") == 0);
  CHECK(command_letter({.kind = Key::Kind::enter}) == 0);
}
