// People for the tests of this room: an identity with a store, sessions and keys, on a clock that the test moves.
#pragma once

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/memory_key_store.hpp"
#include "crypto/e2ee/session.hpp"

namespace vigil::e2ee {

inline constexpr std::uint64_t test_start_s = 1'790'000'000;

struct Person {
  Person();
  Identity identity;
  MemoryKeyStore store;
  Sessions sessions;
  OneShots one_shots;
  OwnKeys keys;
  Address address = random_id<Address>();  // at which the others reach her
  AddressHash address_hash;

  // Her newest bundle as the others have it; made anew when the test's clock has moved.
  PeerBundle bundle(std::uint64_t now_s = test_start_s);
  // A one-time prekey as her relay would give it out.
  OneTimePrekey one_time(std::uint64_t now_s = test_start_s);

 private:
  std::optional<PeerBundle> published_;
  std::uint64_t published_s_ = 0;
};

// Both know and trust each other.
void introduce(Person& one, Person& other);

content::Content text_content(const std::string& text);

// Seals for 'to'; the test ends when that fails.
Bytes seal(Person& from, Person& to, Device device, const std::string& text, std::size_t bytes = 0, bool with_one_time = true);
// The text that was opened, or the fault's meaning in brackets.
std::string open(Person& reader, const Person& from, View envelope, std::uint64_t now_s = test_start_s);

// What a hostile member could make: a Signal message of her session, in an Inner changed by the test, sealed to the reader.
content::Inner inner_of(Person& reader, View envelope);
Bytes reseal(Person& reader, const content::Inner& inner, std::size_t bytes = 1024);

}  // namespace vigil::e2ee
