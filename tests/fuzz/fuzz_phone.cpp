// Files of a phone that was out of its owner's hands and came back prepared: profile, send-only slot, outbox, and rows of the
// container by whoever had the PIN. Each is refused as damaged or used within its bounds; a press with it seals or says that it
// cannot; nothing else happens.
#include <fstream>

#include "client/account.hpp"
#include "client/checkin.hpp"
#include "client/inbox.hpp"
#include "client/mailbox.hpp"
#include "client/plans.hpp"
#include "client/refresh.hpp"
#include "client/running.hpp"
#include "client/timeline.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/memory_key_store.hpp"
#include "tests/fuzz/member_cases.pb.h"
#include "tests/fuzz/must.hpp"
#include "tests/unit/client/some_routes.hpp"

namespace {

using namespace vigil;
using namespace vigil::client;
using fuzz::must;
using fuzz::str;

constexpr std::uint64_t now_s = 1'800'000'000;
constexpr std::string_view pin = "258036";

// The same in every run.
Routes some_routes() {
  return testing::some_routes(*SigningKey::from_seed(Bytes(32, 1)));
}

void put(const std::filesystem::path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

struct World {
  World() {
    account = std::make_unique<Account>(home, Profile::create(home, view(pin), PinCost::tests()).value());
    std::ifstream file(home.profile(), std::ios::binary);
    profile.assign(std::istreambuf_iterator<char>(file), {});
    e2ee::MemoryKeyStore store;
    e2ee::OwnKeys keys(responder, store);
    const auto bundle =
        e2ee::verify_bundle(keys.make_bundle(now_s).bundle, responder.key(), now_s, 0, e2ee::BundleAge::may_be_old);
    Plan plan;
    plan.responders.push_back({"Dana", 1, 0, {{routes, Address{{1}}, *bundle}}});
    plan.responders.push_back({"Botagoz", 2, 60, {{routes, Address{{2}}, *bundle}}});
    prepared = prepare_alert(plan, account->identity, account->profile.box_keys(), now_s).value();
    contact = account->contacts.add({.id = {}, .name = "Aigul", .identity = responder.key()}).value();
  }
  fuzz::Folder folder{"phone"};
  Home home = Home::find(folder.path()).value();
  Routes routes = some_routes();
  e2ee::Identity responder = e2ee::Identity::generate();
  std::unique_ptr<Account> account;
  std::string profile;
  kept::PreparedAlert prepared;
  ContactId contact{};
};

// ---- the profile file

void open_profile(World& world, const fuzz::Phone& phone) {
  if (phone.profile().empty()) return;
  std::string bytes = world.profile;
  const std::size_t at = phone.profile_at() % (bytes.size() + 1);
  bytes.replace(at, std::min(phone.profile().size(), bytes.size() - at), phone.profile());
  if (!phone.sum_wrong() && bytes.size() >= 32) {
    const Hash sum = hash(labels::slot, {view(bytes).first(bytes.size() - 32)});
    bytes.replace(bytes.size() - 32, 32, str(sum.view()));
  }
  // What the head asks for costs real time and memory: that it has a bound is profile_test's.
  std::uint64_t operations = 0, memory = 0;
  for (std::size_t i = 12; i < 20 && bytes.size() > 28; ++i) operations = operations << 8 | static_cast<std::uint8_t>(bytes[i]);
  for (std::size_t i = 20; i < 28 && bytes.size() > 28; ++i) memory = memory << 8 | static_cast<std::uint8_t>(bytes[i]);
  if (operations > 4 && operations <= 64 && memory <= 1u << 30) return;
  if (memory > 1u << 20 && memory <= 1u << 30) return;
  put(world.home.profile(), bytes);
  const Outcome<Profile> opened = Profile::open(world.home, view(pin));
  must(opened || opened.error() == Fault::damaged || opened.error() == Fault::wrong_pin || opened.error() == Fault::newer_version,
       "a profile opens or is refused");
  must(!opened || !phone.sum_wrong() || bytes == world.profile, "a profile with a wrong sum does not open");
  put(world.home.profile(), world.profile);
}

// ---- the send-only slot, and a press with it

void press(const kept::PreparedAlert& said) {
  kept::PreparedAlert prepared = said, spare = said;
  Press how{.pressed_s = now_s, .hold_s = 10, .track = {}, .note = "here", .drill = false};
  const auto sealed = seal_alert(std::move(prepared), how);
  for (int i = 0; i < spare.vigils_size(); ++i) (void)seal_fresh_copies(spare, i, how);
  if (!sealed) return;
  must(static_cast<int>(sealed->vigils.size()) == sealed->running.vigils_size(), "what is sent is what runs");
  kept::RunningAlert running = sealed->running;
  (void)seal_pressed_again(spare, how, running);
  for (const SealedVigil& vigil : sealed->vigils) {
    must(!vigil.keep.empty() && !vigil.routes.routes().empty(), "a sealed vigil has parts, and a way");
    for (const wire::Request& part : vigil.keep)
      must(part.ByteSizeLong() <= limits::frame_bytes_max, "each of which fits a frame");
  }
}

void use_slot(World& world, const fuzz::Phone& phone) {
  if (!phone.has_slot() && phone.raw_slot().empty()) return;
  kept::Slot slot = phone.slot();
  if (slot.version() == 0) slot.set_version(1);
  // What is said lies over a good one, field by field.
  const auto complete = [&](kept::PreparedAlert& one) {
    kept::PreparedAlert whole = world.prepared;
    if (one.vigils_size() > 0) whole.clear_vigils();
    for (const kept::PreparedVigil& said : one.vigils()) {
      kept::PreparedVigil& vigil = *whole.add_vigils() = world.prepared.vigils(0);
      for (int i = 0; i < std::min(said.copies_size(), vigil.copies_size()); ++i)
        vigil.mutable_copies(i)->MergeFrom(said.copies(i));
      kept::PreparedVigil rest = said;
      rest.clear_copies();
      vigil.MergeFrom(rest);
    }
    one.clear_vigils();
    whole.MergeFrom(one);
    one = whole;
  };
  for (kept::PreparedAlert& one : *slot.mutable_stock()) complete(one);
  if (slot.has_check_in() && slot.check_in().has_spare()) complete(*slot.mutable_check_in()->mutable_spare());
  put(world.home.send_slot(), phone.raw_slot().empty() ? slot.SerializeAsString() : phone.raw_slot());
  SendSlot file(world.home);
  if (const auto stock = file.stock(); stock && stock->count > 0) {
    auto taken = file.take();
    must(taken.has_value() && file.stock()->count == stock->count - 1, "what is taken is gone");
    press(*taken);
  }
  if (const auto running = file.running()) {
    must(running->size() <= 1000, "few run");
    for (const kept::RunningAlert& alert : *running)
      for (const kept::RunningVigil& vigil : alert.vigils()) (void)look_request(vigil);
  }
  (void)newest_running(file, now_s, 600);
  if (const auto check_in = file.check_in(); check_in && *check_in) {
    const CheckInView view = view_of(**check_in);
    (void)reminder_of(view, now_s);
    (void)end_reminder_of(view, now_s);
    kept::RunningCheckIn mine = **check_in;
    const Press how = press_of(mine, {});
    for (int i = 0; i < std::min(mine.spare().vigils_size(), mine.alert().vigils_size()); ++i)
      (void)seal_fresh_copies(*mine.mutable_spare(), i, how);
  }
  (void)file.use_routes(world.routes);
  Container::Transaction undone(world.account->container);
  (void)adopt_running(*world.account, now_s);
  std::filesystem::remove(world.home.send_slot());
}

// ---- the outbox

void use_outbox(World& world, const fuzz::Phone& phone) {
  if (phone.items_size() == 0 && phone.raw_item().empty()) return;
  int number = 0;
  const auto path = [&] {
    return world.home.outbox() / (std::string(31, '0') + static_cast<char>('a' + number++ % 6) + ".item");
  };
  for (kept::Item item : phone.items()) {
    if (item.version() == 0) item.set_version(1);
    if (item.routes().empty()) item.set_routes(str(world.routes.serialised()));
    if (item.id().empty()) item.set_id(std::string(16, static_cast<char>(number)));
    put(path(), item.SerializeAsString());
  }
  if (!phone.raw_item().empty()) put(path(), phone.raw_item());
  Outbox outbox(world.home);
  const auto items = outbox.list();
  must(items.has_value(), "a damaged item does not hide the others");
  (void)outbox.next_due_s();
  (void)outbox.waiting();
  outbox.use_routes(world.routes, now_s);
  for (int i = 0; i < 8; ++i) {
    auto claimed = outbox.claim_due(now_s);
    if (!claimed) break;
    std::vector<wire::Answer> answers(static_cast<std::size_t>(claimed->item().requests_size()));
    for (wire::Answer& answer : answers) answer.set_status(wire::DONE);
    const auto fate = claimed->settle(answers, now_s);
    must(fate && *fate == Fate::done, "what the relay has is done");
  }
  for (const auto& file : std::filesystem::directory_iterator(world.home.outbox())) std::filesystem::remove_all(file.path());
}

// ---- rows of the container

constexpr std::array statements{
    "INSERT OR REPLACE INTO alert_records VALUES (x'61616161616161616161616161616161', ?1, 1800000000, ?2)",
    "INSERT OR REPLACE INTO settings VALUES ('own name', ?1)",
    "INSERT OR REPLACE INTO settings VALUES ('plan texts', ?1)",
    "INSERT OR REPLACE INTO settings VALUES ('own share', ?1)",
    "UPDATE contacts SET name = CAST(?1 AS TEXT), met_s = ?2",
    "UPDATE contacts SET identity = ?1",
    "INSERT OR REPLACE INTO relays VALUES (zeroblob(32), ?2, ?1, zeroblob(32), NULL, NULL, 1, 1)",
    "INSERT OR REPLACE INTO reaches SELECT id, zeroblob(32), ?2, ?1, zeroblob(32), zeroblob(0), 0 FROM contacts",
    "INSERT OR REPLACE INTO reaches SELECT id, ?1, ?2, zeroblob(9), ?1, ?1, 0 FROM contacts",
    "INSERT OR REPLACE INTO given VALUES (zeroblob(32), zeroblob(32), ?1, ?2, NULL, 0, zeroblob(32))",
    "INSERT OR REPLACE INTO meetings VALUES (1, 1, zeroblob(32), zeroblob(33), ?1, 'x', ?1, 0, 0, ?2)",
    "INSERT OR REPLACE INTO agreements SELECT 1, id, 2, 1, 1, 1, 0, 0, ?2, ?2, ?2, ?2, ?1 FROM contacts",
    "INSERT OR REPLACE INTO watched VALUES (zeroblob(16), zeroblob(33), ?2, ?2, ?2, ?2, ?2, ?1, 0, 0, 0)",
    "INSERT OR REPLACE INTO shares VALUES (zeroblob(16), zeroblob(33), ?2, 1, CAST(?1 AS TEXT), 0)",
    "INSERT OR REPLACE INTO places VALUES (zeroblob(33), ?2, 1, zeroblob(16), ?1)",
    "INSERT OR REPLACE INTO inbox VALUES (1, zeroblob(16), 1, ?2, ?1, 0)",
    "INSERT OR REPLACE INTO sent VALUES (zeroblob(16), 1, ?2, ?1, 0, 0)",
    "INSERT OR REPLACE INTO plans_held SELECT 1, id, zeroblob(16), ?1, ?2 FROM contacts",
    "INSERT OR REPLACE INTO waiting_copies SELECT 1, zeroblob(16), id, zeroblob(32), ?1, ?2 FROM contacts",
    "INSERT OR REPLACE INTO own_keys VALUES (?2 % 4, 4000000, 1800000000, ?1)",
    "INSERT OR REPLACE INTO tiers SELECT ?2, id, ?2, ?2 FROM contacts",
    "INSERT OR REPLACE INTO settings VALUES ('identity', ?1)",
    "INSERT OR REPLACE INTO due_receipts VALUES (1, 1, ?2, ?1, 1)",
};

template <class Read>
void damaged_or_read(Read read) {
  try {
    read();
  } catch (const Failed& failed) {
    must(failed.why() == Fault::damaged, "a row that is not right is damage");
  }
}

void look_at_container(World& world) {
  Account& me = *world.account;
  damaged_or_read([&] { (void)me.own_name(); });
  damaged_or_read([&] { (void)me.relays.all(); });
  damaged_or_read([&] {
    for (const Contact& contact : me.contacts.all()) (void)me.contacts.reaches(contact.id);
  });
  damaged_or_read([&] { (void)me.addresses.self(); });
  damaged_or_read([&] { (void)me.addresses.of(world.contact); });
  damaged_or_read([&] { (void)me.addresses.expired(now_s); });
  damaged_or_read([&] { (void)me.tiers.all(); });
  damaged_or_read([&] { (void)me.consents.all(); });
  damaged_or_read([&] { (void)own_plan(me); });
  damaged_or_read([&] { (void)me.meetings.find(1); });
  damaged_or_read([&] { (void)me.watches.all(); });
  damaged_or_read([&] { (void)me.places.own(); });
  damaged_or_read([&] { (void)me.places.running(now_s); });
  damaged_or_read([&] { (void)me.places.trail(Bytes(33)); });
  damaged_or_read([&] { (void)me.inbox.newest(10); });
  damaged_or_read([&] { (void)me.sent.waiting(); });
  damaged_or_read([&] { (void)me.receipts.due(now_s); });
  damaged_or_read([&] { (void)me.plans.held(world.contact, Bytes(16)); });
  damaged_or_read([&] { (void)me.plans.take_waiting(world.contact); });
  damaged_or_read([&] { (void)ContainerKeys(me.container).own_identity(); });
  damaged_or_read([&] { (void)own_bundle(me, now_s); });
  damaged_or_read([&] {
    for (const AlertState& alert : me.alerts.all()) {
      (void)alert.view(now_s, now_s);
      (void)panel_of(alert, [](View) { return std::string("x"); }, Rounds{}, now_s, now_s);
      (void)page_as_text(timeline_of(alert, me.identity, [](View) { return std::string("x"); }));
    }
  });
  damaged_or_read([&] { me.alerts.forget_old(now_s); });
  damaged_or_read([&] { me.places.forget_old(me.alerts, now_s); });
}

void use_container(World& world, const fuzz::Phone& phone) {
  if (phone.cells_size() == 0) return;
  Container::Transaction undone(world.account->container);
  for (const fuzz::Cell& cell : phone.cells()) {
    const std::string_view statement = statements[cell.row() % statements.size()];
    Query query = world.account->container.query(statement);
    query.bind(view(cell.value()));
    if (statement.contains("?2")) query.bind(static_cast<std::int64_t>(cell.number()));
    try {
      query.run();
    } catch (const Failed&) {
      return;  // a constraint of the schema
    }
  }
  look_at_container(world);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  fuzz::Phone phone;
  if (!phone.ParseFromArray(data, static_cast<int>(size)) || phone.items_size() > 6 || phone.cells_size() > 16) return 0;
  open_profile(world, phone);
  use_slot(world, phone);
  use_outbox(world, phone);
  use_container(world, phone);
  return 0;
}
