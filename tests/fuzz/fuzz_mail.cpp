// What other members write, sealed with good keys: contacts, responders, strangers with a card, and oneself. Each letter is
// opened by the real inbox of a member with an open profile, kept, shown on every screen there is, and then undone. Nothing that
// is shown has a control character, no alert comes from whom nobody gave an address for it, and nobody »is answering« without a
// token.
#include "client/consent.hpp"
#include "client/inbox.hpp"
#include "client/mail.hpp"
#include "client/mailbox.hpp"
#include "client/plans.hpp"
#include "client/render.hpp"
#include "client/screen_model.hpp"
#include "client/timeline.hpp"
#include "crypto/base/aead.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/between.hpp"
#include "crypto/e2ee/memory_key_store.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "crypto/e2ee/words.hpp"
#include "tests/fuzz/member_cases.pb.h"
#include "tests/fuzz/shown.hpp"
#include "tests/unit/client/some_routes.hpp"

namespace {

using namespace vigil;
using namespace vigil::client;
using fuzz::must;
using fuzz::str;

constexpr std::uint64_t zero_s = 1'800'000'000;

void fill(std::string& field, const std::string& right) {
  if (field.empty()) field = right;
}

// The same in every run.
Routes some_routes() {
  return testing::some_routes(*SigningKey::from_seed(Bytes(32, 1)));
}

Address address_of(std::uint32_t number) {
  Address address;
  address.bytes.fill(static_cast<std::uint8_t>(0x30 + number));
  return address;
}
enum Door : std::uint32_t { to_aigul, to_botagoz, card, own, others, doors };

// Somebody who writes.
struct Writer {
  e2ee::Identity identity = e2ee::Identity::generate();
  e2ee::MemoryKeyStore store;
  e2ee::Sessions sessions{identity, store};
};

// Dana, who reads; made once, and as she was again after every input.
struct World {
  World() {
    dana = std::make_unique<Account>(home, Profile::create(home, view(std::string_view("258036")), PinCost::tests()).value());
    dana->relays.add({.routes = routes, .owner_seed = SecretBytes(Bytes(32, 3)), .invite = {}, .self_address = {}});
    bundle = e2ee::verify_bundle(own_bundle(*dana, zero_s), dana->identity.key(), zero_s, 0, e2ee::BundleAge::may_be_old).value();
    const ContactId a = meet(aigul, "Aigul"), b = meet(botagoz, "Botagoz");
    give(to_aigul, Given::To::contact, a);
    give(to_botagoz, Given::To::contact, b);
    give(card, Given::To::introduction, std::nullopt);
    give(own, Given::To::self, std::nullopt);
    give(others, Given::To::others, a);
    for (const ContactId who : {a, b}) {
      Agreement agreement;
      agreement.contact = who;
      dana->consents.put(agreement);
      agreement.word = Word::accepted;
      dana->duties.put(agreement);
    }
    dana->meetings.add(
        {.card_is_mine = true, .through = address_hash(address_of(card)), .secret = secret, .until_s = zero_s + 900});
    // An alert of her own goes on.
    Container::Transaction step(dana->container);
    AlertState hers = AlertState::begin(view(own_alert), dana->identity.key().view(), true, zero_s);
    google::protobuf::RepeatedPtrField<content::Responder> responders;
    for (int i = 0; i < 3; ++i) *responders.Add() = responder();
    hers.prepared(view(own_vigil), routes.root().view(), responders, zero_s);
    hers.on_relay(view(own_vigil), zero_s, 10);
    dana->alerts.put(hers);
    step.commit();
  }
  ContactId meet(const Writer& who, const std::string& name) {
    const ContactId id = dana->contacts.add({.id = {}, .name = name, .identity = who.identity.key(), .checked = true}).value();
    return id;
  }
  void give(Door door, Given::To to, std::optional<ContactId> contact) {
    Given given;
    given.root = routes.root();
    given.address = address_of(door);
    given.to = to;
    given.contact = contact;
    given.until_s = zero_s + 600;
    given.card_secret = SecretBytes(secret.view());
    dana->addresses.add(given);
  }
  static content::Responder responder() {
    static const Secret head = answer_chain(answer_secret(), limits::answer_chain_steps);
    content::Responder one;
    one.set_head(str(head.view()));
    one.set_close_hash(str(vigil_secret_hash(answer_secret()).view()));
    return one;
  }
  static Secret answer_secret() { return Secret{{1, 2, 3}}; }

  fuzz::Folder folder{"mail"};
  Home home = Home::find(folder.path()).value();
  Routes routes = some_routes();
  Writer aigul, botagoz, stranger;
  Secret secret{{9}};
  std::string own_alert = std::string(16, 'o'), own_vigil = std::string(32, 'o');
  std::unique_ptr<Account> dana;
  std::optional<e2ee::PeerBundle> bundle;
};

// ---- a letter, made right where the input leaves it empty

class Post {
 public:
  explicit Post(World& world) : world_(world) {}

