// Three questions. Each answer is judged at once, and asked for again with the reason; nothing is made before all are there.
#include "server/setup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <istream>
#include <ostream>
#include <sstream>

#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/tls_files.hpp"

namespace vigil::server {
namespace {

constexpr std::size_t answer_bytes_max = 4096, hosts_max = 16;
constexpr unsigned tries_max = 5;
constexpr std::string_view of_package = "/var/lib/vigil";

// Nobody is there to answer, or does not go on.
struct Ended {
  std::string why;
};
using Judged = std::optional<std::string>;  // what is wrong with an answer

std::string trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t\r"), to = text.find_last_not_of(" \t\r");
  return from == std::string::npos ? std::string() : text.substr(from, to - from + 1);
}

class Asking {
 public:
  Asking(std::istream& in, std::ostream& out) : in_(in), out_(out) {}

  // Until 'judge' has nothing against it.
  template <class Judge>
  void ask(std::string_view question, Judge judge) {
    out_ << '\n' << question << "\n> " << std::flush;
    for (unsigned tries = 1;; ++tries) {
      const Judged wrong = judge(line());
      if (!wrong) return;
      if (tries == tries_max) throw Ended{"that was not understood five times. Nothing was made."};
      out_ << *wrong << "\n> " << std::flush;
    }
  }
  bool agrees() {
    out_ << "Type yes to go on: " << std::flush;
    return line() == "yes";
  }

 private:
  std::string line() {
    std::string typed;
    if (!std::getline(in_, typed)) throw Ended{"the answers ended before the questions. Nothing was made."};
    if (typed.size() > answer_bytes_max) return std::string(answer_bytes_max, '?');  // refused by every judge
    return trimmed(typed);
  }

  std::istream& in_;
  std::ostream& out_;
};

Judged judge_hosts(const std::string& typed, std::vector<std::string>& hosts) {
  std::string spaced = typed;
  std::ranges::replace(spaced, ',', ' ');
  std::istringstream words(spaced);
  std::vector<std::string> found;
  for (std::string word; words >> word;) found.push_back(word);
  if (found.empty()) return "Nobody can reach a relay without a name or an address. For example: relay.example.org";
  if (found.size() > hosts_max) return fmt::format("At most {} names.", hosts_max);
  for (const std::string& host : found)
    if (!is_host(host)) return "A name or an IP address and nothing else: relay.example.org, without https://, port or path.";
  hosts = std::move(found);
  return std::nullopt;
}

Judged judge_strangers(const std::string& typed, InitOrder& init) {
  std::error_code ignored;
  if (typed.empty() || typed == "page") return std::nullopt;
  if (is_local_web_server(typed)) {
    init.decoy_upstream = typed;
    return std::nullopt;
  }
  if (typed.front() == '/' && std::filesystem::is_directory(typed, ignored)) {
    init.decoy_site = typed;
    return std::nullopt;
  }
  return typed.front() == '/' ? "There is no such folder."
                              : "Not understood: page, or a folder like /var/www/html, or a web server on this machine like "
                                "127.0.0.1:8080.";
}

Judged judge_certificate(const std::string& typed, InitOrder& init) {
  if (typed.empty() || typed == "own") return std::nullopt;
  std::istringstream words(typed);
  std::string certificate, key, more;
  words >> certificate >> key >> more;
  if (key.empty() || !more.empty()) return "Two files, certificate chain and key, with a space between them; or nothing.";
  const auto of_certificate = certificate_facts(certificate);
  if (!of_certificate) return of_certificate.error();
  init.tls_certificate = certificate;
  init.tls_key = key;
  return std::nullopt;
}

// What the operator should know before the relay has this name and certificate for years.
std::vector<std::string> warnings(const InitOrder& init) {
  std::vector<std::string> all;
  for (const std::string& host : init.hosts)
    if (const auto word = telling_word(host))
      all.push_back(fmt::format(
          "The name {} says »{}«. Everybody who watches the network of a member reads it there (DNS, TLS): her provider, her "
          "employer, the police. A name that says nothing protects her better.",
          host, *word));
  const auto facts = init.tls_certificate.empty() ? CertificateFacts{true} : certificate_facts(init.tls_certificate);
  if (facts && !facts->signed_by_itself)
    all.emplace_back(
        "This certificate comes from an authority. Authorities publish every name they certify, in logs that anybody can search "
        "and nobody can erase: the name of this relay and the day it began are public for good.");
  return all;
}

void tell(std::ostream& out, const Made& made) {
  const std::string config = made.config.string();
  const bool packaged = made.config.parent_path() == of_package;
  out << "\nA new relay lies in " << made.config.parent_path().string() << ".\n\n"
      << "1. NOW: move " << made.root.string() << " to a USB stick or paper that you keep at home, and delete it here.\n"
      << "   It is the root of this relay. The relay runs without it; whoever takes it can pretend to be the relay.\n"
      << "   You need it again within 90 days: vigild certify --root FILE" << (packaged ? "" : " --config " + config) << "\n"
      << "2. Start the relay, and look whether all is well:\n"
      << (packaged ? "   systemctl start vigild && vigild doctor\n"
                   : fmt::format("   vigild serve --config {}\n   vigild doctor --config {}\n", config, config))
      << "3. Invite people, each with a code of her own, from hand to hand:\n"
      << "   vigild invite --count 5 --days 7 --qr" << (packaged ? "" : " --config " + config) << '\n';
}

void ask_all(SetupOrder& order, std::istream& in, std::ostream& out) {
  Asking asking(in, out);
  InitOrder& init = order.init;
  if (init.hosts.empty())
    asking.ask(
        "1. At which name or address do members reach this machine? Several: with spaces between them.\n"
        "   The name is visible to everybody who watches the network; choose one that says nothing.",
        [&](const std::string& typed) { return judge_hosts(typed, init.hosts); });
  if (order.strangers_see.empty())
    asking.ask(
        "2. What does a stranger see who opens it in a browser? Enter: the page of a freshly installed nginx.\n"
        "   Or a folder with a site of yours (/var/www/html), or your web server on this machine (127.0.0.1:8080).",
        [&](const std::string& typed) { return judge_strangers(typed, init); });
  if (init.tls_certificate.empty() && init.tls_key.empty())
    asking.ask(
        "3. Which certificate does it show? Enter: one that it makes by itself; members trust its key, not the certificate.\n"
        "   Or two files of yours, certificate chain and key. One from an authority puts the name into public logs for good.",
        [&](const std::string& typed) { return judge_certificate(typed, init); });
}

}  // namespace

