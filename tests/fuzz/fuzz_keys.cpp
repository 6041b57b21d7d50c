// What lies in DATA/keys when vigild starts: root, online key and its certificate, route list, TLS key and certificate. A damaged
// or exchanged file is a sentence for the operator; what is accepted is what the root has signed.
#include <openssl/err.h>
#include <sys/stat.h>

#include <fstream>

#include "crypto/base/labels.hpp"
#include "crypto/base/signed.hpp"
#include "server/relay_keys.hpp"
#include "server/tls_context.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/fuzz/relay_cases.pb.h"

namespace {

using namespace vigil;
using namespace vigil::server;
using fuzz::must;
using fuzz::str;

void put(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  ::chmod(file.c_str(), 0600);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder("keys");
  static const KeyFiles files(folder.path());
  static const SigningKey root = *SigningKey::from_seed(Bytes(32, 1)), online = *SigningKey::from_seed(Bytes(32, 2));
  fuzz::KeyFolder said;
  if (!said.ParseFromArray(data, static_cast<int>(size))) return 0;
  std::filesystem::create_directories(files.folder);
  put(files.root, said.root().empty() ? str(root.public_key().view()) : said.root());
  put(files.online, said.seed().empty() ? str(online.seed()) : said.seed());
  wire::RootCertificate certificate = said.certificate();
  if (certificate.online_key().empty()) certificate.set_online_key(str(online.public_key().view()));
  if (certificate.signature().empty()) sign_online_key(root, certificate);
  put(files.certificate, said.raw_certificate().empty() ? certificate.SerializeAsString() : said.raw_certificate());
  wire::RouteList routes;
  routes.set_body(said.routes().SerializeAsString());
  routes.set_signature(
      str(root.sign(labels::routes, {View(reinterpret_cast<const std::uint8_t*>(routes.body().data()), routes.body().size())})
              .view()));
  put(files.routes, said.raw_routes().empty() ? routes.SerializeAsString() : said.raw_routes());
  put(files.tls_key, said.tls_key());
  put(files.tls_certificate, said.tls_certificate());

  const auto loaded = load_relay_keys(folder.path());
  must(loaded || !loaded.error().empty(), "a refusal says why");
  if (loaded) {
    must(verify_online_key(loaded->root, loaded->certificate), "the root has certified the online key");
    must(loaded->certificate.online_key() == str(loaded->online.public_key().view()), "and this one");
    const auto days = [](std::uint64_t from, std::uint64_t to) { return to >= from ? (to - from) / 86'400 : 0; };
    const std::int64_t left = loaded->days_left(said.now_s());
    must((left >= 0) || loaded->certificate.not_after_s() < said.now_s(), "what ends later has days left");
    must(left <= 0 || static_cast<std::uint64_t>(left) == days(said.now_s(), loaded->certificate.not_after_s()), "so many");
    (void)loaded->routes_days_left(said.now_s());
  }
  for (const auto& pin : {pin_of_certificate(files.tls_certificate), pin_of_key(files.tls_key)})
    must(pin || !pin.error().empty(), "a refusal says why");
  const auto tls = make_tls_context({.key = files.tls_key, .certificate = files.tls_certificate});
  must(tls ? *tls != nullptr : !tls.error().empty(), "a context, or why there is none");
  ERR_clear_error();
  return 0;
}