  wire::Delivery delivery(const fuzz::Letter& letter, unsigned number) {
    door_ = static_cast<Door>(letter.by() % doors);
    writer_ = letter.by() / doors % 4;
    wire::Delivery out = letter.around();
    fill(*out.mutable_copy_id(), std::string(15, 'c') + static_cast<char>('a' + number));
    fill(*out.mutable_address_hash(), str(address_hash(address_of(door_)).view()));
    if (out.has_notice()) complete(*out.mutable_notice());
    content::Content content = letter.content();
    fill(*content.mutable_id(), std::string(15, 'i') + static_cast<char>('a' + number));
    complete(content, letter);
    out.set_envelope(letter.envelope().empty() ? sealed(content, letter.in_session()) : letter.envelope());
    return out;
  }
  bool token_shown() const { return token_shown_; }
  // Where an alert may come from.
  bool may_alert() const { return door_ == to_aigul || door_ == to_botagoz; }

 private:
  const e2ee::Identity& identity() const {
    if (writer_ == 0) return door_ == to_botagoz ? world_.botagoz.identity : world_.aigul.identity;
    return writer_ == 1 ? world_.botagoz.identity : writer_ == 2 ? world_.stranger.identity : world_.dana->identity;
  }
  Writer& writer() {
    if (writer_ == 0) return door_ == to_botagoz ? world_.botagoz : world_.aigul;
    return writer_ == 1 ? world_.botagoz : world_.stranger;
  }

  std::string sealed(const content::Content& content, bool in_session) {
    const AddressHash to = address_hash(address_of(door_));
    const e2ee::Sealing how{.to = *world_.bundle, .address = to};
    e2ee::Outcome<Bytes> envelope = std::unexpected(e2ee::Fault::malformed);
    if (in_session && writer_ != 3) {
      writer().store.trust(world_.dana->identity.key());
      envelope = writer().sessions.seal(how, e2ee::device_of(wire::NORMAL, 0), content);
    } else {
      envelope = e2ee::OneShots(identity()).seal(how, content);
    }
    return envelope ? str(*envelope) : std::string(1024, 'x');
  }

  void complete(wire::Released& released) {
    if (!released.token().empty()) return;
    token_shown_ = true;
    const std::uint32_t step = released.step() % (limits::answer_chain_steps + 1);
    const bool closes = released.act() == wire::Released::CLOSED;
    released.set_token(
        str((closes ? World::answer_secret() : answer_chain(World::answer_secret(), limits::answer_chain_steps - step)).view()));
    if (closes) released.set_token_other(str(World::answer_secret().view()));
  }

  void complete(content::Content& content, const fuzz::Letter& letter) {
    const std::string alert_id(16, 'a'), vigil_id(32, 'v');
    if (content.has_alert()) {
      content::Alert& alert = *content.mutable_alert();
      fill(*alert.mutable_alert_id(), alert_id);
      fill(*alert.mutable_vigil_id(), vigil_id);
      for (content::Responder& one : *alert.mutable_responders())
        if (one.head().empty()) one.MergeFrom(World::responder());
      const e2ee::ResponderSecrets hers{World::answer_secret(), World::answer_secret()};
      const auto secrets = e2ee::seal_responder_secrets(*world_.bundle, view(alert.vigil_id()), alert.your_index(), hers);
      if (alert.your_secrets().empty() && secrets) alert.set_your_secrets(str(*secrets));
      if (alert.plan_key().empty()) alert.set_plan_id(std::string(16, 'p')), alert.set_plan_key(std::string(32, 'k'));
    }
    const auto ids = [&](auto& said) {
      fill(*said.mutable_alert_id(), alert_id);
      if constexpr (requires { said.mutable_vigil_id(); }) fill(*said.mutable_vigil_id(), vigil_id);
    };
    if (content.has_notice()) ids(*content.mutable_notice());
    if (content.has_ending()) ids(*content.mutable_ending());
    if (content.has_all_clear()) ids(*content.mutable_all_clear());
    if (content.has_mute()) ids(*content.mutable_mute());
    const auto mac = [&](auto& said) {
      ids(said);
      if (!said.mac().empty()) return;
      const auto made =
          e2ee::between_mac(identity(), world_.dana->identity.key(), true, view(said.alert_id()), view(body_of(said)));
      if (made) said.set_mac(str(made->view()));
    };
    if (content.has_mark()) mac(*content.mutable_mark());
    if (content.has_note()) mac(*content.mutable_note());
    if (content.has_plan() && content.plan().sealed().empty()) seal(letter.plan(), *content.mutable_plan());
    if (content.has_introduction()) {
      const Hash proof = e2ee::meeting_proof(world_.secret.view(), world_.dana->identity.key(), identity().key());
      fill(*content.mutable_introduction()->mutable_secret_proof(), str(proof.view()));
      reach(*content.mutable_introduction()->mutable_reach());
    }
    if (content.has_introduced()) reach(*content.mutable_introduced()->mutable_reach());
    if (content.has_consent()) reach(*content.mutable_consent()->mutable_for_others());
  }
  void reach(google::protobuf::RepeatedPtrField<content::CardRelay>& relays) const {
    for (content::CardRelay& relay : relays) {
      fill(*relay.mutable_routes(), str(world_.routes.serialised()));
      fill(*relay.mutable_address(), std::string(32, 'r'));
    }
  }
  void seal(content::Plan plan, content::SealedPlan& out) const {
    for (content::PlanPerson& person : *plan.mutable_people()) {
      fill(*person.mutable_identity(), str(world_.botagoz.identity.key().view()));
      reach(*person.mutable_reach());
    }
    fill(*out.mutable_plan_id(), std::string(16, 'p'));
    Bytes with(labels::sealed_plan.begin(), labels::sealed_plan.end());
    with.insert(with.end(), out.plan_id().begin(), out.plan_id().end());
    out.set_sealed(str(aead_seal(Bytes(32, 'k'), view(plan.SerializeAsString()), with)));
  }

