// The timeline. Goal: everything that is learned of an alert is in it, in order, and a changed byte of anything that has a proof
// is found. Method: an alert lived through by AlertState with real chains and MACs, then bent entry by entry.
#include "client/timeline.hpp"

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/between.hpp"
#include "proto/limits.hpp"

using namespace vigil;
using namespace vigil::client;

namespace {

constexpr std::uint64_t start_s = 1'800'000'000;

std::string str(View v) {
  return std::string(text(v));
}

struct Lived {
  e2ee::Identity own = e2ee::Identity::generate(), dana = e2ee::Identity::generate(), aigul = e2ee::Identity::generate();
  Secret start = random_id<Secret>(), closing[2] = {random_id<Secret>(), random_id<Secret>()};
  Bytes alert_id = random_bytes(16), vigil_id = random_bytes(32);
  AlertState state = AlertState::begin(alert_id, aigul.key().view(), false, start_s);

  Lived() {
    content::Alert alert;
    alert.set_alert_id(str(alert_id));
    alert.set_vigil_id(str(vigil_id));
    alert.set_pressed_s(start_s);
    for (const Secret& close : closing) {
      content::Responder& responder = *alert.add_responders();
      responder.set_head(str(answer_chain(start, limits::answer_chain_steps).view()));
      responder.set_close_hash(str(vigil_secret_hash(close).view()));
    }
    wire::Delivery rang;
    rang.set_round(1);
    rang.set_released_s(start_s + 10);
    state.copy(alert, std::nullopt, rang, random_bytes(32), start_s + 11);
    act(wire::Released::ANSWERED, 1, 30);
    mark_by_dana(content::Mark::HELD_AT, 50);
    content::Note note;
    note.set_alert_id(str(alert_id));
    note.set_text("<b>her neighbour & I</b>");
    note.set_at_s(start_s + 40);  // came after the mark, was written before it
    note.set_mac(mac(body_of(note)));
    state.note(dana.key().view(), false, note, start_s + 61);
    act(wire::Released::GIVEN_BACK, 2, 70);
    wire::Delivery closed;
    closed.set_released_s(start_s + 90);
    wire::Released& said = *closed.mutable_notice();
    said.set_act(wire::Released::CLOSED);
    said.set_index_other(1);
    said.set_token(str(closing[0].view()));
    said.set_token_other(str(closing[1].view()));
    state.notice(vigil_id, closed, start_s + 91);
  }
  std::string mac(const std::string& body) const {
    return str(e2ee::between_mac(dana, own.key(), true, alert_id, view(body))->view());
  }
  void act(wire::Released::Act what, std::uint32_t step, std::uint64_t after_s) {
    wire::Delivery delivery;
    delivery.set_released_s(start_s + after_s);
    wire::Released& said = *delivery.mutable_notice();
    said.set_act(what);
    said.set_step(step);
    said.set_lease_s(900);
    said.set_token(str(answer_chain(start, limits::answer_chain_steps - step).view()));
    REQUIRE(state.notice(vigil_id, delivery, start_s + after_s) == Fact::news);
  }
  void mark_by_dana(content::Mark::Kind kind, std::uint64_t after_s) {
    content::Mark mark;
    mark.set_alert_id(str(alert_id));
    mark.set_kind(kind);
    mark.set_where("Almaly station");
    mark.set_how("phoned the desk");
    mark.set_at_s(start_s + after_s);
    mark.set_mac(mac(body_of(mark)));
    REQUIRE(state.mark(dana.key().view(), false, mark, start_s + 60) == Fact::news);
    REQUIRE(state.mark(dana.key().view(), false, mark, start_s + 65) == Fact::known);
  }
  Timeline timeline() const {
    return timeline_of(
        state, own, [&](View who) { return std::string(vigil::text(who) == vigil::text(dana.key().view()) ? "Dana" : "Aigul"); });
  }
};

}  // namespace

TEST_CASE("a timeline is ordered by when things happened, and each entry says what shows it", "[client][timeline]") {
  const Lived lived;
  const Timeline timeline = lived.timeline();
  std::vector<std::pair<std::string, std::string>> seen;
  for (const Moment& moment : timeline.moments) seen.emplace_back(kind_name(moment.kind), proof_name(moment.proof));
  const std::vector<std::pair<std::string, std::string>> expected{
      {"pressed", "sealed"}, {"rang", "relay"},       {"answered", "token"},   {"note", "mac"},
      {"mark", "mac"},       {"given_back", "token"}, {"closed", "two_tokens"}};
  CHECK(seen == expected);
  CHECK(timeline.wrong == 0);
  CHECK(timeline.moments[4].words == "Dana: held at Almaly station (how: phoned the desk)");
}

