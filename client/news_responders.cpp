#include "client/news_responders.hpp"

#include <fmt/format.h>

#include <array>

#include "client/clock.hpp"
#include "client/joined.hpp"
#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t line_characters_max = 400;

std::string clock_of(std::uint32_t minute) {
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

std::string days_text(std::uint32_t days, const catalog::Words& in) {
  std::string out;
  for (std::uint32_t day = 0; day < 7;) {
    if ((days >> day & 1) == 0) {
      ++day;
      continue;
    }
    std::uint32_t last = day;
    while (last + 1 < 7 && (days >> (last + 1) & 1) != 0) ++last;
    if (!out.empty()) out += ",";
    out += in.day(day);
    if (last != day) out += "-" + in.day(last);
    day = last + 1;
  }
  return out;
}

std::string_view word_name(content::Consent::Kind kind) {
  switch (kind) {
    case content::Consent::ACCEPT:
      return "accepted";
    case content::Consent::DECLINE:
      return "declined";
    case content::Consent::OFF_DUTY:
      return "off_duty";
    case content::Consent::ON_DUTY:
      return "on_duty";
    case content::Consent::LEAVE:
      return "left";
    case content::Consent::UNSET:
    case content::Consent_Kind_Consent_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case content::Consent_Kind_Consent_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "";
}

std::vector<std::string> lines_of(const google::protobuf::RepeatedPtrField<std::string>& said) {
  std::vector<std::string> lines;
  for (const std::string& line : said) lines.push_back(printable(line, line_characters_max));
  return lines;
}

}  // namespace

std::string hours_text(const WakeHours& hours, const catalog::Words& in) {
  std::string days = hours.days == every_day ? in.every_day() : days_text(hours.days, in);
  if (hours.from_min == hours.to_min) return days;
  return days + " " + clock_of(hours.from_min) + "-" + clock_of(hours.to_min);
}

std::string range_text(const WeekRange& range, const catalog::Words& in) {
  const auto point = [&](std::uint32_t minute) {
    return in.day(minute / day_minutes % 7) + " " + clock_of(minute % day_minutes);
  };
  if (range.from_min == 0 && range.to_min == week_minutes) return in.the_whole_week();
  return point(range.from_min) + " - " + point(range.to_min);
}

void show_asked(Screen& screen, const News& news, std::uint64_t now_s) {
  screen.event(JsonLine("asked", now_s).text("name", news.name).flag("lawyer", news.lawyer));
  screen.loud(words().asks_you(news.name, news.lawyer));
  screen.detail(words().how_to_accept(news.name));
}

void show_consent(Screen& screen, const News& news, std::uint64_t now_s) {
  const content::Consent& said = news.consent;
  const WakeHours hours = clean_hours(
      {.days = said.days(), .from_min = said.from_min(), .to_min = said.to_min(), .utc_offset_min = said.utc_offset_min()});
  JsonLine line("consent", now_s);
  line.text("name", news.name).text("word", word_name(said.kind()));
  if (said.kind() == content::Consent::ACCEPT) line.text("hours", hours_text(hours, words_for_scripts()));
  if (said.kind() == content::Consent::OFF_DUTY) line.number("until_s", static_cast<std::int64_t>(said.off_until_s()));
  screen.event(line);
  switch (said.kind()) {
    case content::Consent::ACCEPT:
      screen.say_now(words().has_accepted(news.name, hours_text(hours)));
      break;
    case content::Consent::DECLINE:
      screen.say_now(words().has_declined(news.name));
      break;
    case content::Consent::OFF_DUTY:
      screen.say_now(words().is_off_duty(news.name, said.off_until_s() == 0 ? "" : clock_text(said.off_until_s(), now_s)));
      break;
    case content::Consent::ON_DUTY:
      screen.say_now(words().is_on_duty(news.name));
      break;
    case content::Consent::LEAVE:
      screen.say_now(words().has_left(news.name));
      break;
    case content::Consent::UNSET:
    case content::Consent_Kind_Consent_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case content::Consent_Kind_Consent_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
}

void show_plan(Screen& screen, const News& news, std::uint64_t now_s) {
  const content::Plan& plan = news.plan;
  const auto shown = [](const std::string& said) { return printable(said, line_characters_max); };
  std::vector<std::string> people;
  for (const content::PlanPerson& person : plan.people()) people.push_back(printable(person.name()));
  JsonLine line("plan", now_s);
  line.text("name", news.name).texts("actions", lines_of(plan.actions())).text("station_name", shown(plan.station_name()));
  if (!news.alert_id.empty()) line.id("alert", news.alert_id);
  line.text("medication", shown(plan.medication())).texts("never_tell", lines_of(plan.never_tell()));
  line.text("phrase_free", shown(plan.phrase_free())).text("phrase_forced", shown(plan.phrase_forced()));
  line.texts("people", people).number("lawyer_tier", plan.lawyer_tier());
  screen.event(line);

  const auto say = [&](const std::string& sentence) { screen.detail(sentence); };
  int number = 1;
  for (const std::string& action : plan.actions()) say(words().plan_action(number++, shown(action)));
  if (!plan.station_name().empty()) say(words().station(shown(plan.station_name())));
  if (!plan.medication().empty()) say(words().medication_is(shown(plan.medication())));
  for (const std::string& one : plan.never_tell()) say(words().never_tell(shown(one)));
  if (!plan.phrase_free().empty() || !plan.phrase_forced().empty())
    say(words().phrases(shown(plan.phrase_free()), shown(plan.phrase_forced())));
  if (!people.empty()) say(words().plan_people(joined(people)));
}

void show_booking(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("drill_booked", now_s);
  line.text("name", news.name).number("for_s", static_cast<std::int64_t>(news.at_s)).flag("cancelled", news.cancelled);
  screen.event(line);
  const std::string clock = clock_text(news.at_s, now_s);
  screen.say_now(news.cancelled ? words().drill_unbooked(news.name, clock) : words().drill_booked(news.name, clock));
}

}  // namespace vigil::client
