#include "client/commands/meeting.hpp"

#include <algorithm>

#include "client/clock.hpp"
#include "client/joined.hpp"
#include "client/mail.hpp"
#include "client/printable.hpp"
#include "client/terminal.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "crypto/e2ee/words.hpp"

namespace vigil::client::commands {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{150};

}  // namespace

struct Meanwhile::State {
  State(asio::io_context& io, Account& account, Screen& screen, FileLock taken)
      : lock(std::move(taken)), listening(io.get_executor(), account, screen, {.on_alert = {}, .watch = false}) {}
  static asio::awaitable<void> run(std::shared_ptr<State> state) {
    const Outcome<void> ran = co_await state->listening.run();
    state->running = false;
    if (!ran && ran.error() == Fault::locked_by_press) stop_with(trouble_of(ran.error(), {}));
    // of other faults whoever waits finds out by its own deadline
  }
  FileLock lock;
  Listening listening;
  bool running = true;
};

Meanwhile::Meanwhile(asio::io_context& io, Account& account, Screen& screen) {
  Outcome<FileLock> lock = FileLock::take(account.home.lock());
  if (!lock) return;  // `vigil listen` runs: it takes what comes
  state_ = std::make_shared<State>(io, account, screen, std::move(*lock));
  // It owns its state, and the destructor below asks it to stop. A press ends the whole command.
  asio::co_spawn(io, State::run(state_), [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  });
}

Meanwhile::~Meanwhile() {
  if (state_) state_->listening.stop();
}

asio::awaitable<void> Meanwhile::stop() {
  if (state_) state_->listening.stop();
  while (state_ && state_->running) co_await wait_a_while(milliseconds(20));
}

asio::awaitable<google::protobuf::RepeatedPtrField<content::CardRelay>> grant_reach(Account& account, GrantFor whom,
                                                                                    std::optional<ContactId> contact,
                                                                                    const Secret* secret) {
  google::protobuf::RepeatedPtrField<content::CardRelay> reach;
  for (const Relay& relay : account.relays.all()) {
    Outcome<std::unique_ptr<OwnerLink>> link = co_await connect_owner(account, relay);
    if (!link) continue;
    const OwnerOutcome<void> settled = co_await settle_mailbox(account, **link, relay);
    if (!settled) continue;
    const OwnerOutcome<Address> address = co_await grant_address(account, **link, relay, whom, contact, secret, wall_s());
    if (!address) continue;
    content::CardRelay& one = *reach.Add();
    one.set_routes(std::string(text(relay.routes.serialised())));
    one.set_address(std::string(text(address->view())));
  }
  if (reach.empty()) throw Stop{Exit::no_route, words().no_route()};
  co_return reach;
}

asio::awaitable<Bytes> fetch_bundle(const Routes& routes, const Address& address, const e2ee::IdentityKey& identity,
                                    bool one_time) {
  wire::Request request;
  request.mutable_fetch_prekeys()->set_address(std::string(text(address.view())));
  request.mutable_fetch_prekeys()->set_one_time(one_time);
  const Outcome<wire::Answer> answer = co_await ask_patiently(routes, std::move(request), person_waits);
  if (!answer) stop_with(trouble_of(answer.error(), {}));
  if (answer->status() == wire::REFUSED) throw Stop{Exit::refused, words().used_card()};
  if (answer->status() != wire::DONE) stop_with(trouble_of(answer->status(), words().somebody()));
  const View bundle = view(answer->prekeys().bundle());
  const auto checked = e2ee::verify_bundle(bundle, identity, wall_s(), 0, e2ee::BundleAge::must_be_fresh);
  if (!checked) stop_with(trouble_of(checked.error(), words().somebody()));
  co_return Bytes(bundle.begin(), bundle.end());
}

asio::awaitable<void> send_one_shot(const Routes& routes, const Address& address, const e2ee::Identity& own,
                                    const e2ee::PeerBundle& to, content::Content content) {
  e2ee::Outcome<e2ee::OneShot> shot = e2ee::OneShot::prepare(own, to);
  if (!shot) stop_with(trouble_of(shot.error(), words().somebody()));
  const e2ee::Outcome<Bytes> envelope = shot->seal(address_hash(address), 0, content);
  if (!envelope) stop_with(trouble_of(envelope.error(), words().somebody()));
  wire::Request request;
  wire::Deliver& deliver = *request.mutable_deliver();
  deliver.set_id(std::string(text(random_id<FanoutId>().view())));
  deliver.set_lane(wire::NORMAL);
  deliver.set_lifetime(wire::ONE_HOUR);
  deliver.set_envelope(std::string(text(*envelope)));
  deliver.set_addresses(std::string(text(address.view())));
  const Outcome<wire::Answer> answer = co_await ask_patiently(routes, std::move(request), person_waits);
  if (!answer) stop_with(trouble_of(answer.error(), {}));
  if (answer->status() != wire::DONE) stop_with(trouble_of(answer->status(), words().somebody()));
}

