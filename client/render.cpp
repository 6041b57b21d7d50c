#include "client/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cwchar>

#include "client/clock.hpp"
#include "client/joined.hpp"
#include "client/json_events.hpp"
#include "client/news.hpp"
#include "client/words/words.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t text_columns_least = 15;  // beside a label; narrower screens have no room for labels
constexpr std::size_t marks_shown = 4;
constexpr std::size_t alerts_shown = 3;
constexpr std::size_t news_least = 2;

// wcwidth asks the thread's locale; this one is part of the C library, whatever the system has installed.
class Utf8Locale {
 public:
  Utf8Locale() : before_(locale() == locale_t{} ? locale_t{} : uselocale(locale())) {}
  ~Utf8Locale() {
    if (before_ != locale_t{}) uselocale(before_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t locale() {
    static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return made;
  }
  locale_t before_;
};

struct Glyph {
  std::string_view bytes;
  std::size_t columns = 0;
};

// What stands in one place of the screen: a character, or one byte that is none.
Glyph next_glyph(std::string_view text) {
  std::mbstate_t state{};
  wchar_t character = 0;
  const std::size_t length = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (length == 0 || length > text.size()) return {text.substr(0, 1), 1};
  const int columns = wcwidth(character);
  return {text.substr(0, length), columns < 0 ? std::size_t{1} : static_cast<std::size_t>(columns)};
}

std::size_t columns_here(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = next_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes.size());
  }
  return columns;
}

// The longest beginning that fits; at least one character, so that a loop over it ends.
std::string_view fitting(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const Glyph glyph = next_glyph(text.substr(end));
    if (columns + glyph.columns > width) break;
    columns += glyph.columns;
    end += glyph.bytes.size();
  }
  return text.substr(0, end);
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns_here(text) <= width) return std::string(text);
  if (width == 0) return {};
  return std::string(fitting(text, width - 1)) + "…";
}

