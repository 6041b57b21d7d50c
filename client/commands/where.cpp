// `vigil where`: the trail of somebody's phone: age, gaps as gaps; for people, as GeoJSON, GPX or a geo: link.
#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"

#include <cstdio>

namespace vigil::client::commands {
namespace {

struct WhereOptions {
  std::string name;
  bool geojson = false, gpx = false, geo = false;
};

void write(const std::string& document) {
  std::fwrite(document.data(), 1, document.size(), stdout);
  std::fflush(stdout);
}

void show(Screen& screen, const std::string& name, const TrailView& trail, std::uint64_t now_s) {
  const TrailPoint& last = *trail.last();
  std::size_t points = 0;
  for (const auto& piece : trail.pieces) points += piece.size();
  screen.event(JsonLine("trail", now_s)
                   .text("name", name)
                   .number("pieces", static_cast<std::int64_t>(trail.pieces.size()))
                   .number("points", static_cast<std::int64_t>(points))
                   .raw("lat", degrees(last.fix.latitude))
                   .raw("lon", degrees(last.fix.longitude))
                   .number("last_s", static_cast<std::int64_t>(last.fix.at_s))
                   .flag("exact", last.exact));
  std::uint64_t before_s = 0;
  for (const auto& piece : trail.pieces) {
    if (before_s != 0) screen.say(words().trail_gap(words().age(piece.front().fix.at_s - before_s)));
    for (const TrailPoint& point : piece)
      screen.say(words().trail_point(clock_text(point.fix.at_s, now_s), coordinates(point.fix.latitude, point.fix.longitude),
                                     point.exact));
    before_s = piece.back().fix.at_s;
  }
  if (since(before_s, now_s) > gap_s) screen.say(words().trail_gap(words().age(since(before_s, now_s))));
  screen.loud(words().her_place(name, coordinates(last.fix.latitude, last.fix.longitude),
                                words().age(since(last.fix.at_s, now_s)), last.exact));
  if (last.fix.speed_cm_s >= 100) screen.say(words().moving(kmh(last.fix.speed_cm_s), words().compass(last.fix.heading_deg)));
  if (last.fix.battery_percent <= 100) screen.say(words().battery(last.fix.battery_percent));
  screen.say(words().phones_place());
}

Exit run_where(const Common& common, const WhereOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::taken);
  const std::string name = printable(contact.name);
  account->places.forget_old(account->alerts, wall_s());
  const TrailView trail = account->places.trail(contact.identity.view());
  if (trail.last() == nullptr) throw Stop{Exit::ended, words().no_trail(name)};
  if (options.geojson) {
    write(geojson_of(trail));
  } else if (options.gpx) {
    write(gpx_of(trail));
  } else if (options.geo) {
    write(geo_uri_of(trail.last()->fix) + "\n");
  } else {
    show(screen, name, trail, wall_s());
  }
  return Exit::done;
}

}  // namespace

void add_where(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<WhereOptions>();
  CLI::App* command = app.add_subcommand("where", "the trail of somebody's phone, as far as she shows it");
  add_name_option(*command, options->name);
  CLI::Option* geojson = command->add_flag("--geojson", options->geojson, "for a map: GeoJSON");
  CLI::Option* gpx = command->add_flag("--gpx", options->gpx, "for a navigation device: GPX");
  CLI::Option* geo = command->add_flag("--geo", options->geo, "a geo: link of the last place");
  geojson->excludes(gpx)->excludes(geo);
  gpx->excludes(geo);
  command->footer("Nothing is asked of anybody: no map is loaded, no address looked up. Gone 24 h after the share or the alert.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_where(common, *options); }; });
}

}  // namespace vigil::client::commands
