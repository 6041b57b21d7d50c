// Starting vigild and opening mailboxes: invites come through its console, as an operator makes them.
#include "relay_process.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <thread>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "loopback.hpp"
#include "server/config.hpp"
#include "server/init.hpp"
#include "server/json.hpp"
#include "server/relay_keys.hpp"
#include "server/unix_socket.hpp"

namespace vigil::bench {
namespace {

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(std::time(nullptr));
}

}  // namespace

RelayProcess::RelayProcess(const Options& options, const std::string& more_config) : port_(free_port()), vigild_(options.vigild) {
  server::InitOrder order;
  order.data = folder_.path() / "relay";
  order.hosts = {"127.0.0.1"};
  order.port = port_;
  const auto made = server::init_relay(order, now_s());
  if (!made) throw std::runtime_error(made.error());
  // The load's own limits: it floods on purpose.
  std::ofstream(made->config, std::ios::app) << fmt::format(
      "threads = {}\n[limits]\nnormal_copies_max = 1000000\nnormal_bytes_max = 8000000000\nrequests_per_s = 10000000\n"
      "urgent_per_address_per_min = 10000000\nconnections_max = 100000\nkeepalive_s = 600\nfree_for_normal_percent = "
      "2\nfree_for_urgent_percent = 1\n[log]\nlevel = "
      "\"warning\"\n{}",
      options.threads, more_config);
  const auto config = server::load_config(made->config);
  if (!config) throw std::runtime_error(config.error());
  console_ = config->console;
  path_ = config->paths.front();
  root_ = *server::load_root(config->data);

  config_ = made->config;
  start();
  for (unsigned tries = 0; !server::ask_console(console_, R"({"do":"status"})"); ++tries) {
    if (tries == 3000 || process_->ended()) throw std::runtime_error("vigild did not start; its words are above");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void RelayProcess::start() {
  process_ = std::make_unique<Process>(Process::Order{{vigild_.string(), "serve", "--config", config_.string()}});
}

void RelayProcess::restart() {
  process_->kill();
  start();
  process_->wait_for_port(port_, 120);
}

std::unique_ptr<Member> RelayProcess::connect() const {
  return std::make_unique<Member>(port_, root_, path_);
}

std::unique_ptr<Member> RelayProcess::log_in(const Mailbox& mailbox) const {
  std::unique_ptr<Member> member = connect();
  must(member->prove(mailbox.key), "proof");
  return member;
}

std::vector<Mailbox> RelayProcess::open(std::size_t count) const {
  std::vector<Mailbox> mailboxes;
  while (mailboxes.size() < count) {
    std::vector<Secret> rights(std::min<std::size_t>(1000, count - mailboxes.size()));
    server::json::array hashes;
    for (Secret& right : rights) {
      right = random_id<Secret>();
      hashes.emplace_back(hex(invite_hash(right).view()));
    }
    const auto asked =
        server::json::serialize(server::json::object{{"do", "invites"}, {"days", 1}, {"hashes", std::move(hashes)}});
    const auto answer = server::ask_console(console_, asked);
    if (!answer || answer->find("true") == std::string::npos)
      throw std::runtime_error("no invites: " + (answer ? *answer : answer.error()));
    for (const Secret& right : rights) {
      mailboxes.push_back({SigningKey::generate(), random_id<Address>()});
      const auto owner = log_in(mailboxes.back());
      must(owner->open_mailbox(right), "open mailbox");
      must(owner->grant(mailboxes.back().key, mailboxes.back().address), "grant");
    }
  }
  return mailboxes;
}

std::int64_t RelayProcess::number(const std::string& name) const {
  const auto answer = server::ask_console(console_, R"({"do":"status"})");
  if (!answer) throw std::runtime_error(answer.error());
  return server::json::parse(*answer).at("numbers").at(name).as_int64();
}

}  // namespace vigil::bench