  World& world_;
  Door door_ = to_aigul;
  std::uint32_t writer_ = 0;
  bool token_shown_ = false;
};

// ---- every screen

void show(const News& news, std::uint64_t now_s) {
  Screen people(false, true), scripts(true, true);
  people.divert([](Screen::Kind, const std::string& sentence) { fuzz::must_be_line(sentence, "a sentence is one line"); });
  show_news(people, news, now_s);
  fuzz::Caught caught;
  show_news(scripts, news, now_s);
  fuzz::must_be_lines(caught.text(), "a line for scripts is printable");
}

void show_all(World& world, std::uint64_t now_s, bool token_shown) {
  Account& dana = *world.dana;
  const NameOf name_of = [&](View identity) {
    const auto key = e2ee::IdentityKey::from(identity);
    return key ? dana.name_of(*key) : std::string();
  };
  ScreenModel model;
  model.now_s = model.heard_s = now_s;
  for (const AlertState& alert : dana.alerts.all()) {
    const AlertView seen = alert.view(now_s, now_s);
    must(token_shown || (seen.shown != Shown::answering &&
                         (seen.shown != Shown::all_clear || !alert.record().vigils_size() || !alert.record().vigils(0).closed())),
         "nobody answers or closes without a token");
    model.alerts.push_back(panel_of(alert, name_of, Rounds{}, now_s, now_s));
    const Timeline timeline = timeline_of(alert, dana.identity, name_of);
    fuzz::must_be_lines(page_as_text(timeline), "a page is printable");
    fuzz::must_be_lines(page_as_html(timeline), "also as HTML");
  }
  model.people = watched_people(dana, now_s);
  for (const auto& [width, height] : {std::pair{80u, 24u}, std::pair{40u, 20u}}) {
    const std::vector<Line> lines = render(model, width, height);
    must(lines.size() == height, "the screen is full");
    for (const Line& line : lines) {
      fuzz::must_be_line(line.text, "a row of the screen is printable");
      must(columns_of(line.text) <= width, "and fits");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  fuzz::Mail mail;
  if (!mail.ParseFromArray(data, static_cast<int>(size)) || mail.letters_size() > 12) return 0;
  const e2ee::MemoryKeyStore before[] = {world.aigul.store, world.botagoz.store, world.stranger.store};
  Container::Transaction everything(world.dana->container);  // and nothing of it stays
  Post post(world);
  std::uint64_t now_s = zero_s + 60;
  for (int i = 0; i < mail.letters_size(); ++i) {
    now_s += mail.letters(i).later_s() % 1'000'000;
    const wire::Delivery delivery = post.delivery(mail.letters(i), static_cast<unsigned>(i));
    for (const News& news : InboxReader(*world.dana).read(world.routes.root(), delivery, now_s)) {
      must(news.kind != News::Kind::alert || post.may_alert(), "an alert comes from a contact");
      show(news, now_s);
    }
    show_all(world, now_s, post.token_shown());
  }
  for (const auto& file : std::filesystem::directory_iterator(world.home.outbox())) std::filesystem::remove(file.path());
  world.aigul.store = before[0];
  world.botagoz.store = before[1];
  world.stranger.store = before[2];
  return 0;
}
