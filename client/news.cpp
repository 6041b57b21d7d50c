#include "client/news.hpp"

#include <fmt/format.h>

#include "client/clock.hpp"
#include "client/fixes.hpp"
#include "client/news_responders.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t note_characters_max = 1000;
constexpr std::uint64_t clocks_differ_s = 600;  // below it the two phones agree
constexpr std::size_t alert_digits = 8;         // of an alert's id on a screen: enough to tell a few apart

std::string fixes_json(const std::vector<Fix>& fixes) {
  std::string out = "[";
  for (const Fix& fix : fixes) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"lat":{},"lon":{},"at_s":{},"accuracy_m":{},"kmh":{},"heading":{},"battery":{}}})",
                       degrees(fix.latitude), degrees(fix.longitude), fix.at_s, fix.accuracy_m, kmh(fix.speed_cm_s),
                       fix.heading_deg, fix.battery_percent);
  }
  return out + "]";
}

std::string_view act_name(wire::Released::Act act) {
  switch (act) {
    case wire::Released::ANSWERED:
      return "answered";
    case wire::Released::GIVEN_BACK:
      return "given_back";
    case wire::Released::LAPSED:
      return "lapsed";
    case wire::Released::CLOSED:
      return "closed";
    case wire::Released::ACT_UNSET:
    case wire::Released_Act_Released_Act_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::Released_Act_Released_Act_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "";
}

std::string_view state_name(Shown shown) {
  switch (shown) {
    case Shown::nothing:
      return "nothing";
    case Shown::not_sent:
      return "not_sent";
    case Shown::waits:
      return "waits";
    case Shown::on_relay:
      return "on_relay";
    case Shown::on_phones:
      return "on_phones";
    case Shown::seen:
      return "seen";
    case Shown::answering:
      return "answering";
    case Shown::nobody:
      return "nobody";
    case Shown::unanswered:
      return "unanswered";
    case Shown::forced:
      return "forced";
    case Shown::all_clear:
      return "all_clear";
  }
  return "";
}

std::string short_id(View alert_id) {
  return hex(alert_id).substr(0, alert_digits);
}

// Nothing of an exercise is shown without saying so.
std::string in_drill(bool drill, const std::string& sentence) {
  return drill ? words().drill_mark() + " " + sentence : sentence;
}
void mark(JsonLine& line, bool drill) {
  if (drill) line.flag("drill", true);
}

// Renewed, it is said again with its new end.
std::string answering_words(const AlertState& alert, const AlertView& view, std::uint64_t now_s) {
  const std::string clock = clock_text(view.until_s, now_s);
  if (view.yours) return words().you_are_answering_until(clock);
  const std::string name = alert.name_of(view.index);
  return words().answering_until(name.empty() ? words().somebody() : name, clock);
}

void show_alert(Screen& screen, const News& news, std::uint64_t now_s) {
  const content::Alert& alert = news.alert;
  const std::vector<Fix> fixes = fixes_of(alert.track());
  JsonLine line("alert", now_s);
  line.id("alert", news.alert_id).text("name", news.name).number("pressed_s", static_cast<std::int64_t>(alert.pressed_s()));
  line.number("round", news.round).number("tier", alert.tier()).number("stage", news.stage).flag("first", news.first);
  line.text("note", alert.note()).flag("drill", alert.drill()).flag("rings", news.rings).raw("fixes", fixes_json(fixes));
  if (alert.pressed_again() != 0) line.number("pressed_again", alert.pressed_again());
  if (alert.has_check_in()) line.flag("check_in", true).flag("many_silent", news.many_silent);
  screen.event(line);

  if (news.pressed_again) {
    screen.loud_now(in_drill(alert.drill(), words().pressed_again_now(news.name)));
  } else if (!news.first) {
    screen.loud_now(in_drill(alert.drill(), words().ring_again(news.name, news.round)));
  } else {
    const bool ahead = alert.pressed_s() > now_s + clocks_differ_s;
    const std::string clock = clock_text(ahead ? now_s : alert.pressed_s(), now_s);
    const std::string age = words().age(since(alert.pressed_s(), now_s));
    screen.detail("");
    if (alert.has_check_in())
      screen.loud(words().check_in_silent(news.name, clock, age));
    else
      screen.loud(alert.drill() ? words().drill_from(news.name, clock, age) : words().alert_from(news.name, clock, age));
    if (ahead) screen.detail(words().her_clock_is_ahead());
  }
  if (news.many_silent) screen.detail(words().many_silent());
  if (alert.pressed_again() > 0 && !news.pressed_again) screen.detail(words().pressed_again(alert.pressed_again()));
  if (fixes.empty()) {
    screen.detail(words().place_unknown());
  } else {
    const Fix& fix = fixes.front();
    screen.detail(
        words().place_is(coordinates(fix.latitude, fix.longitude), words().age(since(fix.at_s, now_s)), fix.accuracy_m));
    if (fix.speed_cm_s >= 100) {
      screen.detail(words().moving(kmh(fix.speed_cm_s), words().compass(fix.heading_deg)));
    }
    if (fix.battery_percent <= 100) screen.detail(words().battery(fix.battery_percent));
  }
  if (!alert.note().empty()) screen.detail(words().wrote(printable(alert.note(), note_characters_max)));
  screen.detail(words().how_to_answer(short_id(news.alert_id)));
  if (!news.rings) screen.detail(words().shown_not_rung());
}

void show_notice(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("notice", now_s);
  line.id("alert", news.alert_id).text("act", act_name(news.act)).text("name", news.name);
  if (!news.other.empty()) line.text("other", news.other);
  if (news.act == wire::Released::ANSWERED) line.number("lease_s", news.lease_s);
  mark(line, news.drill);
  screen.event(line);
  switch (news.act) {
    case wire::Released::GIVEN_BACK:
      screen.say_now(in_drill(news.drill, words().gave_back(news.name)));
      break;
    case wire::Released::LAPSED:
      screen.say_now(in_drill(news.drill, words().lapsed(news.name)));
      break;
    case wire::Released::ANSWERED:  // the state says it
    case wire::Released::CLOSED:
    case wire::Released::ACT_UNSET:
    case wire::Released_Act_Released_Act_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::Released_Act_Released_Act_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
}

void show_told(Screen& screen, const News& news, std::uint64_t now_s) {
  if (news.kind == News::Kind::told_wrong) {
    screen.event(JsonLine("trouble", now_s).text("name", news.name).text("words", words().mac_wrong(news.name)));
    return screen.trouble(words().mac_wrong(news.name));
  }
  const bool marks = news.mark.kind() != content::Mark::UNSET;
  JsonLine line(news.until_s != 0 ? "muted" : marks ? "mark" : "note", now_s);
  line.id("alert", news.alert_id).text("name", news.name);
  mark(line, news.drill);
  if (news.until_s != 0) {
    screen.event(line.number("until_s", static_cast<std::int64_t>(news.until_s)));
    return screen.say_now(words().muted_until(news.name, clock_text(news.until_s, now_s)));
  }
  if (!marks) {
    screen.event(line.text("text", news.text));
    return screen.loud_now(words().note_line(news.name, printable(news.text, note_characters_max)));
  }
  const std::string where = printable(news.mark.where());
  const std::string how = printable(news.mark.how());
  line.text("kind", words_for_scripts().mark_kind(news.mark.kind())).text("where", where).text("how", how);
  screen.event(line.number("when_s", static_cast<std::int64_t>(news.mark.at_s())));
  screen.loud_now(words().mark_line(news.name, news.mark.kind(), where, how));
}

void show_receipt(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("receipt", now_s);
  line.id(news.alert_id.empty() ? "content" : "alert", news.alert_id.empty() ? news.content_id : news.alert_id);
  line.text("name", news.name).text("kind", news.seen ? "seen" : "arrived");
  mark(line, news.drill);
  screen.event(line);
  if (news.alert_id.empty()) {
    if (!news.seen) screen.say_now(words().received_by(news.name));
  } else {
    const std::string sentence = news.seen ? words().they_have_seen_it(news.name) : words().their_phone_has_it(news.name);
    screen.say_now(in_drill(news.drill, sentence));
  }
}

void show_ending(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("ending", now_s);
  line.id("alert", news.alert_id).text("name", news.name).flag("forced", news.forced);
  mark(line, news.drill);
  screen.event(line);
  if (news.forced) {
    screen.loud_now(in_drill(news.drill, news.name + ": " + words().forced_to_cancel()));
  } else {
    screen.say_now(in_drill(news.drill, words().her_own_ending(news.name)));
  }
}

void show_all_clear(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("all_clear", now_s);
  line.id("alert", news.alert_id).text("name", news.name).text("note", news.text);
  mark(line, news.drill);
  screen.event(line);
  screen.say_now(in_drill(news.drill, words().says_all_clear(news.name, printable(news.text, note_characters_max))));
}

void show_text(Screen& screen, const News& news, std::uint64_t now_s) {
  JsonLine line("text", now_s);
  line.id("content", news.content_id).text("name", news.name).text("text", news.text);
  screen.event(line.number("written_s", static_cast<std::int64_t>(news.written_s)));
  screen.say(words().text_from(news.name, clock_text(news.written_s, now_s), printable(news.text, 20'000)));
}

void show_trouble(Screen& screen, const News& news, std::uint64_t now_s) {
  const std::string sentence = news.kind == News::Kind::cannot_open     ? words().cannot_be_opened(news.name)
                               : news.kind == News::Kind::unproved      ? words().unverifiable(news.name)
                               : news.kind == News::Kind::written_again ? words().written_again(news.name)
                                                                        : words().ask_to_write_again(news.name);
  screen.event(JsonLine("trouble", now_s).text("name", news.name).text("words", sentence));
  screen.trouble(sentence);
}

}  // namespace

void show_news(Screen& screen, const News& news, std::uint64_t now_s) {
  switch (news.kind) {
    case News::Kind::alert:
      show_alert(screen, news, now_s);
      break;
    case News::Kind::notice:
      show_notice(screen, news, now_s);
      break;
    case News::Kind::receipt:
      show_receipt(screen, news, now_s);
      break;
    case News::Kind::ending:
      show_ending(screen, news, now_s);
      break;
    case News::Kind::all_clear:
      show_all_clear(screen, news, now_s);
      break;
    case News::Kind::told:
    case News::Kind::told_wrong:
      show_told(screen, news, now_s);
      break;
    case News::Kind::asked:
      show_asked(screen, news, now_s);
      break;
    case News::Kind::consent:
      show_consent(screen, news, now_s);
      break;
    case News::Kind::plan:
      show_plan(screen, news, now_s);
      break;
    case News::Kind::plan_kept:
      screen.event(JsonLine("plan_kept", now_s).text("name", news.name));
      break;
    case News::Kind::booking:
      show_booking(screen, news, now_s);
      break;
    case News::Kind::text:
      show_text(screen, news, now_s);
      break;
    case News::Kind::sharing:
    case News::Kind::place:
    case News::Kind::check_in:
      show_watch_news(screen, news, now_s);
      break;
    case News::Kind::written_again:
    case News::Kind::press_again:
    case News::Kind::cannot_open:
    case News::Kind::unproved:
      show_trouble(screen, news, now_s);
      break;
  }
}

JsonLine line_of(std::string_view event, const AlertState& alert, std::uint64_t now_s) {
  JsonLine line(event, now_s);
  line.id("alert", vigil::view(alert.record().alert_id()));
  mark(line, alert.record().alert().drill());
  return line;
}

News news_of(const AlertState& alert, const std::string& name) {
  News news{.kind = News::Kind::alert, .name = name, .alert = alert.record().alert(), .first = true};
  const View id = view(alert.record().alert_id());
  news.alert_id.assign(id.begin(), id.end());
  for (const record::VigilRecord& vigil : alert.record().vigils()) {
    if (vigil.round() < news.round) continue;
    news.round = vigil.round();
    news.stage = vigil.stage();
  }
  return news;
}

News plan_news_of(const AlertState& alert, const std::string& name) {
  News news{.kind = News::Kind::plan, .name = name};
  news.alert_id = id_of(alert);
  news.plan = alert.record().plan();
  return news;
}

std::string state_words(const AlertState& alert, const AlertView& view) {
  return state_words(view, alert.name_of(view.index));
}

std::string state_words(const AlertView& view, const std::string& name) {
  switch (view.shown) {
    case Shown::nothing:
      return {};
    case Shown::not_sent:
      return words().not_sent_yet();
    case Shown::waits:
      return words().waits_on_relay(view.hold_s);
    case Shown::on_relay:
      return words().on_relay_unseen();
    case Shown::on_phones:
      return words().on_phones(view.count);
    case Shown::seen:
      return words().seen_by(view.count);
    case Shown::answering: {
      if (view.yours) return words().you_are_answering();
      return words().answering(name.empty() ? words().somebody() : name);
    }
    case Shown::nobody:
      return words().nobody_answered(view.silent_s, view.round);
    case Shown::unanswered:
      return words().unanswered();
    case Shown::forced:
      return words().forced_to_cancel();
    case Shown::all_clear:
      return words().all_clear();
  }
  return {};
}

void show_clock_off(Screen& screen, std::int64_t off_s, std::uint64_t now_s) {
  screen.event(JsonLine("clock", now_s).number("off_s", off_s).text("words", words().clock_off(off_s)));
  screen.say_now(words().clock_off(off_s));
}

void show_unreachable(Screen& screen, const std::vector<std::string>& names, std::uint64_t now_s) {
  for (const std::string& name : names) {
    screen.event(JsonLine("unreachable", now_s).text("name", name).flag("given_up", false));
    screen.say_now(words().withdrawn(printable(name)));
  }
}

void show_state(Screen& screen, const AlertState& alert, const AlertView& view, std::uint64_t now_s) {
  const std::string sentence = state_words(alert, view);
  if (sentence.empty()) return;
  JsonLine line = line_of("state", alert, now_s);
  line.text("state", state_name(view.shown)).text("words", sentence);
  line.flag("hers", alert.record().hers());
  if (view.shown == Shown::waits) line.number("hold_s", view.hold_s);
  if (view.shown == Shown::on_phones) line.number("phones", view.count);
  if (view.shown == Shown::seen) line.number("people", view.count);
  if (view.shown == Shown::answering) {
    line.text("name", alert.name_of(view.index)).flag("yours", view.yours);
    line.number("lease_s", static_cast<std::int64_t>(view.until_s > now_s ? view.until_s - now_s : 0));
    line.number("until_s", static_cast<std::int64_t>(view.until_s));
  }
  if (view.shown == Shown::nobody) line.number("silent_s", static_cast<std::int64_t>(view.silent_s));
  if (view.round > 0) line.number("round", view.round);
  if (view.forced) line.flag("forced", true);
  if (alert.record().alert().pressed_again() > 0) line.number("pressed_again", alert.record().alert().pressed_again());
  const bool drill = alert.record().alert().drill();
  screen.event(line);
  if (view.forced && view.shown != Shown::forced) screen.loud(in_drill(drill, words().forced_to_cancel()));
  const std::string said = view.shown == Shown::answering ? answering_words(alert, view, now_s) : sentence;
  screen.loud_now(in_drill(drill, said));
}

}  // namespace vigil::client