std::vector<std::string> wrapped_here(std::string_view text, std::size_t width) {
  std::vector<std::string> out;
  while (!text.empty() && width > 0) {
    if (columns_here(text) <= width) {
      out.emplace_back(text);
      break;
    }
    std::string_view piece = fitting(text, width);
    if (piece.empty()) {  // a character wider than the whole screen
      text.remove_prefix(next_glyph(text).bytes.size());
      continue;
    }
    const bool at_space = text[piece.size()] == ' ';
    const std::size_t space = piece.rfind(' ');
    if (!at_space && space != std::string_view::npos && space > 0) piece = piece.substr(0, space);
    out.emplace_back(piece.substr(0, piece.find_last_not_of(' ') + 1));
    text.remove_prefix(piece.size());
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return out;
}

// Of the column of labels: as wide as the language's longest, and two between it and the text.
std::size_t label_columns() {
  const catalog::Words& in = words();
  std::size_t longest = 0;
  for (const auto* label : {&in.label_who, &in.label_where, &in.label_age, &in.label_answers, &in.label_next, &in.label_safe,
                            &in.label_do, &in.label_told})
    longest = std::max(longest, columns_here((*label)()));
  return longest + 2;
}

// The rows of one screen while it is being filled.
class Rows {
 public:
  Rows(std::size_t width, std::size_t most) : width_(width), most_(most), label_columns_(label_columns()) {}
  std::size_t room() const { return most_ - lines_.size(); }
  void put(std::string_view text, Look look = Look::plain, std::size_t rows_max = 100) {
    std::vector<std::string> pieces = wrapped_here(text, width_);
    fit(pieces, width_, rows_max);
    for (std::string& piece : pieces) add(std::move(piece), look);
  }
  void one(std::string_view text, Look look = Look::plain) { add(cut(text, width_), look); }
  // "LABEL    text", its further rows under the text.
  void labelled(std::string_view label, std::string_view text, Look look = Look::plain, std::size_t rows_max = 100) {
    if (width_ < label_columns_ + text_columns_least) return put(text, look, rows_max);
    std::string front(label);
    front.append(label_columns_ - columns_here(label), ' ');
    std::vector<std::string> pieces = wrapped_here(text, width_ - label_columns_);
    fit(pieces, width_ - label_columns_, rows_max);
    for (const std::string& piece : pieces) {
      add(front + piece, look);
      front.assign(label_columns_, ' ');
    }
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  static void fit(std::vector<std::string>& pieces, std::size_t width, std::size_t rows_max) {
    if (pieces.size() <= rows_max) return;
    pieces.resize(rows_max);
    if (rows_max != 0) pieces.back() = cut(pieces.back() + " …", width);
  }
  void add(std::string text, Look look) {
    if (lines_.size() < most_) lines_.push_back({std::move(text), look});
  }
  std::size_t width_, most_, label_columns_;
  std::vector<Line> lines_;
};

// ---- the parts

std::string clock_and_relay(const ScreenModel& model) {
  const std::string clock = clock_seconds(model.now_s);
  if (model.heard_s == 0) return clock + "  " + words().relay_not_heard_yet();
  const std::uint64_t ago_s = since(model.heard_s, model.now_s);
  const std::string ago = words().age(ago_s);
  return clock + "  " + (ago_s <= heard_within_s ? words().relay_heard(ago) : words().relay_not_heard(ago));
}

bool relay_fresh(const ScreenModel& model) {
  return model.heard_s != 0 && since(model.heard_s, model.now_s) <= heard_within_s;
}

std::string who(const AlertPanel& panel, std::uint64_t now_s) {
  const std::string clock = clock_text(panel.pressed_s, now_s);
  const std::string age = words().age(since(panel.pressed_s, now_s));
  std::string out = panel.hers      ? words().you_pressed_at(clock, age)
                    : panel.checkin ? words().silent_since_checkin(panel.name, clock, age)
                                    : words().pressed_at(panel.name, clock, age);
  if (panel.drill) out = words().drill_not_danger() + " " + out;
  if (panel.pressed_again != 0) out += " " + words().pressed_again_times(panel.pressed_again);
  return out;
}

void put_place(Rows& rows, const AlertPanel& panel, std::uint64_t now_s) {
  if (!panel.place) {
    rows.labelled(words().label_where(), words().place_unknown_here());
    rows.labelled(words().label_age(), "-");
    return;
  }
  const Fix& fix = *panel.place;
  rows.labelled(words().label_where(), words().place(coordinates(fix.latitude, fix.longitude), fix.accuracy_m));
  const std::string clock = clock_text(fix.at_s, now_s);
  std::vector<std::string> parts{fix.at_s > now_s + 60 ? words().place_from_the_future(clock)
                                                       : words().age_of_place(words().age(since(fix.at_s, now_s)), clock)};
  parts.push_back(words().moving_short(kmh(fix.speed_cm_s), words().compass(fix.heading_deg)));
  if (fix.battery_percent <= 100) parts.push_back(words().battery_short(fix.battery_percent));
  rows.labelled(words().label_age(), joined(parts, "; "));
  rows.put(words().phones_place(), Look::loud);
}

std::string answers(const AlertPanel& panel, std::uint64_t now_s) {
  if (panel.view.shown != Shown::answering) return words().nobody_known();
  const std::string clock = clock_seconds(panel.view.until_s);
  const std::string rest = words().left(since(now_s, panel.view.until_s));
  if (panel.view.yours) return words().you_answer_until(clock, rest);
  return words().answers_until(panel.answerer.empty() ? words().somebody() : panel.answerer, clock, rest);
}

std::string next(const AlertPanel& panel, const ScreenModel& model) {
  const std::string in = words().left(since(model.now_s, panel.next.at_s));
  const std::string clock = clock_seconds(panel.next.at_s);
  switch (panel.next.kind) {
    case Next::Kind::nothing:
      return words().next_over();
    case Next::Kind::not_known:
      if (relay_fresh(model)) return words().next_not_told();
      return words().next_not_known(model.heard_s == 0 ? "" : words().age(since(model.heard_s, model.now_s)));
    case Next::Kind::lapse:
      if (panel.view.yours) return words().next_lapse_yours(clock);
      return words().next_lapse(panel.answerer.empty() ? words().somebody() : panel.answerer, clock);
    case Next::Kind::tier:
      return words().next_tier(panel.next.tier, joined(panel.next.names, ", "), in);
    case Next::Kind::round:
      return words().next_round(panel.next.round, in);
    case Next::Kind::hold:
      return words().next_hold(in);
  }
  return {};
}

std::string mark(const MarkLine& line, std::uint64_t now_s) {
  const std::string said = line.kind == content::Mark::UNSET ? words().note_line(line.who, line.text)
                                                             : words().mark_line(line.who, line.kind, line.where, line.how);
  return clock_text(line.at_s, now_s) + " " + said;
}

std::string safe(const AlertPanel& panel) {
  if (panel.view.shown == Shown::all_clear) return words().all_clear();
  if (panel.view.forced) return words().safe_not_known() + " " + words().forced_to_cancel();
  if (panel.drill) return words().safe_drill();
  if (panel.all_clear_said != 0) return words().safe_one_says(panel.all_clear_said);
  return words().safe_not_known();
}

void put_plan(Rows& rows, const AlertPanel& panel) {
  std::size_t number = 0;
  for (const std::string& action : panel.actions) {
    ++number;
    rows.labelled(number == 1 ? words().label_do() : "", fmt::format("{} {}", number, action), Look::plain, 2);
  }
  if (!panel.phrase_free.empty() || !panel.phrase_forced.empty())
    rows.labelled("", words().phrases(panel.phrase_free, panel.phrase_forced), Look::plain, 3);
  if (!panel.station_name.empty()) rows.labelled("", words().station(panel.station_name), Look::plain, 2);
  if (!panel.never_tell.empty()) rows.labelled("", words().never_tell(joined(panel.never_tell, ", ")), Look::loud, 2);
  if (!panel.medication.empty()) rows.labelled("", words().medication_is(panel.medication), Look::plain, 2);
}

void put_marks(Rows& rows, const AlertPanel& panel, std::uint64_t now_s, std::size_t keep_free) {
  std::size_t shown = 0;
  for (const MarkLine& line : panel.marks) {
    if (shown == marks_shown || rows.room() <= keep_free) break;
    rows.labelled(shown == 0 ? words().label_told() : "", mark(line, now_s), Look::plain, 2);
    ++shown;
  }
  if (shown != 0 && shown < panel.marks.size()) rows.labelled("", words().earlier_marks(panel.marks.size() - shown), Look::dim);
}

void put_panel(Rows& rows, const AlertPanel& panel, const ScreenModel& model) {
  if (panel.view.forced) rows.put(words().forced_to_cancel(), Look::loud);
  if (panel.view.shown != Shown::forced) rows.put(state_words(panel.view, panel.answerer), Look::loud);
  rows.labelled(words().label_who(), who(panel, model.now_s), Look::plain, 4);
  if (!panel.hers) put_place(rows, panel, model.now_s);
  rows.labelled(words().label_answers(), answers(panel, model.now_s));
  rows.labelled(words().label_next(), next(panel, model));
  rows.labelled(words().label_safe(), safe(panel), panel.view.shown == Shown::all_clear ? Look::plain : Look::loud);
  if (panel.muted_here_until_s > model.now_s)
    rows.put(words().muted_here(clock_text(panel.muted_here_until_s, model.now_s)), Look::loud);
}

void put_others(Rows& rows, const ScreenModel& model) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < model.alerts.size(); ++i) {
    if (i == model.chosen) continue;
    if (shown == alerts_shown) {
      rows.one(words().more_alerts(model.alerts.size() - 1 - shown), Look::loud);
      return;
    }
    const AlertPanel& panel = model.alerts[i];
    const std::string state = panel.view.forced ? words().forced_to_cancel() : state_words(panel.view, panel.answerer);
    rows.one(words().other_alert(i + 1, panel.name, panel.drill ? words().drill_not_danger() + " " + state : state), Look::loud);
    ++shown;
  }
}

