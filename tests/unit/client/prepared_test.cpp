// Prepared alerts and the send-only slot, with real keys in real containers: what is sealed opens at the right person, the slot
// shows no name, and a prepared alert is used once whatever dies.
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include "client/key_store.hpp"
#include "client/records/people.hpp"
#include "client/refresh.hpp"
#include "client/send_slot.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"
#include "crypto/base/vigil_id.hpp"
#include "crypto/e2ee/responder_secrets.hpp"
#include "crypto/e2ee/session.hpp"
#include "proto/limits.hpp"
#include "tests/unit/client/support.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

constexpr std::uint64_t now_s = 1'800'000'000;

// One person: profile, keys, and the address at which the test reaches her.
struct Person {
  TemporaryHome home;
  Profile profile = Profile::create(*home, view("1"), PinCost::tests()).value();
  ContainerKeys keys{profile.container()};
  e2ee::Identity identity = keys.own_identity();
  Address address = random_id<Address>();

  e2ee::PeerBundle bundle() {
    e2ee::OwnKeys own(identity, keys);
    const Bytes bytes = own.make_bundle(now_s).bundle;
    return e2ee::verify_bundle(bytes, identity.key(), now_s, 0, e2ee::BundleAge::must_be_fresh).value();
  }
  content::Content open(const std::string& envelope, const e2ee::IdentityKey& from, std::uint64_t at_s = now_s) {
    e2ee::Sessions sessions(identity, keys);
    auto opened = sessions.open(view(envelope), address_hash(address), from, at_s);
    REQUIRE(opened);
    return opened->content;
  }
  std::optional<e2ee::ResponderSecrets> secrets(const content::Alert& alert, std::uint32_t index) {
    const e2ee::Transaction step(keys);
    return e2ee::open_responder_secrets(keys, view(alert.vigil_id()), index, view(alert.your_secrets()));
  }
};

struct Story {
  Person aida, ben, cora;
  SigningKey root = SigningKey::generate();
  Routes routes = some_routes(root);

  Plan plan() {
    Plan plan;
    plan.responders.push_back({"Benedikta-the-neighbour", 1, 0, {{routes, ben.address, ben.bundle()}}});
    plan.responders.push_back({"Cora", 2, 120, {{routes, cora.address, cora.bundle()}}});
    plan.own.push_back({routes, aida.address, aida.bundle()});
    return plan;
  }
  kept::PreparedAlert prepare() {
    auto prepared = prepare_alert(plan(), aida.identity, aida.profile.box_keys(), now_s);
    REQUIRE(prepared);
    return std::move(*prepared);
  }
};

wire::Vigil joined(const SealedVigil& sealed) {
  std::string whole;
  for (const wire::Request& part : sealed.keep) whole += part.keep().piece();
  wire::Vigil vigil;
  REQUIRE(vigil.ParseFromString(whole));
  return vigil;
}

Press press() {
  Press press;
  press.pressed_s = now_s + 100;
  press.hold_s = 10;
  press.note = "Blue van, two men";
  press.track.mutable_newest()->set_latitude(525200000);
  return press;
}

}  // namespace

TEST_CASE("a prepared alert, sealed at the press, is a whole vigil of the protocol", "[client][prepared]") {
  Story story;
  const auto sealed = seal_alert(story.prepare(), press());
  REQUIRE(sealed);
  REQUIRE(sealed->vigils.size() == 1);
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  CHECK(vigil.id() == text(vigil_id(vigil).view()));
  CHECK(vigil.kind() == wire::ALERT);
  CHECK(vigil.repeats());
  CHECK(vigil.due_in_s() == 10);
  CHECK(vigil.addresses().size() == 3 * 32);
  REQUIRE(vigil.stages_size() == 2);
  CHECK(vigil.stages(0).after_s() == 0);
  CHECK(vigil.stages(1).after_s() == 120);
  for (const wire::Stage& stage : vigil.stages()) {
    REQUIRE(stage.copies_size() == 1);
    CHECK(stage.copies(0).envelope().size() == limits::small_alert_envelope_bytes);
  }
  REQUIRE(vigil.endings_size() == 2);
  CHECK(vigil.endings(0).effect() != vigil.endings(1).effect());
  for (const wire::Ending& ending : vigil.endings()) {
    REQUIRE(ending.copies_size() == 2);
    for (int i = 0; i < 2; ++i) {
      CHECK(ending.copies(i).address() == static_cast<std::uint32_t>(i));
      CHECK(ending.copies(i).envelope().size() == limits::ending_envelope_bytes);
    }
  }
  CHECK(vigil.notices_size() == 3);
  CHECK(vigil.answers_size() == 2);
}