std::optional<std::string> telling_word(const std::string& host) {
  static constexpr std::array in_any{"panic", "alert", "alarm", "lgbt", "vigil", "queer"};
  std::string lower = host;
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (const char* word : in_any)
    if (lower.find(word) != std::string::npos) return word;
  // Too short to be looked for inside of others: »sosna« is a pine.
  std::ranges::replace_if(lower, [](unsigned char letter) { return std::isalpha(letter) == 0; }, ' ');
  return (" " + lower + " ").find(" sos ") != std::string::npos ? std::optional<std::string>("sos") : std::nullopt;
}

int setup(SetupOrder order, std::istream& in, std::ostream& out, bool asks, std::uint64_t now_s) {
  if (order.init.root.empty()) order.init.root = order.init.data / "root";
  if (!order.strangers_see.empty())
    if (const Judged wrong = judge_strangers(order.strangers_see, order.init))
      return fail("--strangers-see: " + *wrong, exit_refused);
  const bool asking = asks && !order.yes;
  if (!asking && order.init.hosts.empty())
    return fail("without questions the relay's name must be given: vigild setup --yes --host relay.example.org", exit_refused);
  if (!asking && !order.yes)
    return fail("nobody is there to answer (standard input is no terminal); say --yes to take the defaults.", exit_refused);
  try {
    if (asking) ask_all(order, in, out);
    for (const std::string& warning : warnings(order.init)) {
      out << "\n! " << warning << '\n';
      if (asking && !Asking(in, out).agrees()) throw Ended{"nothing was made; run it again with another name."};
    }
  } catch (const Ended& ended) {
    out << '\n';
    return fail(ended.why, exit_refused);
  }
  const std::expected<Made, std::string> made = init_relay(order.init, now_s);
  if (!made) return fail(made.error(), exit_refused);
  tell(out, *made);
  return exit_done;
}

}  // namespace vigil::server
