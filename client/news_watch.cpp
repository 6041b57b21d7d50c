// Check-ins and places of others on a screen.
#include "client/account.hpp"
#include "client/clock.hpp"
#include "client/news.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"

namespace vigil::client {
namespace {

void show_check_in(Screen& screen, const News& news, std::uint64_t now_s) {
  const content::CheckIn& said = news.check_in;
  const std::string clock = clock_text(said.counts_from_s(), now_s);
  std::string_view kind = "begun";
  std::string sentence = words().check_in_begun(news.name, clock);
  if (news.forced) {
    kind = "forced";
    sentence = words().check_in_forced(news.name);
  } else if (said.kind() == content::CheckIn::GOES_ON) {
    kind = "goes_on";
    sentence = words().check_in_goes_on(news.name, clock);
  } else if (said.kind() == content::CheckIn::ENDED) {
    kind = "ended";
    sentence = words().check_in_ended(news.name);
  }
  JsonLine line("watched", now_s);
  line.text("name", news.name).text("kind", kind).number("counts_from_s", static_cast<std::int64_t>(said.counts_from_s()));
  if (said.until_s() != 0) {
    line.number("until_s", static_cast<std::int64_t>(said.until_s()));
    sentence += " " + words().check_in_until(clock_text(said.until_s(), now_s));
  }
  screen.event(line);
  if (news.forced) {
    screen.loud_now(sentence);
    screen.ring();
  } else {
    screen.say_now(sentence);
  }
}

}  // namespace

void show_watch_news(Screen& screen, const News& news, std::uint64_t now_s) {
  if (news.kind == News::Kind::check_in) {
    show_check_in(screen, news, now_s);
  } else if (news.kind == News::Kind::sharing) {
    const content::Sharing& said = news.sharing;
    screen.event(JsonLine("sharing", now_s)
                     .text("name", news.name)
                     .number("until_s", static_cast<std::int64_t>(said.until_s()))
                     .flag("exact", said.exact())
                     .text("seen_by", news.text));
    screen.say_now(said.until_s() == 0
                       ? words().she_shares_no_more(news.name)
                       : words().she_shares(news.name, clock_text(said.until_s(), now_s), said.exact(), news.text));
  } else if (news.kind == News::Kind::place) {
    screen.event(JsonLine("place", now_s)
                     .text("name", news.name)
                     .raw("lat", degrees(news.fix.latitude()))
                     .raw("lon", degrees(news.fix.longitude()))
                     .number("at_s_place", static_cast<std::int64_t>(news.fix.at_s()))
                     .flag("exact", news.exact));
    screen.say_now(words().her_place(news.name, coordinates(news.fix.latitude(), news.fix.longitude()),
                                     words().age(since(news.fix.at_s(), now_s)), news.exact));
  }
}

std::vector<std::string> watched_people(Account& account, std::uint64_t now_s) {
  const auto called = [&](const Bytes& person) {
    const auto identity = e2ee::IdentityKey::from(person);
    return identity ? account.name_of(*identity) : words().somebody();
  };
  std::vector<std::string> lines;
  for (const Watched& watched : account.watches.all()) {
    if (!watched.running()) continue;
    const std::string name = called(watched.person);
    lines.push_back(watched.forced ? words().check_in_forced(name)
                                   : words().check_in_goes_on(name, clock_text(watched.counts_from_s, now_s)));
  }
  for (const Shared& shared : account.places.running(now_s)) {
    const std::string name = called(shared.person);
    lines.push_back(words().she_shares(name, clock_text(shared.until_s, now_s), shared.exact, shared.seen_by));
    const TrailView trail = account.places.trail(shared.person);
    const TrailPoint* const last = trail.last();
    if (last == nullptr) continue;
    lines.push_back(words().her_place(name, coordinates(last->fix.latitude, last->fix.longitude),
                                      words().age(since(last->fix.at_s, now_s)), last->exact));
  }
  return lines;
}

}  // namespace vigil::client