TEST_CASE("what a second press shows is sealed at the first: the same alert, said to be pressed again, for each responder",
          "[client][prepared]") {
  Story story;
  kept::PreparedAlert spare = story.prepare();
  auto sealed = seal_alert(kept::PreparedAlert(spare), press());
  REQUIRE(sealed);
  const auto first = seal_fresh_copies(spare, 0, press());
  REQUIRE(first);
  REQUIRE(seal_pressed_again(spare, press(), sealed->running));
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  const kept::RunningVigil& running = sealed->running.vigils(0);
  wire::Request again;
  REQUIRE(again.ParseFromString(running.again()));
  CHECK(again.refresh().vigil_id() == vigil.id());
  CHECK(vigil.refresh_hash() == text(vigil_secret_hash(*Secret::from(view(again.refresh().secret()))).view()));
  REQUIRE(again.refresh().copies_size() == 2);
  const std::array<Person*, 2> people{&story.ben, &story.cora};
  for (int i = 0; i < 2; ++i) {
    const wire::StageEnvelope& copy = again.refresh().copies(i);
    CHECK(running.again_to().substr(static_cast<std::size_t>(i) * 32, 32) ==
          text(people[static_cast<std::size_t>(i)]->address.view()));
    // No step of a chain seals two contents.
    CHECK(copy.envelope() != vigil.stages(i).copies(0).envelope());
    const content::Content said = people[static_cast<std::size_t>(i)]->open(copy.envelope(), story.aida.identity.key());
    CHECK(said.alert().pressed_again() == 1);
    CHECK(said.alert().alert_id() == sealed->running.alert_id());
    CHECK(said.alert().note() == "Blue van, two men");
    CHECK(said.alert().your_index() == static_cast<std::uint32_t>(i));
  }
}

TEST_CASE("nothing that lies on the phone, before the press or after it, answers or closes for somebody", "[client][prepared]") {
  Story story;
  const kept::PreparedAlert prepared = story.prepare();
  const auto sealed = seal_alert(kept::PreparedAlert(prepared), press());
  REQUIRE(sealed);
  const std::string kept = prepared.SerializeAsString() + sealed->running.SerializeAsString();
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  const std::array<Person*, 2> people{&story.ben, &story.cora};
  for (std::uint32_t i = 0; i < 2; ++i) {
    const content::Alert alert =
        people[i]->open(vigil.stages(static_cast<int>(i)).copies(0).envelope(), story.aida.identity.key()).alert();
    const auto hers = people[i]->secrets(alert, i);
    REQUIRE(hers);
    // Its head is what the relay holds; no value of the chain lies on the phone but the head.
    CHECK(vigil.answers(static_cast<int>(i)).head() == text(answer_chain(hers->answer, limits::answer_chain_steps).view()));
    for (std::uint32_t step = 0; step < limits::answer_chain_steps; ++step)
      CHECK(kept.find(text(answer_chain(hers->answer, step).view())) == std::string::npos);
    CHECK(kept.find(text(hers->close.view())) == std::string::npos);
    // Whoever has the phone holds what is sealed, and no key that opens it.
    CHECK(kept.find(alert.your_secrets()) != std::string::npos);
    CHECK_FALSE(story.aida.secrets(alert, i));
    CHECK_FALSE(people[1 - i]->secrets(alert, i));
    // Of this vigil and this place only.
    CHECK_FALSE(people[i]->secrets(alert, 1 - i));
    content::Alert other = alert;
    other.set_vigil_id(std::string(32, 'o'));
    CHECK_FALSE(people[i]->secrets(other, i));
    other = alert;
    other.mutable_your_secrets()->pop_back();
    CHECK_FALSE(people[i]->secrets(other, i));
  }
}

