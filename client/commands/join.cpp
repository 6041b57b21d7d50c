// `vigil join`: an invite becomes a mailbox. The first one makes the profile; later ones add relays to it.
#include <filesystem>

#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/mailbox.hpp"
#include "client/printable.hpp"
#include "client/terminal.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"

namespace vigil::client::commands {
namespace {

struct JoinOptions {
  std::string invite_file;
};

constexpr std::size_t invite_bytes_max = 64 * 1024;

ReadInvite ask_invite(const JoinOptions& options) {
  std::string text;
  if (options.invite_file.empty() || options.invite_file == "-") {
    text = need_line(words().ask_invite());
  } else {
    const Outcome<Bytes> file = read_file(options.invite_file, invite_bytes_max);
    if (!file) throw Stop{Exit::usage, words().cannot_read(options.invite_file)};
    text = std::string(vigil::text(*file));
  }
  const auto first = text.find("vigil:join:");
  const auto last = text.find_last_not_of(" \t\r\n");
  if (first == std::string::npos) throw Stop{Exit::refused, words().bad_invite()};
  const Outcome<ReadInvite> invite = read_invite(std::string_view(text).substr(first, last + 1 - first), wall_s());
  if (!invite) stop_with(trouble_of(invite.error(), {}));
  return *invite;
}

SecretBytes ask_new_pin(const Common& common) {
  SecretBytes pin = ask_pin(common, words().ask_new_pin());
  if (pin.size() < pin_bytes_min) throw Stop{Exit::usage, words().pin_too_short()};
  if (common.pin_fd >= 0) return pin;  // a script does not mistype
  const SecretBytes again = ask_pin(common, words().ask_new_pin_again());
  if (!equal_secret(pin.view(), again.view())) throw Stop{Exit::usage, words().pins_differ()};
  return pin;
}

// A join that the relay has refused leaves nothing behind. Only files that were made by this run are removed.
void remove_fresh_profile(const Home& home) {
  std::error_code ignored;
  for (const Path& path : {home.profile(), home.container(0), home.container(1), home.send_slot()})
    std::filesystem::remove(path, ignored);
}

asio::awaitable<Exit> settle(Account& account, Screen& screen, PublicKey root) {
  const std::optional<Relay> relay = account.relays.find(root);
  if (!relay) co_return Exit::failed;
  Outcome<std::unique_ptr<OwnerLink>> link = co_await connect_owner(account, *relay);
  if (!link) stop_with(trouble_of(link.error(), {}));
  if ((*link)->greeted().online_key_expired) screen.say(words().online_key_old(relay->routes.routes().front().host));
  const OwnerOutcome<void> settled = co_await settle_mailbox(account, **link, *relay);
  if (settled) co_return Exit::done;
  if (settled.error().fault) stop_with(trouble_of(*settled.error().fault, {}));
  if (settled.error().status == wire::REFUSED) throw Stop{Exit::refused, words().used_invite()};
  stop_with(trouble_of(settled.error().status, {}));
}

Exit run_join(const Common& common, const JoinOptions& options) {
  Screen screen(common.json, common.plain);
  const Home home = find_home(common);
  const ReadInvite invite = ask_invite(options);
  const bool fresh = !home.has_profile();
  std::unique_ptr<Account> account;
  if (fresh) {
    const std::string name = clean_name(ask_line(words().ask_own_name()).value_or(""));
    const SecretBytes pin = ask_new_pin(common);
    Outcome<Profile> profile = Profile::create(home, pin.view());
    if (!profile) stop_with(trouble_of(profile.error(), home.folder().string()));
    account = std::make_unique<Account>(home, std::move(*profile));
    account->set_own_name(name);
  } else {
    account = open_account(common);
  }
  const PublicKey root = invite.routes.root();
  const SigningKey owner = SigningKey::generate();
  Relay relay{
      .routes = invite.routes, .owner_seed = SecretBytes(owner.seed()), .invite = invite.right, .self_address = std::nullopt};
  const bool added = account->relays.add(relay);
  try {
    asio::io_context io(1);
    const Exit code = run_to_end(io, settle(*account, screen, root));
    if (code != Exit::done) return code;
  } catch (const Stop&) {
    // The invite may have been used up by a request whose answer was lost; only a refusal, or never having been reached, is
    // certain.
    account.reset();
    if (fresh && added) remove_fresh_profile(home);
    throw;
  }
  screen.event(JsonLine("joined", wall_s()).number("relays", static_cast<std::int64_t>(account->relays.all().size())));
  screen.say(words().joined());
  return Exit::done;
}

}  // namespace

void add_join(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<JoinOptions>();
  CLI::App* command = app.add_subcommand("join", "become a member of a relay, with an invite from its operator");
  command->add_option("--invite-file", options->invite_file, "read the invite from this file instead of asking for it");
  command->footer(
      "Asks for the invite, for a name that others see when you meet (may be empty), and for a new PIN, twice.\n"
      "The PIN opens everything here. Nobody can restore it.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_join(common, *options); }; });
}

}  // namespace vigil::client::commands
