// Makes a relay's keys and files in a folder, opens the store and listens on any free port.
#include "running_relay.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "server/tls_files.hpp"

namespace vigil::server::test {
namespace {

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "vigil-server-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  return name;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// One write, waited for.
class Waiting final : public storage::Completion {
 public:
  void done(std::uint64_t, storage::Outcome got) override { outcome = std::move(got); }
  std::optional<storage::Outcome> outcome;
};

}  // namespace

RunningRelay::RunningRelay(const std::function<void(Config&)>& change)
    : folder_(new_folder()), root_(SigningKey::generate()), clock_(storage::system_clock()), switchboard_([](std::uint64_t) {}) {
  const std::uint64_t now = clock_->wall_s();
  config_.listen = {{"127.0.0.1", 0}};
  config_.hosts = {"relay.example"};
  config_.paths = {"/another/path", "/the/secret/path"};
  config_.threads = 2;
  config_.tls_key = folder_ / "tls.key";
  config_.tls_certificate = folder_ / "tls.pem";
  change(config_);
  const std::expected<std::string, std::string> tls_key = make_tls_key();
  REQUIRE(tls_key);
  const std::expected<std::string, std::string> certificate = make_certificate(*tls_key, "relay.example", now);
  REQUIRE(certificate);
  write_file(config_.tls_key, *tls_key);
  write_file(config_.tls_certificate, *certificate);

  SigningKey online = SigningKey::generate();
  wire::RootCertificate certified = certify_online_key(root_, online.public_key(), now, 90);
  wire::RouteList routes = sign_routes(root_, config_, {.now = {}, .next = {}}, nullptr, now);
  auto keys = std::make_shared<const RelayKeys>(RelayKeys{.root = root_.public_key(),
                                                          .online = std::move(online),
                                                          .certificate = std::move(certified),
                                                          .routes = std::move(routes),
                                                          .route_serial = 1});
  storage::EmbeddedOptions options;
  options.directory = folder_ / "store";
  auto store = storage::open_embedded(options);
  if (!store) FAIL(store.error());
  store_ = std::move(*store);
  auto serving = make_serving(config_, keys, nullptr);
  if (!serving) FAIL(serving.error());
  relay_ = std::make_unique<Relay>(*store_, switchboard_, counters_, *clock_, *serving);
  auto listener = Listener::open(*relay_, config_.listen, config_.threads);
  if (!listener) FAIL(listener.error());
  listener_ = std::move(*listener);
  store_->observe(switchboard_);
  listener_->start();
}

RunningRelay::~RunningRelay() {
  listener_->drain(std::chrono::milliseconds(0));
  store_->close();
  listener_.reset();
  store_.reset();
  std::filesystem::remove_all(folder_);
}

void RunningRelay::write(storage::Write what) {
  Waiting waiting;
  store_->submit(std::move(what), asking_.get_executor(), waiting, 0);
  while (!waiting.outcome) {
    asking_.restart();
    asking_.run_for(std::chrono::milliseconds(5));
  }
  REQUIRE(waiting.outcome->status == wire::DONE);
}

Secret RunningRelay::invite() {
  const Secret right = random_id<Secret>();
  write(storage::AddInvites{{invite_hash(right)}, clock_->wall_s() + 3600});
  return right;
}

void RunningRelay::release_due() {
  write(storage::ReleaseDue{});
}

RunningRelay::Owner RunningRelay::owner() {
  Owner made{.key = SigningKey::generate(), .member = member(), .address = random_id<Address>()};
  REQUIRE(made.member->prove(made.key) == wire::DONE);
  REQUIRE(made.member->open_mailbox(invite()) == wire::DONE);
  REQUIRE(made.member->grant(made.key, made.address) == wire::DONE);
  return made;
}

}  // namespace vigil::server::test
