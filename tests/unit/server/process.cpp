// Starting, asking and ending real relays; every wait is for an event and has an end.
#include "process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "member.hpp"
#include "server/config.hpp"
#include "server/json.hpp"
#include "server/unix_socket.hpp"

extern char** environ;

namespace vigil::server::test {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Starts a program; its input and output are files.
pid_t start(std::vector<std::string> command, const std::filesystem::path& in, const std::filesystem::path& out,
            const std::filesystem::path& err, const std::map<std::string, std::string>& environment) {
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> settings;
  for (const auto& [name, value] : environment) settings.emplace_back(name).append("=").append(value);
  std::vector<char*> all;
  for (char** one = environ; *one != nullptr; ++one) all.push_back(*one);
  for (std::string& setting : settings) all.push_back(setting.data());
  all.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = -1;
  REQUIRE(::posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), all.data()) == 0);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::filesystem::path fresh_folder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
  std::string name = (in / "vigild-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  return name;
}

std::uint16_t free_port() {
  const int opened = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(opened, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(::getsockname(opened, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ::close(opened);
  return ntohs(address.sin_port);
}

}  // namespace

Ran run_program(std::vector<std::string> command, const std::string& input) {
  const std::filesystem::path folder = fresh_folder();
  std::ofstream(folder / "in") << input;
  const pid_t pid = start(std::move(command), folder / "in", folder / "out", folder / "err", {});
  int status = 0;
  ::waitpid(pid, &status, 0);
  Ran ran{code_of(status), content(folder / "out"), content(folder / "err")};
  std::filesystem::remove_all(folder);
  return ran;
}

Ran run_vigild(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> command{VIGILD};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(std::move(command), input);
}

RelayHome::RelayHome(const std::vector<std::string>& more, const std::filesystem::path& in)
    : folder_(fresh_folder(in)), port_(free_port()) {
  std::vector<std::string> arguments{"init", "--data", data().string(), "--host", "127.0.0.1", "--port", std::to_string(port_)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  made_ = run_vigild(arguments);
}

RelayHome::~RelayHome() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Ran RelayHome::run(const std::string& verb, std::vector<std::string> more, const std::string& input) const {
  more.insert(more.begin(), {verb, "--config", config().string()});
  return run_vigild(more, input);
}

void RelayHome::configure(const std::string& toml) const {
  std::ofstream(config(), std::ios::app) << toml;
}
std::string RelayHome::config_text() const {
  return content(config());
}
void RelayHome::write_config(const std::string& text) const {
  std::ofstream(config(), std::ios::trunc) << text;
}

Serving::Serving(const RelayHome& home, const std::map<std::string, std::string>& environment, const std::string& passphrase)
    : home_(home), words_(home.data().parent_path() / "words") {
  const std::filesystem::path folder = home.data().parent_path();
  std::vector<std::string> arguments{VIGILD, "serve", "--config", home.config().string()};
  if (!passphrase.empty()) arguments.insert(arguments.end(), {"--passphrase-fd", "0"});
  std::ofstream(folder / "in") << passphrase;
  pid_ = start(arguments, folder / "in", folder / "out", words_, environment);
  const auto config = load_config(home.config());
  REQUIRE(config);
  for (unsigned tries = 0; !ask_console(config->console, R"({"do":"status"})"); ++tries) {
    INFO(said());
    REQUIRE(tries < 6000);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, WNOHANG) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Serving::~Serving() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Serving::signal(int number) const {
  REQUIRE(::kill(pid_, number) == 0);
}

int Serving::wait() {
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return code_of(status);
}

std::optional<std::int64_t> Serving::asked(const std::string& name) const {
  const auto config = load_config(home_.data() / "vigild.toml");
  const auto answer = ask_console(config ? config->console : home_.data() / "console", R"({"do":"status"})");
  if (!answer) return std::nullopt;
  return json::parse(*answer).at("numbers").at(name).as_int64();
}

std::int64_t Serving::number(const std::string& name) const {
  const std::optional<std::int64_t> found = asked(name);
  REQUIRE(found);
  return *found;
}

bool Serving::reaches(const std::string& name, std::int64_t value) const {
  for (unsigned tries = 0; tries <= 9000; ++tries) {
    const std::optional<std::int64_t> found = asked(name);
    if (!found || *found == value) return found.has_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void Serving::await(const std::string& name, std::int64_t value) const {
  const bool come = reaches(name, value);
  INFO(name << " is " << (come ? value : number(name)) << ", awaited " << value);
  REQUIRE(come);
}

std::string Serving::said() const {
  return content(words_);
}

std::string ask_tls(std::uint16_t port, const std::string& bytes) {
  Line line(port);
  line.send(bytes);
  return line.receive_all();
}

std::string pin_shown(std::uint16_t port) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  const int opened = connect_to(port);
  SSL_set_fd(ssl, opened);
  REQUIRE(SSL_connect(ssl) == 1);
  X509* certificate = SSL_get1_peer_certificate(ssl);
  unsigned char* encoded = nullptr;
  const int length = i2d_PUBKEY(X509_get0_pubkey(certificate), &encoded);
  std::string pin(32, '\0');
  EVP_Digest(encoded, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(pin.data()), nullptr, EVP_sha256(),
             nullptr);
  OPENSSL_free(encoded);
  X509_free(certificate);
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(opened);
  return pin;
}

}  // namespace vigil::server::test
