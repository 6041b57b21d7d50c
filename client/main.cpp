// `vigil`: the command line over libvigil. Reads the line, starts one command (commands/), and turns whatever goes wrong into a
// sentence and an exit code. Options never carry PINs, places, notes or cards.
#include <google/protobuf/stubs/logging.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "client/clock.hpp"
#include "client/commands/press.hpp"
#include "client/words/language.hpp"
#include "client/words/words.hpp"
#include "crypto/base/secret_bytes.hpp"

namespace {

using namespace vigil::client;

constexpr const char* about =
    "Vigil: press, and it keeps at it until a person answers. No phone app yet, not audited: do not rely on it for a person at "
    "risk.\n"
    "It is not an emergency service and never calls the police.\n";

constexpr const char* codes =
    "Exit codes:\n"
    "  0  done; alert: it is on a relay        6  no relay answered, and nothing was kept\n"
    "  1  not understood; nothing happened     7  the words differ, nobody came, or no\n"
    "  2  NOT SENT YET: kept, tried again      8  somebody else is answering already\n"
    "  3  wrong PIN                            9  this alert is over\n"
    "  4  refused: used, withdrawn, no yes    10  something else; the sentence says what\n"
    "  5  no profile, damaged, or in use      11  ready, plan check: not ready\n\n"
    "First: vigil join, then vigil card and vigil meet, then vigil ask, then vigil tiers set. Then: vigil alert, and on the "
    "other side vigil "
    "listen.";

Exit run_command(const commands::Common& common, const commands::Run& run) {
  Screen screen(common.json, common.plain);
  try {
    return run();
  } catch (const commands::Stop& stop) {
    return screen.fail(stop.code, stop.words);
  } catch (const Failed& failed) {
    const Trouble trouble = trouble_of(failed.why(), common.home);
    return screen.fail(trouble.code, trouble.words);
  } catch (const std::exception&) {
    return screen.fail(Exit::failed, words().unexpected());  // what it says may hold input
  }
}

}  // namespace

int main(int count, char** arguments) {
  google::protobuf::SetLogHandler(nullptr);  // it would tell a terminal about every odd byte of others
  vigil::forbid_core_dumps();
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(about, "vigil");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(codes);
  commands::Common common;
  commands::Run run;
  app.add_option("--home", common.home, "where your profile lies (else $VIGIL_HOME, else ~/.local/share/vigil)")
      ->type_name("DIR");
  app.add_flag("--json", common.json, "one JSON object a line, for scripts");
  app.add_flag("--plain", common.plain, "no colours, bell or QR code");
  app.add_option("--pin-fd", common.pin_fd, "read the PIN from this file descriptor instead of asking")->type_name("N");
  app.add_option("--lang", common.language, "the language of what is said (else $VIGIL_LANG, else your locale's)")
      ->type_name("CODE")
      ->check(CLI::IsMember(language_codes()));
  for (const auto add :
       {commands::add_join,   commands::add_card,     commands::add_meet,     commands::add_contacts,  commands::add_ask,
        commands::add_duty,   commands::add_tiers,    commands::add_plan,     commands::add_ready,     commands::add_drill,
        commands::add_send,   commands::add_alert,    commands::add_cancel,   commands::add_checkin,   commands::add_share,
        commands::add_where,  commands::add_listen,   commands::add_answer,   commands::add_give_back, commands::add_all_clear,
        commands::add_status, commands::add_withdraw, commands::add_timeline, commands::add_tell}) {
    add(app, common, run);
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help) == 0 ? 0 : static_cast<int>(Exit::usage);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(Exit::usage);
  }
  speak(language_at_start(common.language, [](const char* variable) -> const char* { return std::getenv(variable); }));
  return static_cast<int>(run_command(common, run));
}
