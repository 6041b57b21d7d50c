#include "client/screen.hpp"

#include <unistd.h>

#include <cstdio>

#include "client/clock.hpp"
#include "client/words/words.hpp"

namespace vigil::client {

Screen::Screen(bool json, bool plain) : json_(json), plain_(plain), colours_(!json && !plain && isatty(STDOUT_FILENO) == 1) {}

void Screen::put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Screen::say(const std::string& sentence) {
  if (json_) return;
  sink_ ? sink_(Kind::news, sentence) : put(sentence);
}
void Screen::say_now(const std::string& sentence) {
  say(sink_ ? sentence : clock_seconds(wall_s()) + "  " + sentence);
}
void Screen::loud(const std::string& sentence) {
  if (json_) return;
  sink_ ? sink_(Kind::loud, sentence) : put(colours_ ? "\033[1m" + sentence + "\033[0m" : sentence);
}
void Screen::loud_now(const std::string& sentence) {
  loud(sink_ ? sentence : clock_seconds(wall_s()) + "  " + sentence);
}
void Screen::detail(const std::string& sentence) {
  if (!sink_) say(sentence.empty() ? sentence : "  " + sentence);
}
void Screen::trouble(const std::string& sentence) {
  if (sink_) return sink_(Kind::trouble, sentence);
  say_now(sentence);
}
void Screen::block(const std::string& lines) {
  if (!json_ && !sink_) put(lines);
}
void Screen::clear() {
  if (json_ || plain_ || isatty(STDOUT_FILENO) != 1) return;
  std::fputs("\033[2J\033[3J\033[H", stdout);
  std::fflush(stdout);
}
void Screen::event(const JsonLine& line) {
  if (json_) put(line.line());
}
void Screen::ring() {
  if (sink_) return sink_(Kind::bell, {});
  if (json_ || plain_ || isatty(STDOUT_FILENO) != 1) return;
  std::fputc('\a', stdout);
  std::fflush(stdout);
}

Exit Screen::fail(Exit code, const std::string& sentence) {
  event(JsonLine("error", wall_s()).number("code", static_cast<int>(code)).text("words", sentence));
  if (sink_) {
    sink_(Kind::loud, sentence);
  } else {
    std::fprintf(stderr, "%s\n", sentence.c_str());
  }
  return code;
}

Trouble trouble_of(Fault fault, const std::string& home) {
  switch (fault) {
    case Fault::no_route:
    case Fault::timed_out:
    case Fault::closed:
    case Fault::not_a_relay:
    case Fault::unsupported_route:
    case Fault::stopped:
    case Fault::not_proved:
      return {Exit::no_route, words().no_route()};
    case Fault::wrong_key:
    case Fault::wrong_greeting:
      return {Exit::no_route, words().wrong_key()};
    case Fault::not_this_protocol:
      return {Exit::failed, words().old_version()};
    case Fault::displaced:
      return {Exit::failed, words().displaced()};
    case Fault::routes_unsigned:
    case Fault::routes_older:
    case Fault::routes_unchained:
    case Fault::routes_invalid:
    case Fault::invite_invalid:
      return {Exit::refused, words().bad_invite()};
    case Fault::invite_expired:
      return {Exit::refused, words().old_invite()};
    case Fault::no_profile:
      return {Exit::profile, words().no_profile(home)};
    case Fault::profile_exists:
      return {Exit::profile, words().already_joined()};
    case Fault::wrong_pin:
      return {Exit::wrong_pin, words().wrong_pin()};
    case Fault::damaged:
      return {Exit::profile, words().damaged_profile()};
    case Fault::newer_version:
      return {Exit::profile, words().newer_profile()};
    case Fault::busy:
      return {Exit::profile, words().profile_busy()};
    case Fault::disk_full:
    case Fault::disk:
      return {Exit::failed, words().disk_trouble()};
    case Fault::locked_by_press:
      return {Exit::profile, words().press_closes_command()};
    case Fault::no_prepared_alert:
      return {Exit::profile, words().no_prepared_alert()};
    case Fault::too_large:
      return {Exit::failed, words().unexpected()};
  }
  return {Exit::failed, words().unexpected()};
}

Trouble trouble_of(e2ee::Fault fault, const std::string& name) {
  switch (fault) {
    case e2ee::Fault::expired:
    case e2ee::Fault::from_the_future:
      return {Exit::refused, words().bundle_too_old(name)};
    case e2ee::Fault::malformed:
    case e2ee::Fault::bad_signature:
    case e2ee::Fault::wrong_identity:
    case e2ee::Fault::rolled_back:
      return {Exit::refused, words().bad_bundle(name)};
    case e2ee::Fault::not_trusted:
      return {Exit::refused, words().no_such_contact(name)};
      return {Exit::refused, words().bundle_too_old(name)};
    case e2ee::Fault::too_large:
      return {Exit::usage, words().text_too_long(50'000)};
    case e2ee::Fault::cannot_open:
    case e2ee::Fault::replay:
    case e2ee::Fault::wrong_sender:
    case e2ee::Fault::wrong_recipient:
    case e2ee::Fault::not_kept:
      return {Exit::failed, words().cannot_be_opened(name)};
  }
  return {Exit::failed, words().unexpected()};
}

Trouble trouble_of(Status status, const std::string& name) {
  switch (next_step(status)) {
    case NextStep::none:
      return {Exit::done, {}};
    case NextStep::try_for_2_h:
      return {Exit::refused, words().withdrawn(name)};
    case NextStep::show_ended:
      return {Exit::ended, words().alert_over()};
    case NextStep::retry_soon:
    case NextStep::ask_again:
    case NextStep::look_each:
      return {Exit::no_route, words().relay_busy()};
    case NextStep::fix_client:
      return {Exit::failed, words().old_version()};
  }
  return {Exit::failed, words().unexpected()};
}

}  // namespace vigil::client
