// Text from others on this screen, words, JSON lines, cards. Goal: nothing that came from outside moves a cursor, breaks a line
// of JSON or is believed without its lengths.
#include <catch2/catch.hpp>

#include "client/alert_state.hpp"
#include "client/card.hpp"
#include "client/json_events.hpp"
#include "client/printable.hpp"
#include "client/qr.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

using namespace vigil;
using namespace vigil::client;

TEST_CASE("a name cannot carry an escape sequence, a line break or a change of direction", "[client][screens]") {
  CHECK(printable("A\x1b[2Jb") == "A\uFFFD[2Jb");
  CHECK(printable("a\nb\rc\x7f") == "a\uFFFDb\uFFFDc\uFFFD");
  CHECK(printable("x\u202Etxt") == "x\uFFFDtxt");
  CHECK(printable("a\u200Bb") == "a\uFFFDb");
  CHECK(printable("\xc3\x28") == "\uFFFD(");
  CHECK(printable("\xed\xa0\x80").find('\xed') == std::string::npos);
  CHECK(printable("Айгүл") == "Айгүл");
  CHECK(printable(std::string(500, 'a'), 10) == std::string(10, 'a') + "…");
}

TEST_CASE("a name typed here is trimmed, or refused when it would look like something else", "[client][screens]") {
  CHECK(clean_name("  Dana \r") == "Dana");
  CHECK(clean_name("").empty());
  CHECK(clean_name(" \t").empty());
  CHECK(clean_name("a\u202Eb").empty());
  CHECK(clean_name("a name of more than twenty characters").empty());
  CHECK(clean_name("Әйгерім Нұрсұлтанқыз") == "Әйгерім Нұрсұлтанқыз");  // twenty of any script
  CHECK(clean_name("Әйгерім Нұрсұлтанқызы").empty());
}

TEST_CASE("any bytes are one valid JSON string", "[client][screens]") {
  CHECK(json_string("a\"b\\c\n\x01\xff") == "\"a\\\"b\\\\c\\n\\u0001\uFFFD\"");
  // Nor does a line for scripts do anything to a terminal: C1 controls, direction overrides, tags beyond the first plane.
  CHECK(json_string("\xC2\x9B"
                    "31m\u202E\U000E0041\x7F") == R"("\u009b31m\u202e\udb40\udc41\u007f")");
  CHECK(json_string("Әйгерім") == "\"Әйгерім\"");
  JsonLine line("state", 7);
  line.text("name", "\"}\n{").flag("yours", true).number("n", -3).texts("names", {"a", "b"});
  CHECK(line.line() == R"({"event":"state","at_s":7,"name":"\"}\n{","yours":true,"n":-3,"names":["a","b"]})");
  CHECK(degrees(432'183'828) == "43.2183828");
  CHECK(degrees(-5) == "-0.0000005");
}

TEST_CASE("the states are said in the design's words", "[client][screens]") {
  CHECK(words().not_sent_yet() == "NOT SENT YET");
  CHECK(words().waits_on_relay(10) == "waits 10 s on the relay");
  CHECK(words().on_relay_unseen() == "on the relay, nobody has seen it");
  CHECK(words().on_phones(2) == "on 2 phones");
  CHECK(words().on_phones(1) == "on 1 phone");
  CHECK(words().seen_by(1) == "seen by 1");
  CHECK(words().answering("A.") == "A. is answering");
  CHECK(words().nobody_answered(0, 2) == "NOBODY IS ANSWERING, round 2");
  CHECK(words().nobody_answered(23 * 60, 2) == "NOBODY HAS ANSWERED FOR 23 MIN, round 2");
  CHECK(words().all_clear() == "all clear");
  CHECK(words().forced_to_cancel() == "FORCED TO CANCEL. Do not call or write to her.");
  CHECK(words().cannot_be_reached("B.") == "B. cannot be reached");
  CHECK(words().cannot_be_opened("B.") == "from B., cannot be opened: call her");
}

TEST_CASE("what is not a whole card is not read as one", "[client][screens]") {
  const std::uint64_t now_s = 1'800'000'000;
  content::Card card;
  card.set_identity(std::string(33, 5));
  card.set_secret(std::string(32, 7));
  card.set_not_after_s(now_s + 600);
  CHECK(read_card("", now_s).error() == CardFault::not_a_card);
  CHECK(read_card("vigil:card:", now_s).error() == CardFault::not_a_card);
  CHECK(read_card("vigil:join:abcd", now_s).error() == CardFault::not_a_card);
  CHECK(read_card(write_card(card), now_s).error() == CardFault::not_a_card);  // no relay to reach her by
  for (int i = 0; i < 500; ++i)
    CHECK_FALSE(read_card("vigil:card:" + base64url(random_bytes(random_below(300))), now_s).has_value());
}

TEST_CASE("a card fits a QR code, and what does not fit is not drawn", "[client][screens]") {
  CHECK(draw_qr("vigil:card:" + std::string(700, 'a')).has_value());
  CHECK_FALSE(draw_qr(std::string(4000, 'a')).has_value());
}