TEST_CASE("each responder opens her own alert, endings and notice; the activist hears notices only", "[client][prepared]") {
  Story story;
  const auto sealed = seal_alert(story.prepare(), press());
  REQUIRE(sealed);
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  const e2ee::IdentityKey aida = story.aida.identity.key();
  const content::Content at_ben = story.ben.open(vigil.stages(0).copies(0).envelope(), aida);
  const content::Content at_cora = story.cora.open(vigil.stages(1).copies(0).envelope(), aida);
  REQUIRE(at_ben.has_alert());
  CHECK(at_ben.alert().note() == "Blue van, two men");
  CHECK(at_ben.alert().track().newest().latitude() == 525200000);
  CHECK(at_ben.alert().vigil_id() == vigil.id());
  CHECK(at_ben.alert().pressed_s() == now_s + 100);
  CHECK(at_ben.alert().your_index() == 0);
  CHECK(at_cora.alert().your_index() == 1);
  CHECK(at_cora.alert().tier() == 2);
  // The chain that the reader got ends where relay and all the others see it end; her close secret likewise.
  const auto check_secrets = [&](Person& reader, const content::Alert& alert) {
    const int index = static_cast<int>(alert.your_index());
    const auto hers = reader.secrets(alert, alert.your_index());
    REQUIRE(hers);
    CHECK(vigil.answers(index).head() == text(answer_chain(hers->answer, limits::answer_chain_steps).view()));
    CHECK(alert.responders(index).head() == vigil.answers(index).head());
    CHECK(vigil.answers(index).close_hash() == text(vigil_secret_hash(hers->close).view()));
  };
  check_secrets(story.ben, at_ben.alert());
  check_secrets(story.cora, at_cora.alert());
  for (const wire::Ending& ending : vigil.endings()) {
    const content::Content ended = story.cora.open(ending.copies(1).envelope(), aida);
    CHECK(ended.ending().forced() == (ending.effect() == wire::GO_ON));
    CHECK(ended.ending().alert_id() == at_ben.alert().alert_id());
  }
  for (int i = 0; i < 3; ++i) {
    Person& reader = i == 0 ? story.ben : i == 1 ? story.cora : story.aida;
    const content::Content notice = reader.open(vigil.notices(i).envelope(), aida);
    REQUIRE(notice.notice().names_size() == 2);
    CHECK(notice.notice().names(0) == "Benedikta-the-neighbour");
    CHECK(notice.notice().names(1) == "Cora");
  }
}

