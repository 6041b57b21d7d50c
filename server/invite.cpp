// Invites: rights are made here, the relay gets their hashes.
#include "server/invite.hpp"

#include <qrencode.h>

#include <iostream>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/relay_keys.hpp"
#include "server/unix_socket.hpp"

namespace vigil::server {
namespace {

constexpr int quiet_modules = 2;  // four are the standard; two are read by every phone tried and fit small terminals

std::string as_string(View bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string request(const std::vector<Secret>& rights, unsigned days) {
  json::array hashes;
  for (const Secret& right : rights) hashes.emplace_back(hex(invite_hash(right).view()));
  return json::serialize(json::object{{"do", "invites"}, {"days", days}, {"hashes", std::move(hashes)}});
}

void print(const std::vector<std::string>& invites, const InviteOrder& order, std::uint64_t not_after_s) {
  if (order.json) {
    json::array all;
    for (const std::string& invite : invites) all.emplace_back(invite);
    std::cout << json::serialize(json::object{{"invites", std::move(all)}, {"not_after_s", not_after_s}}) << '\n';
    return;
  }
  for (const std::string& invite : invites) {
    std::cout << invite << '\n';
    if (order.qr) std::cout << qr_code(invite) << '\n';
  }
}

}  // namespace

std::string invite_text(const wire::RouteList& routes, const PublicKey& root, const Secret& right, std::uint64_t not_after_s) {
  wire::Invite invite;
  *invite.mutable_routes() = routes;
  invite.set_root(as_string(root.view()));
  invite.set_right(as_string(right.view()));
  invite.set_not_after_s(not_after_s);
  return "vigil:join:" + base64url(view(invite.SerializeAsString()));
}

std::string qr_code(const std::string& text) {
  QRcode* code = QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L);
  if (code == nullptr) return {};
  const int width = code->width;
  const auto is_dark = [code, width](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < width && (code->data[y * width + x] & 1) != 0;
  };
  std::string out;
  // Two rows a line. Terminals are dark, so light modules are drawn and dark ones left out.
  for (int y = -quiet_modules; y < width + quiet_modules; y += 2) {
    for (int x = -quiet_modules; x < width + quiet_modules; ++x) {
      const bool upper = !is_dark(x, y), lower = !is_dark(x, y + 1) && y + 1 < width + quiet_modules;
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += '\n';
  }
  QRcode_free(code);
  return out;
}

int print_invites(const std::filesystem::path& config_file, const InviteOrder& order, std::uint64_t now_s) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  const std::expected<RelayKeys, std::string> keys = load_relay_keys(config->data);
  if (!keys) return fail(keys.error(), exit_refused);
  std::vector<Secret> rights;
  for (unsigned i = 0; i < order.count; ++i) rights.push_back(random_id<Secret>());
  const std::expected<std::string, std::string> reply = ask_console(config->console, request(rights, order.days));
  if (!reply) return fail(reply.error(), exit_not_running);

  boost::system::error_code error;
  const json::value parsed = json::parse(*reply, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* done = answer == nullptr ? nullptr : answer->if_contains("done");
  if (done == nullptr || !done->is_bool())
    return fail("the relay's console answered something else than this program understands.", exit_failed);
  if (!done->as_bool()) {
    const json::value* why = answer->if_contains("why");
    return fail("no invite was made: " + (why != nullptr && why->is_string() ? std::string(why->as_string()) : "no reason given"),
                exit_refused);
  }
  const std::uint64_t not_after_s = now_s + order.days * std::uint64_t{86'400};
  std::vector<std::string> invites;
  for (const Secret& right : rights) invites.push_back(invite_text(keys->routes, keys->root, right, not_after_s));
  print(invites, order, not_after_s);
  return exit_done;
}

}  // namespace vigil::server
