// `vigil ready` as a pure function: everything good is green, and each thing that goes wrong gives one red line that names it.
#include "client/readiness.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace vigil::client;

namespace {

constexpr std::uint64_t now_s = 1'800'000'000;
constexpr std::uint64_t day_s = 86'400;

ReadyFacts all_good() {
  ReadyFacts facts{
      .now_s = now_s, .relays = {{.name = "one", .answer = ReadyRelay::Answer::good}}, .people = {}, .empty_tiers = {}};
  facts.relays.push_back({.name = "two", .answer = ReadyRelay::Answer::good});
  for (const char* name : {"Dana", "Boris"}) {
    ReadyPerson person{.name = name, .keys_until_s = now_s + day_s, .addresses = {}};
    person.addresses.push_back({.relay = "one", .good_s = now_s - 3 * day_s});
    facts.people.push_back(person);
  }
  facts.people[1].tier = 2;
  facts.people[1].lawyer = true;
  facts.people[1].drilled_s = now_s - 20 * day_s;
  facts.prepared = 4;
  facts.oldest_made_s = now_s - day_s;
  facts.drilled_s = facts.drill_tried_s = now_s - 29 * day_s;
  facts.drill_people = 2;
  return facts;
}

std::vector<std::string> reds(const ReadyFacts& facts) {
  std::vector<std::string> found;
  for (const ReadyLine& line : readiness(facts)) {
    if (line.colour == ReadyLine::Colour::red) found.push_back(line.what + " " + line.name);
  }
  return found;
}

using Reds = std::vector<std::string>;

}  // namespace

TEST_CASE("everything tried lately is ready, without a red line or advice", "[ready]") {
  const auto lines = readiness(all_good());
  CHECK(would_work(lines));
  CHECK(std::all_of(lines.begin(), lines.end(), [](const ReadyLine& l) { return l.colour == ReadyLine::Colour::green; }));
}

TEST_CASE("each thing that is missing gives one red line that names it", "[ready]") {
  ReadyFacts facts = all_good();
  SECTION("keys of hers that are too old") {
    facts.people[0].keys_until_s = now_s;
    CHECK(reds(facts) == Reds{"keys_old Dana"});
  }
  SECTION("an address that was refused, however good it was before") {
    facts.people[0].addresses[0].refused_s = now_s - 5;
    CHECK(reds(facts) == Reds{"address_refused Dana"});
  }
  SECTION("an address that nobody has asked about for too long") {
    facts.people[1].addresses[0].good_s = now_s - probe_fresh_s - 1;
    CHECK(reds(facts) == Reds{"address_unknown Boris"});
  }
  SECTION("a relay that does not answer") {
    facts.relays[1].answer = ReadyRelay::Answer::silent;
    CHECK(reds(facts) == Reds{"relay_silent two"});
  }
  SECTION("a relay that does not know the mailbox") {
    facts.relays[0].answer = ReadyRelay::Answer::refused;
    CHECK(reds(facts) == Reds{"relay_refuses one"});
  }
  SECTION("no alert ready, or an old one") {
    facts.oldest_made_s = now_s - 15 * day_s;
    CHECK(reds(facts) == Reds{"prepared_old "});
    facts.prepared = 0;
    CHECK(reds(facts) == Reds{"none_prepared "});
  }
  SECTION("a drill too long ago") {
    facts.drilled_s = facts.drill_tried_s = now_s - 31 * day_s;
    CHECK(reds(facts) == Reds{"drill_due "});
  }
  SECTION("a drill that only one person answered") {
    facts.drilled_s = 0;
    facts.drill_people = 1;
    CHECK(reds(facts) == Reds{"drill_unanswered "});
  }
  SECTION("only one person") {
    facts.people.erase(facts.people.begin());
    facts.drilled_s = 0;
    CHECK(reds(facts) == Reds{"too_few "});
  }
  SECTION("a lawyer without a drill of her own; booked is enough until then") {
    facts.people[1].drilled_s = now_s - 31 * day_s;
    CHECK(reds(facts) == Reds{"lawyer_drill_due Boris"});
    facts.people[1].booked_s = now_s + day_s;
    CHECK(reds(facts).empty());
    facts.people[1].booked_s = now_s - 1;
    CHECK(reds(facts) == Reds{"lawyer_drill_due Boris"});
  }
  SECTION("a tier without anybody on duty") {
    facts.people[0].on_duty = false;
    facts.empty_tiers = {1};
    CHECK(reds(facts) == Reds{"tier_empty 1"});
  }
}

TEST_CASE("one relay only and no lawyer are advice, not red", "[ready]") {
  ReadyFacts facts = all_good();
  facts.relays.pop_back();
  facts.people[1].lawyer = false;
  const auto lines = readiness(facts);
  CHECK(would_work(lines));
  CHECK(std::count_if(lines.begin(), lines.end(), [](const ReadyLine& l) { return l.colour == ReadyLine::Colour::advice; }) == 2);
}
