// A route list that nobody answers. Tests and fuzzers of the client only.
#pragma once

#include "client/routes.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"

namespace vigil::client::testing {

inline Routes some_routes(const SigningKey& root = SigningKey::generate()) {
  wire::RouteListBody body;
  body.set_root(std::string(text(root.public_key().view())));
  body.set_serial(1);
  wire::Route& route = *body.add_routes();
  route.set_host("127.0.0.1");
  route.set_port(1);
  route.set_path("/x");
  route.set_pin(std::string(32, 'p'));
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(std::string(text(root.sign(labels::routes, {view(list.body())}).view())));
  return Routes::verify(list, root.public_key()).value();
}

}  // namespace vigil::client::testing