// How it is kept and released is the store's part (contract suite); this is what her keys have been through meanwhile.
TEST_CASE("an alert kept for 30 days and first read 29 days later opens, after weekly new keys and 50 turns of the ratchet",
          "[client][prepared]") {
  Story story;
  Person& aida = story.aida;
  Person& ben = story.ben;
  const auto sealed = seal_alert(story.prepare(), press());
  REQUIRE(sealed);
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  REQUIRE(Contacts(aida.profile.container()).add({.name = "Ben", .identity = ben.identity.key()}));
  REQUIRE(Contacts(ben.profile.container()).add({.name = "Aida", .identity = aida.identity.key()}));
  e2ee::Sessions hers(aida.identity, aida.keys), his(ben.identity, ben.keys);
  e2ee::OwnKeys her_keys(aida.identity, aida.keys), his_keys(ben.identity, ben.keys);
  const auto write = [](e2ee::Sessions& writer, Person& reader, e2ee::Sessions& reads, const e2ee::IdentityKey& from,
                        std::uint64_t at_s) {
    e2ee::OwnKeys own(reader.identity, reader.keys);
    const Bytes bundle = own.make_bundle(at_s).bundle;
    const auto to = e2ee::verify_bundle(bundle, reader.identity.key(), at_s, 0, e2ee::BundleAge::must_be_fresh);
    REQUIRE(to);
    content::Content content;
    content.set_id(std::string(text(random_bytes(16))));
    content.mutable_text()->set_text("on day " + std::to_string((at_s - now_s) / 86'400));
    const auto envelope = writer.seal({*to, address_hash(reader.address)}, e2ee::device_of(wire::NORMAL, 0), content);
    REQUIRE(envelope);
    REQUIRE(reads.open(*envelope, address_hash(reader.address), from, at_s));
  };
  int renewed = 0;
  for (std::uint64_t day = 1; day <= 59; ++day) {
    const std::uint64_t at_s = now_s + day * 86'400;
    renewed += her_keys.rotate(at_s) && his_keys.rotate(at_s) ? 1 : 0;
    if (day > 25) continue;  // each writes and hears back: two turns a day
    write(hers, ben, his, aida.identity.key(), at_s);
    write(his, aida, hers, ben.identity.key(), at_s);
  }
  CHECK(renewed >= 8);
  const content::Content read =
      ben.open(vigil.stages(0).copies(0).envelope(), aida.identity.key(), now_s + std::uint64_t{59} * 86'400);
  CHECK(read.alert().note() == "Blue van, two men");
  CHECK(ben.secrets(read.alert(), 0));  // and she can answer it
}

TEST_CASE("the box that a PIN opens holds the ending that stops; nothing else in the slot tells which it is",
          "[client][prepared]") {
  Story story;
  int first = 0, stop_first = 0;
  for (int i = 0; i < 16; ++i) {
    const kept::PreparedAlert prepared = story.prepare();
    const kept::PreparedVigil& one = prepared.vigils(0);
    wire::Vigil vigil;
    REQUIRE(vigil.ParseFromString(one.vigil()));
    std::vector<Bytes> boxes;
    for (const std::string& box : one.boxes()) boxes.emplace_back(view(box).begin(), view(box).end());
    REQUIRE(boxes.size() == 2);
    CHECK(boxes[0].size() == boxes[1].size());
    const std::optional<Secret> secret = story.aida.profile.open_box(boxes);
    REQUIRE(secret);
    const int place = vigil.endings(0).effect() == wire::STOP ? 0 : 1;
    CHECK(vigil.endings(place).hash() == text(vigil_secret_hash(*secret).view()));
    if (story.aida.profile.open_box(std::span(boxes).first(1))) ++first;
    if (place == 0) ++stop_first;
  }
  CHECK((first > 0 && first < 16));
  CHECK((stop_first > 0 && stop_first < 16));
}

TEST_CASE("the send-only slot holds no name, note, place or PIN, and no identity's secret", "[client][slot]") {
  Story story;
  SendSlot slot(*story.aida.home);
  REQUIRE(slot.replace_stock({story.prepare(), story.prepare()}));
  const auto sealed = seal_alert(slot.take().value(), press());
  REQUIRE(sealed);
  REQUIRE(slot.add_running(sealed->running));
  const Bytes bytes = read_file(story.aida.home->send_slot(), 1 << 24).value();
  const auto holds = [&](View what) { return std::search(bytes.begin(), bytes.end(), what.begin(), what.end()) != bytes.end(); };
  REQUIRE(holds(view(sealed->running.alert_id())));  // the search does find what is there
  for (const std::string_view word : {"Benedikta", "Cora", "neighb", "Blue van", "van, two"}) CHECK_FALSE(holds(view(word)));
  CHECK_FALSE(holds(story.aida.identity.private_key()));
  CHECK_FALSE(holds(story.aida.identity.private_key().first(16)));
}

TEST_CASE("32 responders with long names fit; 33 and nine delays are refused", "[client][prepared]") {
  Story story;
  Plan plan;
  const e2ee::PeerBundle bundle = story.ben.bundle();
  for (std::uint32_t i = 0; i < 32; ++i)
    plan.responders.push_back(
        {"ÄÖÜ-a-very-long-name-" + std::to_string(i), 1 + i / 8, (i / 8) * 60, {{story.routes, random_id<Address>(), bundle}}});
  const auto prepare = [&] { return prepare_alert(plan, story.aida.identity, story.aida.profile.box_keys(), now_s); };
  auto prepared = prepare();
  REQUIRE(prepared);
  Press long_note = press();
  long_note.note = std::string(10'000, 'n');
  const auto sealed = seal_alert(std::move(*prepared), long_note);
  REQUIRE(sealed);
  CHECK(sealed->vigils[0].keep.size() > 1);
  std::size_t bytes = 0;
  for (const wire::Request& part : sealed->vigils[0].keep) {
    CHECK(part.ByteSizeLong() < limits::frame_bytes_max - 16);
    bytes += part.keep().piece().size();
  }
  CHECK(bytes <= limits::vigil_bytes_max);
  plan.responders.push_back(plan.responders.front());
  CHECK(prepare().error() == e2ee::Fault::too_large);
  plan.responders.resize(9);
  for (std::uint32_t i = 0; i < 9; ++i) plan.responders[i].after_s = i;
  CHECK(prepare().error() == e2ee::Fault::too_large);
}

TEST_CASE("an alert for eight is half as large, and its longest note, twelve fixes and the plan's key still fit",
          "[client][prepared]") {
  Story story;
  Plan plan;
  for (std::uint32_t i = 0; i < limits::small_alert_responders_max; ++i)
    plan.responders.push_back({"Ben", 1 + i / 4, (i / 4) * 60, {{story.routes, random_id<Address>(), story.ben.bundle()}}});
  Press longest = press();
  longest.note = std::string(400, 'n');
  for (int i = 1; i < 12; ++i) {
    longest.track.add_latitude_back(-2'000'000);
    longest.track.add_longitude_back(2'000'000);
    longest.track.add_seconds_back(3600);
  }
  const auto sizes = [&] {
    const auto sealed =
        seal_alert(prepare_alert(plan, story.aida.identity, story.aida.profile.box_keys(), now_s).value(), longest);
    REQUIRE(sealed);
    std::set<std::size_t> found;
    for (const wire::Stage& stage : joined(sealed->vigils[0]).stages())
      for (const wire::VigilEnvelope& copy : stage.copies()) found.insert(copy.envelope().size());
    return found;
  };
  CHECK(sizes() == std::set<std::size_t>{limits::small_alert_envelope_bytes});

  // What a copy carries besides the note, at its largest.
  content::Content content;
  content.set_id(std::string(16, 'i'));
  content.set_written_s(now_s);
  content::Alert& alert = *content.mutable_alert();
  alert.set_vigil_id(std::string(32, 'v'));
  alert.set_alert_id(std::string(16, 'a'));
  alert.set_pressed_s(now_s);
  alert.set_hold_s(10);
  *alert.mutable_track() = longest.track;
  for (std::size_t i = 0; i < limits::small_alert_responders_max; ++i) {
    content::Responder& responder = *alert.add_responders();
    responder.set_head(std::string(32, 'h'));
    responder.set_close_hash(std::string(32, 'c'));
    responder.set_tier(8);
    responder.set_after_s(86'400);
  }
  alert.set_your_index(7);
  alert.set_your_secrets(std::string(112, 's'));
  alert.set_plan_id(std::string(16, 'p'));
  alert.set_plan_key(std::string(32, 'k'));
  CHECK(content.ByteSizeLong() + 90 + 400 <= e2ee::content_bytes_max(limits::small_alert_envelope_bytes));

  plan.responders.push_back({"Ben", 3, 120, {{story.routes, random_id<Address>(), story.ben.bundle()}}});
  CHECK(sizes() == std::set<std::size_t>{limits::alert_envelope_bytes});
}

TEST_CASE("a relay whose first responder is of tier 2 waits for her delay as well", "[client][prepared]") {
  Story story;
  Plan plan = story.plan();
  plan.responders.erase(plan.responders.begin());
  const auto sealed = seal_alert(prepare_alert(plan, story.aida.identity, story.aida.profile.box_keys(), now_s).value(), press());
  REQUIRE(sealed);
  const wire::Vigil vigil = joined(sealed->vigils[0]);
  CHECK(vigil.due_in_s() == 130);
  CHECK(vigil.stages(0).after_s() == 0);
}

TEST_CASE("two relays get two vigils of one alert, with nothing in common that one could use at the other",
          "[client][prepared]") {
  Story story;
  const SigningKey second_root = SigningKey::generate();
  Plan plan = story.plan();
  plan.responders[0].reaches.push_back({some_routes(second_root), random_id<Address>(), story.ben.bundle()});
  const kept::PreparedAlert prepared = prepare_alert(plan, story.aida.identity, story.aida.profile.box_keys(), now_s).value();
  REQUIRE(prepared.vigils_size() == 2);
  std::set<std::string> secrets;
  for (const kept::PreparedVigil& one : prepared.vigils()) {
    secrets.insert(one.hurry());
    secrets.insert(one.refresh());
    // Of a responder's secrets the phone has the hashes only.
    wire::Vigil vigil;
    REQUIRE(vigil.ParseFromString(one.vigil()));
    for (const wire::Answerer& answerer : vigil.answers()) {
      secrets.insert(answerer.head());
      secrets.insert(answerer.close_hash());
    }
  }
  CHECK(secrets.size() == 4 + 2 * 3);
}

TEST_CASE("a prepared alert is handed out once, also to four processes at a time", "[client][slot]") {
  const TemporaryHome home;
  SendSlot slot(*home);
  CHECK(slot.take().error() == Fault::no_prepared_alert);
  std::vector<kept::PreparedAlert> stock(20);
  for (kept::PreparedAlert& one : stock) one.set_alert_id(std::string(text(random_bytes(16))));
  REQUIRE(slot.replace_stock(stock));
  CHECK(slot.stock()->count == 20);
  in_processes(4, [&](int) {
    int failed = 0;
    for (int turn = 0; turn < 5; ++turn) {
      const auto taken = SendSlot(*home).take();
      const Path mark = home->folder() / (taken ? hex(view(taken->alert_id())) : "none");
      if (!taken || std::filesystem::exists(mark) || !write_durably(mark, {})) ++failed;
    }
    return failed;
  });
  CHECK(slot.take().error() == Fault::no_prepared_alert);
}

TEST_CASE("a damaged or newer slot is told, and a damaged record seals nothing", "[client][slot]") {
  const TemporaryHome home;
  SendSlot slot(*home);
  REQUIRE(write_durably(home->send_slot(), view("\xff\xff rubbish")));
  CHECK(slot.take().error() == Fault::damaged);
  kept::Slot newer;
  newer.set_version(2);
  REQUIRE(write_durably(home->send_slot(), view(newer.SerializeAsString())));
  CHECK(slot.take().error() == Fault::newer_version);
  Story story;
  kept::PreparedAlert torn = story.prepare();
  torn.mutable_vigils(0)->mutable_copies(0)->set_one_shot("x");
  CHECK(seal_alert(kept::PreparedAlert(torn), press()).error() == e2ee::Fault::malformed);
  kept::PreparedAlert cut = story.prepare();
  cut.mutable_vigils(0)->mutable_copies()->RemoveLast();
  CHECK(seal_alert(kept::PreparedAlert(cut), press()).error() == e2ee::Fault::malformed);
  kept::PreparedAlert lost = story.prepare();
  lost.mutable_vigils(0)->mutable_copies(0)->set_stage(77);
  CHECK(seal_alert(kept::PreparedAlert(lost), press()).error() == e2ee::Fault::malformed);
}

TEST_CASE("running alerts are kept, changed and forgotten", "[client][slot]") {
  const TemporaryHome home;
  SendSlot slot(*home);
  kept::RunningAlert one, two;
  one.set_alert_id("1");
  two.set_alert_id("2");
  REQUIRE(slot.add_running(one));
  REQUIRE(slot.add_running(two));
  one.set_pressed_again(3);
  REQUIRE(slot.change_running(view(one.alert_id()), [&](kept::RunningAlert& newest) {
    newest = one;
    return true;
  }));
  const auto running = slot.running().value();
  REQUIRE(running.size() == 2);
  CHECK(running[0].pressed_again() == 3);
  REQUIRE(slot.forget_running(view("1")));
  CHECK(slot.running()->size() == 1);
}