TEST_CASE("a changed byte of a mark, a note, a token or a time under a MAC is found", "[client][timeline]") {
  Lived lived;
  const auto bend = [&](record::Entry::Kind kind, const std::function<void(record::Entry&)>& how) {
    Lived bent = Lived();
    for (record::Entry& entry : *bent.state.record().mutable_timeline()) {
      if (entry.kind() == kind) how(entry);
    }
    return bent.timeline().wrong;
  };
  using record::Entry;
  CHECK(bend(Entry::MARK, [](Entry& e) { e.mutable_mark()->set_where("Bostandyk station"); }) == 1);
  CHECK(bend(Entry::MARK, [](Entry& e) { e.mutable_mark()->set_kind(content::Mark::FREE); }) == 1);
  CHECK(bend(Entry::MARK, [](Entry& e) { e.mutable_mark()->set_at_s(e.mark().at_s() + 1); }) == 1);
  CHECK(bend(Entry::MARK, [](Entry& e) { e.mutable_mark()->clear_mac(); }) == 1);
  CHECK(bend(Entry::MARK, [&](Entry& e) { e.set_person(str(lived.aigul.key().view())); }) == 1);
  CHECK(bend(Entry::NOTE, [](Entry& e) { e.mutable_note()->set_text("nothing"); }) == 1);
  CHECK(bend(Entry::NOTE, [](Entry& e) { e.mutable_note()->set_alert_id(std::string(16, 'x')); }) == 1);
  CHECK(bend(Entry::ANSWERED, [](Entry& e) { e.set_step(3); }) == 1);
  CHECK(bend(Entry::ANSWERED, [](Entry& e) { e.set_token(std::string(32, 'x')); }) == 1);
  CHECK(bend(Entry::GIVEN_BACK, [](Entry& e) { e.set_kind(Entry::ANSWERED); }) == 1);
  CHECK(bend(Entry::CLOSED, [](Entry& e) { e.set_index_other(0); }) == 1);
  CHECK(bend(Entry::RANG, [](Entry&) {}) == 0);
}

TEST_CASE("a MAC is for one reader, one writer and one alert", "[client][timeline]") {
  const e2ee::Identity dana = e2ee::Identity::generate(), boris = e2ee::Identity::generate(), clara = e2ee::Identity::generate();
  const Bytes alert = random_bytes(16);
  const Bytes body{1, 2, 3};
  const auto made = e2ee::between_mac(dana, boris.key(), true, alert, body);
  REQUIRE(made);
  CHECK(made == e2ee::between_mac(boris, dana.key(), false, alert, body));
  CHECK(made != e2ee::between_mac(boris, dana.key(), true, alert, body));
  CHECK(made != e2ee::between_mac(clara, dana.key(), false, alert, body));
  CHECK(made != e2ee::between_mac(boris, dana.key(), false, random_bytes(16), body));
  CHECK_FALSE(e2ee::between_mac(dana, e2ee::IdentityKey{}, true, alert, body));
}

TEST_CASE("the printable page holds everything, escaped, loads nothing, and says what it proves", "[client][timeline]") {
  const Timeline timeline = Lived().timeline();
  const std::string html = page_as_html(timeline);
  CHECK(html.find("&lt;b&gt;her neighbour &amp; I&lt;/b&gt;") != std::string::npos);
  CHECK(html.find("<b>") == std::string::npos);
  CHECK(html.find("http://") == std::string::npos);
  CHECK(html.find("<script") == std::string::npos);
  for (const std::string& page : {html, page_as_text(timeline)}) {
    CHECK(page.find("does not prove to a third person who wrote it") != std::string::npos);
    CHECK(page.find(utc_text(start_s) + " UTC") != std::string::npos);
    CHECK(page.find("held at Almaly station") != std::string::npos);
  }
}

TEST_CASE("a timeline does not grow for ever, and says when it is full", "[client][timeline]") {
  Lived lived;
  content::Note note;
  note.set_alert_id(str(lived.alert_id));
  for (int i = 0; i < timeline_entries_max + 50; ++i) {
    note.set_at_s(start_s + static_cast<std::uint64_t>(i));
    lived.state.note(lived.dana.key().view(), false, note, start_s + 100);
  }
  CHECK(lived.state.record().timeline_size() == timeline_entries_max);
  CHECK(lived.timeline().full);
}
