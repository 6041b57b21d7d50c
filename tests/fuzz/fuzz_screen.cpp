// Names and texts of others on their way to the screen: whatever bytes they are, what comes out is one line of valid text without
// control or invisible characters, of a bounded width, and what was typed on keys is read without harm.
#include "client/full_screen.hpp"
#include "client/hours.hpp"
#include "client/json_events.hpp"
#include "client/render.hpp"
#include "client/words/words.hpp"
#include "tests/fuzz/shown.hpp"

using namespace vigil::client;
using vigil::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = printable(text, 100);
  vigil::fuzz::must_be_line(shown, "printable() makes a line");
  must(shown.size() <= 4 * 100 + 3, "of a bounded length");
  must(printable(shown, 101) == shown, "and nothing more is to be done to it");
  must(valid_utf8(valid_utf8(text)) == valid_utf8(text), "valid text stays as it is");

  const std::string name = clean_name(text);
  must(name == printable(name, name_characters_max) && name.size() <= name_bytes_max, "a name is a line");
  must(name.empty() || (name.front() != ' ' && name.back() != ' '), "and trimmed");

  const std::string json = json_string(text);
  must(json.size() >= 2 && json.front() == '"' && json.back() == '"', "JSON strings are quoted");
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    const auto c = static_cast<unsigned char>(json[i]);
    must(c >= 0x20 && c != 0x7F && !(c == 0xC2 && static_cast<unsigned char>(json[i + 1]) < 0xA0), "without control characters");
    if (c == '\\')
      must(i + 2 < json.size() && std::string_view("\"\\ntu").contains(json[++i]), "and escaped rightly");
    else
      must(c != '"', "and not ended early");
  }

  for (const std::size_t width : {1u, 7u, 40u}) {
    const std::string line = printable(text, 300);
    std::size_t letters = 0, kept = 0;
    for (const char c : line) letters += c != ' ';
    for (const std::string& piece : wrapped(line, width)) {
      must(columns_of(piece) <= std::max<std::size_t>(width, 2), "a piece fits");  // a wide character needs two
      vigil::fuzz::must_be_line(piece, "a piece is a line");
      for (const char c : piece) kept += c != ' ';
    }
    must(kept == letters || width == 1, "nothing is lost by breaking lines");
  }

  ScreenModel model;
  model.now_s = 1'800'000'000;
  AlertPanel panel;
  panel.name = panel.answerer = panel.note = shown;
  panel.actions = panel.never_tell = panel.muted_by = {shown, shown};
  panel.marks = {{.at_s = 1, .kind = vigil::content::Mark::HELD_AT, .who = shown, .where = shown, .how = shown, .text = shown}};
  model.alerts = {panel};
  model.troubles = model.people = {shown};
  model.news = {{.at_s = 1, .text = shown, .loud = size % 2 == 0}};
  model.question = model.typed = shown;
  for (const auto& [width, height] : {std::pair{80u, 24u}, std::pair{17u, 9u}, std::pair{1u, 3u}}) {
    const std::vector<Line> lines = render(model, width, height);
    must(lines.size() == height, "the screen is full");
    for (const Line& line : lines) {
      vigil::fuzz::must_be_line(line.text, "a row is a line");
      must(columns_of(line.text) <= width, "and fits");
    }
  }

  KeyReader keys;
  for (const char byte : text) {
    const auto key = keys.feed(byte);
    if (!key) continue;
    must(key->kind != Key::Kind::text || (!key->bytes.empty() && key->bytes.size() <= 4), "a key is one character");
    (void)command_letter(*key);
  }
  return 0;
}
