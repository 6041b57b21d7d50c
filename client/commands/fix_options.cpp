#include "client/commands/fix_options.hpp"

namespace vigil::client::commands {

void add_fix_options(CLI::App& command, FixOptions& options, bool with_input) {
  CLI::Option* file = command.add_option("--fix", options.file, "a file of NMEA or GeoJSON lines, as a receiver writes it");
  CLI::Option* gpsd = command.add_option("--gpsd", options.gpsd, "gpsd: an address in numbers; nothing is ever looked up");
  gpsd->type_name("HOST:PORT");
  gpsd->check(
      [](const std::string& text) { return read_gpsd_place(text) ? "" : "an address in numbers, such as 127.0.0.1:2947"; });
  file->excludes(gpsd);
  if (!with_input) return;
  CLI::Option* nmea = command.add_option("--nmea", options.nmea, "NMEA lines from standard input: --nmea -");
  CLI::Option* geojson = command.add_option("--geojson", options.geojson, "GeoJSON, one object a line: --geojson -");
  nmea->check(CLI::IsMember({"-"}))->excludes(geojson)->excludes(file)->excludes(gpsd);
  geojson->check(CLI::IsMember({"-"}))->excludes(file)->excludes(gpsd);
}

}  // namespace vigil::client::commands