asio::awaitable<bool> wait_for(const std::function<bool()>& ready, std::uint64_t until_s) {
  while (!ready()) {
    if (wall_s() > until_s) co_return false;
    co_await wait_a_while(look_every);
  }
  co_return true;
}

asio::awaitable<bool> compare_words(Account& account, Screen& screen, const Meeting& meeting) {
  const auto words_three = e2ee::meeting_words(meeting.secret.view(), account.identity.key(), meeting.identity);
  const std::string three = joined(words_three, " ");
  screen.event(JsonLine("words", wall_s()).text("words", three).text("name", meeting.name));
  screen.loud(words().three_words(three));
  const std::optional<std::string> said = co_await ask_line_async(words().ask_words_agree());
  const bool yes = said && is_yes(*said);
  co_return yes;
}

asio::awaitable<std::string> ask_name(Account& account, std::string proposed, e2ee::IdentityKey who) {
  if (const auto known = account.contacts.find(who)) proposed = known->name;
  for (;;) {
    const std::string prompt = proposed.empty() ? words().ask_their_name() : words().ask_their_name_or(proposed);
    const std::optional<std::string> typed = co_await ask_line_async(prompt);
    if (!typed) throw Stop{Exit::usage, words().no_input()};
    const std::string name = typed->empty() ? proposed : clean_name(*typed);
    const std::vector<Contact> named = account.contacts.named(name);
    const bool free = std::all_of(named.begin(), named.end(), [&](const Contact& one) { return one.identity == who; });
    if (!name.empty() && free) co_return name;
    std::fprintf(stderr, "%s\n", (name.empty() ? words().bad_name() : words().name_taken(name)).c_str());
  }
}

std::vector<Reach> reaches_of(const Meeting& meeting) {
  content::Introduced said;
  std::vector<Reach> reaches;
  if (!said.ParseFromArray(meeting.reach.data(), static_cast<int>(meeting.reach.size()))) return reaches;
  const auto reach = read_reach(said.reach());
  if (!reach) return reaches;
  std::uint32_t number = 0;
  for (const CardReach& one : *reach)
    reaches.push_back({.routes = one.routes, .address = one.address, .number = number++, .bundle = {}});
  return reaches;
}

asio::awaitable<NewContact> add_contact(Account& account, Meeting meeting, std::string name, bool checked) {
  NewContact made{.contact = {.name = std::move(name), .identity = meeting.identity, .checked = checked, .met_s = wall_s()},
                  .reaches = reaches_of(meeting)};
  for (Reach& reach : made.reaches) reach.bundle = co_await fetch_bundle(reach.routes, reach.address, meeting.identity, false);
  if (const auto known = account.contacts.find(meeting.identity)) {
    // Met again: the same person, reached by what she has just given.
    made.known = true;
    made.before = account.contacts.reaches(known->id);
    made.contact.id = known->id;
    account.contacts.rename(known->id, made.contact.name);
    if (checked) account.contacts.set_checked(known->id, true);
  } else {
    made.contact.id = *account.contacts.add(made.contact);
  }
  account.contacts.set_reaches(made.contact.id, made.reaches);
  co_return made;
}

void undo_contact(Account& account, const NewContact& made) {
  if (made.known) {
    account.contacts.set_reaches(made.contact.id, made.before);
  } else {
    account.contacts.remove(made.contact.id);
  }
}

asio::awaitable<void> tell(Account& account, const NewContact& whom, const content::Content& content) {
  const Contact& contact = whom.contact;
  for (const Reach& reach : whom.reaches) {
    const auto bundle = e2ee::verify_bundle(reach.bundle, contact.identity, wall_s(), 0, e2ee::BundleAge::must_be_fresh);
    if (!bundle) stop_with(trouble_of(bundle.error(), contact.name));
    account.contacts.set_bundle(contact.id, reach.routes.root(), reach.bundle, bundle->sequence());
    co_await send_one_shot(reach.routes, reach.address, account.identity, *bundle, content);
  }
}

}  // namespace vigil::client::commands