// The keys, or the question that waits for an answer; at most 3 rows.
std::vector<Line> foot(const ScreenModel& model, std::size_t width, std::size_t height) {
  Rows rows(width, std::min<std::size_t>(3, height / 4));
  if (!model.question.empty()) {
    // The end of what is typed stays in sight.
    std::string asked = model.question + model.typed;
    std::vector<std::string> pieces = wrapped_here(asked + "_", width);
    if (pieces.size() > rows.room()) pieces.erase(pieces.begin(), pieces.end() - static_cast<std::ptrdiff_t>(rows.room()));
    for (const std::string& piece : pieces) rows.one(piece, Look::loud);
    return rows.take();
  }
  const bool any = !model.alerts.empty();
  const bool hers = any && model.alerts[model.chosen].hers;
  if (model.ringing) rows.one(words().press_any_key(), Look::loud);
  rows.put(!any ? words().keys_line_idle() : hers ? words().keys_line_hers() : words().keys_line(), Look::dim);
  return rows.take();
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  const Utf8Locale utf8;
  return columns_here(text);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  const Utf8Locale utf8;
  return wrapped_here(text, width);
}

std::vector<Line> render(const ScreenModel& model, std::size_t width, std::size_t height) {
  if (width == 0 || height == 0) return {};
  const Utf8Locale utf8;
  const std::vector<Line> bottom = foot(model, width, height);
  const std::size_t body = height - bottom.size();
  Rows rows(width, body);
  const AlertPanel* panel = model.chosen < model.alerts.size() ? &model.alerts[model.chosen] : nullptr;
  if (panel == nullptr) rows.put(words().no_alert_on());
  if (panel != nullptr) put_panel(rows, *panel, model);
  for (const std::string& trouble : model.troubles) rows.put(trouble, Look::loud, 2);
  put_others(rows, model);
  rows.one(clock_and_relay(model), relay_fresh(model) ? Look::dim : Look::loud);
  if (panel != nullptr) {
    put_marks(rows, *panel, model.now_s, 4);
    put_plan(rows, *panel);
    if (!panel->note.empty()) rows.put(words().wrote(panel->note), Look::plain, 3);
    for (const std::string& muted : panel->muted_by) rows.put(muted, Look::plain, 2);
  }
  for (const std::string& person : model.people) {
    if (rows.room() <= news_least) break;
    rows.put(person, Look::plain, 2);
  }
  // The newest news at the bottom, as many as there is room for.
  std::vector<Line> lines = rows.take();
  std::vector<Line> latest;
  for (auto line = model.news.rbegin(); line != model.news.rend() && lines.size() + latest.size() < body; ++line) {
    Rows one(width, std::min<std::size_t>(2, body - lines.size() - latest.size()));
    one.put(clock_text(line->at_s, model.now_s) + " " + line->text, line->loud ? Look::loud : Look::plain, 2);
    std::vector<Line> made = one.take();
    latest.insert(latest.begin(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  }
  while (lines.size() + latest.size() < body) lines.push_back({});
  lines.insert(lines.end(), std::make_move_iterator(latest.begin()), std::make_move_iterator(latest.end()));
  lines.insert(lines.end(), bottom.begin(), bottom.end());
  return lines;
}

}  // namespace vigil::client
