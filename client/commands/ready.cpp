// `vigil ready`: would an alert work now? One screen; each red line names the person and what to do next; the exit code says it.
#include <algorithm>

#include "client/clock.hpp"
#include "client/commands/press.hpp"
#include "client/consent.hpp"
#include "client/inbox.hpp"
#include "client/plans.hpp"
#include "client/printable.hpp"
#include "client/readiness.hpp"
#include "client/readying.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

std::string relay_name(const Routes& routes) {
  return routes.routes().front().host + ":" + std::to_string(routes.routes().front().port);
}

// Through one's own address, as anybody would: over every route, with the key pinned.
asio::awaitable<ReadyRelay> ask_relay(const Relay& relay) {
  ReadyRelay found{.name = relay_name(relay.routes)};
  if (!relay.self_address) co_return found;
  wire::Request request;
  request.mutable_probe()->set_address(std::string(text(relay.self_address->view())));
  const Outcome<wire::Answer> answer = co_await ask_patiently(relay.routes, std::move(request), std::chrono::milliseconds(8'000));
  if (answer && answer->status() == wire::DONE) found.answer = ReadyRelay::Answer::good;
  if (answer && answer->status() == wire::REFUSED) found.answer = ReadyRelay::Answer::refused;
  co_return found;
}

ReadyPerson person_of(Account& account, const Counted& one, std::uint64_t now_s) {
  ReadyPerson person{.name = printable(one.contact.name), .tier = one.place.tier, .addresses = {}};
  person.on_duty = one.agreement.on_duty(now_s);
  person.lawyer = one.agreement.lawyer;
  const auto own = own_plan(account);
  const auto sent = account.plans.sent_to(one.contact.id);
  person.has_plan = own && sent && sent->plan_id == own->id && sent->arrived_s != 0;
  for (const Reach& reach : account.contacts.reaches(one.contact.id)) {
    const auto bundle = e2ee::verify_bundle(reach.bundle, one.contact.identity, now_s, 0, e2ee::BundleAge::must_be_fresh);
    if (bundle) person.keys_until_s = std::max(person.keys_until_s, bundle->not_after_s());
    const auto probe = Probes(account.container).find(one.contact.id, reach.routes.root());
    person.addresses.push_back(
        {.relay = relay_name(reach.routes), .good_s = probe ? probe->good_s : 0, .refused_s = probe ? probe->refused_s : 0});
  }
  if (const auto drill = Drills(account.container).newest_of(one.contact.id)) person.drilled_s = drill->pressed_s;
  for (const Booking& booking : Drills(account.container).bookings()) {
    if (booking.contact == one.contact.id) person.booked_s = booking.at_s;
  }
  return person;
}

asio::awaitable<Exit> gather(Account& account, ReadyFacts& facts) {
  const Remade remade = co_await keep_up(account, false);
  const std::vector<Sent> sent = co_await drain(account.outbox, wall_s());
  (void)sent;  // what has not gone lies in the outbox
  for (const Relay& relay : account.relays.all()) {
    ReadyRelay asked = co_await ask_relay(relay);
    facts.relays.push_back(std::move(asked));
  }
  adopt_running(account, wall_s());
  note_drills(account);
  facts.now_s = wall_s();
  for (const Counted& one : counted_people(account)) facts.people.push_back(person_of(account, one, facts.now_s));
  facts.empty_tiers = empty_tiers(account, facts.now_s);
  facts.prepared = remade.prepared;
  if (const Outcome<SendSlot::Stock> stock = account.slot.stock()) facts.oldest_made_s = stock->oldest_made_s;
  const std::uint64_t since_s = facts.now_s - drill_fresh_s;
  if (const auto drill = Drills(account.container).newest(false, drill_people_least, since_s)) facts.drilled_s = drill->pressed_s;
  if (const auto tried = Drills(account.container).newest(false)) {
    facts.drill_tried_s = tried->pressed_s;
    facts.drill_people = tried->people;
  }
  co_return Exit::done;
}

std::string_view colour_name(ReadyLine::Colour colour) {
  switch (colour) {
    case ReadyLine::Colour::green:
      return "green";
    case ReadyLine::Colour::advice:
      return "advice";
    case ReadyLine::Colour::red:
      return "red";
  }
  return "";
}

Exit run_ready(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  ReadyFacts facts;
  asio::io_context io(1);
  run_to_end(io, gather(*account, facts));
  const std::vector<ReadyLine> lines = readiness(facts);
  for (const ReadyLine& line : lines) {
    JsonLine said("ready_line", wall_s());
    said.text("colour", colour_name(line.colour)).text("what", line.what).text("name", line.name).text("words", line.words);
    screen.event(said);
    switch (line.colour) {
      case ReadyLine::Colour::green:
        screen.say("  ok  " + line.words);
        break;
      case ReadyLine::Colour::advice:
        screen.say("  --  " + line.words);
        break;
      case ReadyLine::Colour::red:
        screen.loud("  !!  " + line.words);
        break;
    }
  }
  const bool good = would_work(lines);
  screen.event(JsonLine("readiness", wall_s()).flag("good", good));
  screen.loud(good ? words().ready_yes() : words().ready_no());
  return good ? Exit::done : Exit::not_ready;
}

}  // namespace

void add_ready(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("ready", "would an alert work now? What is missing, and what to do about it");
  command->footer(
      "Exit code 0: it would; 11: something is missing, and each line with !! says what to do. Addresses of your people are\n"
      "asked about once a week by `vigil listen`: leave it running.");
  command->callback([&common, &run] { run = [&common] { return run_ready(common); }; });
}

}  // namespace vigil::client::commands
