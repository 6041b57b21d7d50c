// Nobody else starts, sharpens or lengthens where a phone is shown. Goal: whatever a contact seals, with the right ids too,
// leaves the own share as it was and writes no place. Method: two real people with real containers and keys; every kind of
// content there is, with hostile fields, through the real inbox.
#include <catch2/catch.hpp>

#include "client/inbox.hpp"
#include "crypto/base/encoding.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

std::string s(View bytes) {
  return std::string(text(bytes));
}

// Hostile contents about this share, as if they were hers; then every other kind there is.
std::vector<content::Content> every_kind(const Bytes& share_id) {
  std::vector<content::Content> all;
  const auto next = [&]() -> content::Content& {
    content::Content& made = all.emplace_back();
    made.set_id(s(random_bytes(16)));
    made.set_written_s(now_s);
    return made;
  };
  {
    content::Sharing& said = *next().mutable_sharing();  // as if it were hers: longer, exact
    said.set_share_id(s(share_id));
    said.set_until_s(now_s + 500'000);
    said.set_exact(true);
    content::Sharing& ended = *next().mutable_sharing();
    ended.set_share_id(s(share_id));
    content::Ping& ping = *next().mutable_ping();
    ping.set_share_id(s(share_id));
    ping.set_exact(true);
    ping.mutable_track()->mutable_newest()->set_at_s(now_s);
    for (const auto kind : {content::CheckIn::BEGUN, content::CheckIn::GOES_ON, content::CheckIn::ENDED}) {
      content::CheckIn& check_in = *next().mutable_check_in();
      check_in.set_checkin_id(s(share_id));
      check_in.set_kind(kind);
      check_in.set_every_s(60);
    }
  }
  // And every other kind, empty: a kind that comes later is in here by itself.
  for (int number = 10; number <= 60; ++number) {
    content::Content made;
    std::string raw = next().SerializeAsString();
    all.pop_back();
    const int tag = number << 3 | 2;  // field 'number', a message of no bytes
    if (tag < 128) {
      raw += static_cast<char>(tag);
    } else {
      raw += static_cast<char>((tag & 127) | 128);
      raw += static_cast<char>(tag >> 7);
    }
    raw += '\0';
    REQUIRE(made.ParseFromString(raw));
    all.push_back(made);
  }
  return all;
}

}  // namespace

TEST_CASE("no content of anybody starts, sharpens or lengthens a share", "[client][places][protocol]") {
  // Mallory is the one who writes: the first of the pair.
  Pair pair;
  Account& aigul = *pair.dana.account;
  const ContactId mallory_id = pair.aigul_at_dana;
  const bool shares = GENERATE(true, false);
  OwnShare own{.share_id = random_bytes(16),
               .begun_s = now_s - 60,
               .until_s = now_s + 600,
               .exact = false,
               .with = {mallory_id},
               .topics = random_id<Secret>()};
  if (shares) aigul.places.begin(own);
  const auto before = aigul.container.setting("own share");

  const std::vector<content::Content> all = every_kind(own.share_id);
  InboxReader reader(aigul);
  std::size_t opened = 0;
  for (const content::Content& content : all) {
    for (const News& news : reader.read(pair.dana.root, pair.written(content), now_s)) {
      CHECK(news.kind != News::Kind::cannot_open);  // each was read, not thrown away
      ++opened;
    }
  }
  CHECK(opened > 0);
  CHECK(aigul.container.setting("own share") == before);
  CHECK(aigul.places.own().has_value() == shares);
  // Nothing that she wrote carries a place: receipts at most.
  for (const SentContent& sent : aigul.sent.waiting()) {
    CHECK_FALSE(sent.content.has_ping());
    CHECK_FALSE(sent.content.has_sharing());
  }
  const auto slot = aigul.slot.check_in();
  REQUIRE(slot);
  CHECK_FALSE(slot->has_value());
}
