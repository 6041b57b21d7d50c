// Goal: the MAC of marks and notes is the one of docs/protocol.md, section 7. Method: a vector that vectors.py computes with an
// X25519 of its own and Python's HMAC.
#include "crypto/e2ee/between.hpp"

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "proto/content.pb.h"

using namespace vigil;
using namespace vigil::e2ee;

namespace {

Identity identity_of(std::string_view private_hex) {
  std::optional<Identity> identity = Identity::load(*from_hex(std::string(private_hex) + "00000001"));
  REQUIRE(identity);
  return std::move(*identity);
}

}  // namespace

TEST_CASE("a note's MAC is the vector's, made by its writer and checked by its reader", "[crypto][e2ee][vectors]") {
  const Identity writer = identity_of("404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");
  const Identity reader = identity_of("606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f");
  const Bytes alert = *from_hex("000102030405060708090a0b0c0d0e0f");
  content::Note note;
  note.set_alert_id(std::string(text(alert)));
  note.set_text("two men at the gate");
  note.set_at_s(1'804'274'176);
  const std::string body = note.SerializeAsString();
  CHECK(hex(view(body)) == "0a10000102030405060708090a0b0c0d0e0f121374776f206d656e206174207468652067617465188094acdc06");
  const auto made = between_mac(writer, reader.key(), true, alert, view(body));
  REQUIRE(made);
  CHECK(hex(made->view()) == "b87f055c48b3c79f9187e0226b4cbc3ed1f47a973f645524336d4042d3fb402a");
  CHECK(between_mac(reader, writer.key(), false, alert, view(body)) == made);
}
