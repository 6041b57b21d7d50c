// Against the real vigild, as a process of its own: prove, open, grant, publish, deliver, listen, acknowledge, keep, end, and an
// outbox that outlives the relay's death. VIGILD names the program.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <csignal>

#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "client/key_store.hpp"
#include "client/outbox.hpp"
#include "client/records/people.hpp"
#include "client/send_slot.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/e2ee/session.hpp"
#include "tests/unit/client/scripted_relay.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

std::string program() {
  const char* const given = std::getenv("VIGILD");
  return given != nullptr ? given : VIGILD_PATH;
}

std::uint64_t wall_s() {
  return static_cast<std::uint64_t>(std::time(nullptr));
}

// Runs the program to its end; its standard output, or nothing when it failed.
std::optional<std::string> run_program(const std::vector<std::string>& arguments, const Path& output) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    const std::string path = program();
    std::vector<char*> argv{const_cast<char*>(path.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  std::ostringstream text;
  text << std::ifstream(output).rdbuf();
  if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
    UNSCOPED_INFO(text.str());
    return std::nullopt;
  }
  return text.str();
}

class Vigild {
 public:
  Vigild() {
    asio::io_context io;
    asio::ip::tcp::acceptor probe(io, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    port_ = std::to_string(probe.local_endpoint().port());
    probe.close();
    REQUIRE(
        run_program({"init", "--data", data(), "--host", "127.0.0.1", "--port", port_, "--listen", "127.0.0.1:" + port_}, log()));
    start();
  }
  ~Vigild() { end(SIGKILL); }

  void start() {
    child_ = ::fork();
    if (child_ == 0) {
      const int file = ::open((home_->folder() / "serve.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      const std::string path = program(), config = data() + "/vigild.toml";
      ::execl(path.c_str(), path.c_str(), "serve", "--config", config.c_str(), nullptr);
      ::_exit(127);
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!run_program({"status", "--config", data() + "/vigild.toml"}, log())) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  void end(int signal) {
    if (child_ <= 0) return;
    ::kill(child_, signal);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }
  ReadInvite invite() {
    const auto printed = run_program({"invite", "--config", data() + "/vigild.toml"}, log());
    REQUIRE(printed);
    const std::size_t from = printed->find("vigil:join:");
    REQUIRE(from != std::string::npos);
    auto read = read_invite(printed->substr(from, printed->find_first_of(" \n\r", from) - from), wall_s());
    REQUIRE(read);
    return *read;
  }

 private:
  std::string data() const { return (home_->folder() / "relay").string(); }
  Path log() const { return home_->folder() / "output"; }
  TemporaryHome home_;
  std::string port_;
  pid_t child_ = 0;
};

// A member with profile, mailbox, one address for the other one, and a published bundle.
struct Member {
  explicit Member(asio::io_context& on, const ReadInvite& invite) : io(on), routes(invite.routes), right(invite.right) {}
  asio::io_context& io;
  Routes routes;
  Secret right;
  TemporaryHome home;
  Profile profile = Profile::create(*home, view("1"), PinCost::tests()).value();
  ContainerKeys keys{profile.container()};
  e2ee::Identity identity = keys.own_identity();
  e2ee::Sessions sessions{identity, keys};
  SigningKey owner = SigningKey::generate();
  Address address = random_id<Address>();
  std::unique_ptr<OwnerLink> link;

  template <class T>
  T now(asio::awaitable<T> task) {
    auto result = run(io, std::move(task), std::chrono::seconds(30));
    REQUIRE(result);
    return std::move(*result);
  }
  void connect() {
    auto connected = now(OwnerLink::connect(routes, owner, wall_s()));
    REQUIRE(connected);
    link = std::move(*connected);
  }
  void join() {
    connect();
    CHECK_FALSE(link->greeted().online_key_expired);
    REQUIRE(now(link->open_mailbox(right))->status() == wire::DONE);
    wire::Grant grant;
    grant.set_address_hash(std::string(text(address_hash(address).view())));
    grant.set_urgent(true);
    grant.set_normal(true);
    grant.set_vigils(true);
    grant.set_life_max(wire::THIRTY_DAYS);
    grant.set_prekeys_max(8);
    REQUIRE(now(link->grant(grant))->status() == wire::DONE);
    e2ee::OwnKeys own(identity, keys);
    const auto bundle = own.make_bundle(wall_s());
    wire::Request publish;
    publish.mutable_publish_prekeys()->set_bundle(std::string(text(bundle.bundle)));
    publish.mutable_publish_prekeys()->set_sequence(bundle.sequence);
    REQUIRE(now(link->request(publish))->status() == wire::DONE);
  }
  void listen() { REQUIRE(now(link->listen())->status() == wire::DONE); }
  wire::Delivery next() {
    auto delivery = now(link->next_delivery());
    REQUIRE(delivery);
    return *delivery;
  }
  void acknowledge(const wire::Delivery& delivery) {
    link->acknowledge(delivery.number());
    REQUIRE(now(link->flush()));
  }
  e2ee::PeerBundle bundle_of(const Member& other) {
    wire::Request fetch;
    fetch.mutable_fetch_prekeys()->set_address(std::string(text(other.address.view())));
    const auto answer = now(ask_one(routes, fetch));
    REQUIRE(answer);
    REQUIRE(answer->status() == wire::DONE);
    return e2ee::verify_bundle(view(answer->prekeys().bundle()), other.identity.key(), wall_s(), 0,
                               e2ee::BundleAge::must_be_fresh)
        .value();
  }
};

wire::Request deliver_to(const Member& to, char letter) {
  wire::Request request;
  request.mutable_deliver()->set_id(std::string(16, letter));
  request.mutable_deliver()->set_lane(wire::NORMAL);
  request.mutable_deliver()->set_lifetime(wire::FOURTEEN_DAYS);
  request.mutable_deliver()->set_envelope(std::string(1024, letter));
  request.mutable_deliver()->set_addresses(std::string(text(to.address.view())));
  return request;
}

}  // namespace

TEST_CASE("with the real vigild: prove, open, grant, deliver, listen, acknowledge; what is acknowledged never comes again",
          "[client][vigild]") {
  Vigild vigild;
  asio::io_context io{1};
  Member aida(io, vigild.invite()), ben(io, vigild.invite());
  aida.join();
  ben.join();
  ben.listen();
  Outbox outbox(*aida.home);
  const auto send = [&](char letter) {
    auto claimed =
        outbox.put_claimed({.routes = ben.routes, .requests = {deliver_to(ben, letter)}, .urgent = false, .about = {}}, wall_s());
    REQUIRE(claimed);
    const auto sent = aida.now(send_item(std::move(*claimed), wall_s()));
    REQUIRE(sent);
    return *sent;
  };
  CHECK(send('1').fate == Fate::done);
  const wire::Delivery first = ben.next();
  CHECK(first.envelope() == std::string(1024, '1'));
  CHECK(first.address_hash() == text(address_hash(ben.address).view()));
  ben.acknowledge(first);
  ben.link->stop();
  CHECK(send('2').fate == Fate::done);
  ben.connect();
  ben.listen();
  const wire::Delivery second = ben.next();
  CHECK(second.envelope() == std::string(1024, '2'));
  CHECK(outbox.list()->empty());

  // The invite is used up, and a withdrawn address takes nothing more.
  Member carl(io, ReadInvite{aida.routes, aida.right, 0});
  carl.connect();
  CHECK(carl.now(carl.link->open_mailbox(carl.right))->status() == wire::REFUSED);
  REQUIRE(ben.now(ben.link->withdraw(address_hash(ben.address)))->status() == wire::DONE);
  CHECK(send('3').fate == Fate::refused);
}

TEST_CASE("with the real vigild: a prepared alert goes from the slot to its reader, and her PIN's box ends it",
          "[client][vigild]") {
  Vigild vigild;
  asio::io_context io{1};
  Member aida(io, vigild.invite()), ben(io, vigild.invite());
  aida.join();
  ben.join();
  Plan plan;
  plan.responders.push_back({"Ben", 1, 0, {{ben.routes, ben.address, aida.bundle_of(ben)}}});
  plan.own.push_back({aida.routes, aida.address, aida.bundle_of(aida)});
  SendSlot slot(*aida.home);
  const auto prepared = prepare_alert(plan, aida.identity, aida.profile.box_keys(), wall_s());
  REQUIRE(prepared);
  REQUIRE(slot.replace_stock({*prepared}));
  Press press;
  press.pressed_s = wall_s();
  press.hold_s = 0;
  press.note = "at the bridge";
  auto taken = slot.take();
  REQUIRE(taken);
  const auto sealed = seal_alert(std::move(*taken), press);
  REQUIRE(sealed);
  Outbox outbox(*aida.home);
  REQUIRE(outbox.put({.routes = sealed->vigils[0].routes, .requests = sealed->vigils[0].keep, .urgent = true, .about = {}},
                     wall_s()));
  const auto sent = aida.now(drain(outbox, wall_s()));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].fate == Fate::done);

  ben.listen();
  const wire::Delivery delivery = ben.next();
  CHECK(delivery.of_vigil() == wire::STAGE);
  CHECK(delivery.round() == 1);
  const auto opened = ben.sessions.open(view(delivery.envelope()), address_hash(ben.address), aida.identity.key(), wall_s());
  REQUIRE(opened);
  CHECK(opened->content.alert().note() == "at the bridge");

  const kept::RunningVigil& running = sealed->running.vigils(0);
  std::vector<Bytes> boxes;
  for (const std::string& box : running.boxes()) boxes.emplace_back(view(box).begin(), view(box).end());
  const std::optional<Secret> secret = aida.profile.open_box(boxes);
  REQUIRE(secret);
  wire::Request end;
  end.mutable_end()->set_vigil_id(running.vigil_id());
  end.mutable_end()->set_secret(std::string(text(secret->view())));
  end.mutable_end()->set_address(running.address());
  const auto ended = aida.now(ask_one(aida.routes, end));
  REQUIRE(ended);
  CHECK(ended->status() == wire::DONE);
  const wire::Delivery ending = ben.next();
  CHECK(ending.of_vigil() == wire::ENDING);
  const auto told = ben.sessions.open(view(ending.envelope()), address_hash(ben.address), aida.identity.key(), wall_s());
  REQUIRE(told);
  REQUIRE(told->content.has_ending());
  CHECK_FALSE(told->content.ending().forced());
}

TEST_CASE("with the real vigild: what could not be sent while it was dead goes out when it is back", "[client][vigild]") {
  Vigild vigild;
  asio::io_context io{1};
  Member aida(io, vigild.invite()), ben(io, vigild.invite());
  ben.join();
  vigild.end(SIGKILL);
  Outbox outbox(*aida.home);
  REQUIRE(outbox.put({.routes = ben.routes, .requests = {deliver_to(ben, '1')}, .urgent = true, .about = {}}, 1'000));
  auto sent = aida.now(drain(outbox, 1'000));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].fate == Fate::waiting);
  CHECK(sent[0].fault == Fault::no_route);
  CHECK(outbox.list()->size() == 1);
  const auto ended = ben.now(ben.link->next_delivery());
  CHECK(ended.error() == Fault::closed);

  vigild.start();
  sent = aida.now(drain(outbox, outbox.next_due_s().value()));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].fate == Fate::done);
  ben.connect();
  ben.listen();
  CHECK(ben.next().envelope() == std::string(1024, '1'));
}
