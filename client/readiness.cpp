#include "client/readiness.hpp"

#include <algorithm>

#include "client/clock.hpp"
#include "client/prepared.hpp"
#include "client/words/words.hpp"

namespace vigil::client {
namespace {

using Colour = ReadyLine::Colour;

class Lines {
 public:
  void green(std::string what, std::string name, std::string words) { add(Colour::green, what, name, words); }
  void advice(std::string what, std::string name, std::string words) { add(Colour::advice, what, name, words); }
  void red(std::string what, std::string name, std::string words) { add(Colour::red, what, name, words); }
  std::vector<ReadyLine> all;

 private:
  void add(Colour colour, std::string& what, std::string& name, std::string& words) {
    all.push_back({.colour = colour, .what = std::move(what), .name = std::move(name), .words = std::move(words)});
  }
};

bool older(std::uint64_t at_s, std::uint64_t than_s, std::uint64_t now_s) {
  return at_s == 0 || at_s + than_s < now_s;
}

void say_relays(const ReadyFacts& facts, Lines& lines) {
  for (const ReadyRelay& relay : facts.relays) {
    switch (relay.answer) {
      case ReadyRelay::Answer::good:
        lines.green("relay", relay.name, words().ready_relay(relay.name));
        break;
      case ReadyRelay::Answer::silent:
        lines.red("relay_silent", relay.name, words().ready_relay_silent(relay.name));
        break;
      case ReadyRelay::Answer::refused:
        lines.red("relay_refuses", relay.name, words().ready_relay_refuses(relay.name));
        break;
    }
  }
  if (facts.relays.empty()) lines.red("no_relay", "", words().ready_no_relay());
  if (facts.relays.size() == 1) lines.advice("one_relay", facts.relays.front().name, words().one_relay_only());
}

void say_person(const ReadyPerson& person, std::uint64_t now_s, Lines& lines) {
  const std::size_t before = lines.all.size();
  if (person.keys_until_s <= now_s) lines.red("keys_old", person.name, words().bundle_too_old(person.name));
  for (const ReadyAddress& address : person.addresses) {
    if (address.refused_s != 0) {
      lines.red("address_refused", person.name, words().ready_address_refused(person.name, address.relay));
    } else if (older(address.good_s, probe_fresh_s, now_s)) {
      lines.red("address_unknown", person.name, words().ready_address_unknown(person.name));
    }
  }
  if (person.addresses.empty()) lines.red("no_address", person.name, words().ready_address_refused(person.name, ""));
  if (!person.has_plan) lines.advice("plan_not_there", person.name, words().plan_not_there(person.name));
  if (!person.on_duty) lines.advice("off_duty", person.name, words().is_off_duty(person.name, ""));
  if (lines.all.size() == before) lines.green("person", person.name, words().ready_person(person.name, person.tier));
}

void say_lawyer(const ReadyFacts& facts, Lines& lines) {
  bool some = false;
  for (const ReadyPerson& person : facts.people) {
    if (!person.lawyer) continue;
    some = true;
    if (!older(person.drilled_s, drill_fresh_s, facts.now_s)) {
      lines.green("lawyer_drill", person.name,
                  words().ready_lawyer_drill(person.name, clock_text(person.drilled_s, facts.now_s)));
    } else if (person.booked_s > facts.now_s) {
      lines.green("lawyer_booked", person.name,
                  words().ready_lawyer_booked(person.name, clock_text(person.booked_s, facts.now_s)));
    } else {
      lines.red("lawyer_drill_due", person.name, words().ready_lawyer_due(person.name));
    }
  }
  if (!some) lines.advice("no_lawyer", "", words().plan_without_lawyer());
}

void say_drill(const ReadyFacts& facts, Lines& lines) {
  if (!older(facts.drilled_s, drill_fresh_s, facts.now_s)) {
    lines.green("drill", "", words().ready_drill(clock_text(facts.drilled_s, facts.now_s)));
  } else if (facts.people.size() < drill_people_least) {
    lines.red("too_few", "", words().ready_too_few());
  } else if (older(facts.drill_tried_s, drill_fresh_s, facts.now_s)) {
    lines.red("drill_due", "", words().ready_drill_due());
  } else {
    lines.red("drill_unanswered", "", words().ready_drill_unanswered(facts.drill_people));
  }
}

}  // namespace

std::vector<ReadyLine> readiness(const ReadyFacts& facts) {
  Lines lines;
  say_relays(facts, lines);
  if (facts.people.empty()) lines.red("no_tiers", "", words().tiers_none());
  for (const std::uint32_t tier : facts.empty_tiers) lines.red("tier_empty", std::to_string(tier), words().tier_empty(tier));
  for (const ReadyPerson& person : facts.people) say_person(person, facts.now_s, lines);
  if (facts.prepared == 0) {
    lines.red("none_prepared", "", words().no_prepared_alert());
  } else if (older(facts.oldest_made_s, prepared_life_s, facts.now_s)) {
    lines.red("prepared_old", "", words().ready_prepared_old());
  } else {
    lines.green("prepared", "", words().ready_prepared(facts.prepared));
  }
  if (!facts.people.empty()) {
    say_drill(facts, lines);
    say_lawyer(facts, lines);
  }
  return lines.all;
}

bool would_work(const std::vector<ReadyLine>& lines) {
  return std::none_of(lines.begin(), lines.end(), [](const ReadyLine& line) { return line.colour == Colour::red; });
}

}  // namespace vigil::client
