// Messages that nobody fetched. Goal: the sender hears it once, by her own clock, when it is true, and never when a receipt came
// or may still be unread. Method: two real profiles, time as an argument; the relay is this test, which takes what lies in the
// outbox and loses it.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "client/clock.hpp"
#include "client/inbox.hpp"
#include "client/news.hpp"
#include "client/telling.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

constexpr std::uint64_t day_s = 86'400;

content::Content message() {
  content::Content content = new_content(now_s);
  content.mutable_text()->set_text("bring the keys");
  return content;
}

ContentId id_of(const content::Content& content) {
  return *ContentId::from(view(content.id()));
}

ItemId write(Pair& pair, const content::Content& content) {
  const auto contact = pair.aigul.account->contacts.find(pair.dana_at_aigul);
  const auto items = write_to(*pair.aigul.account, *contact, content, wire::NORMAL, {}, true, now_s);
  REQUIRE(items);
  REQUIRE(items->size() == 1);
  return items->front();
}

void answered(Account& account, const ItemId& id, wire::Status status, std::uint64_t at_s) {
  auto claimed = account.outbox.claim(id).value();
  std::vector<wire::Answer> answers(1);
  answers[0].set_status(status);
  REQUIRE(claimed.settle(answers, at_s));
}

// What a person reads of it.
struct Reading {
  explicit Reading(Account& her) : account(her) {
    screen.divert([this](Screen::Kind, const std::string& sentence) { said.push_back(sentence); });
  }
  // As `listen` does: what waited has been read.
  std::vector<std::string> listens(std::uint64_t at_s) {
    account.underway.mailboxes_read(at_s);
    return looks(at_s);
  }
  std::vector<std::string> looks(std::uint64_t at_s) {
    said.clear();
    forget_all_old(account, at_s);
    tell_sent(account, screen, {}, at_s);
    tell_undelivered(account, screen, at_s);
    return said;
  }
  Account& account;
  Screen screen{false, true};
  std::vector<std::string> said;  // bounded: by the test
};

std::vector<std::string> undelivered() {
  return {words().undelivered("Dana", clock_text(now_s, now_s + 15 * day_s))};
}

// Dana's device writes this; Aigul's reads it.
std::vector<News> comes(Pair& pair, const content::Content& content, std::uint64_t at_s) {
  const auto contact = pair.dana.account->contacts.find(pair.aigul_at_dana);
  const auto items = write_to(*pair.dana.account, *contact, content, wire::NORMAL, {}, false, at_s);
  REQUIRE(items);
  wire::Request request;
  REQUIRE(request.ParseFromString(pair.dana.account->outbox.claim(items->front())->item().requests(0)));
  wire::Delivery delivery = pair.delivery(view(request.deliver().envelope()));
  delivery.set_address_hash(std::string(text(address_hash(pair.given_by_aigul).view())));
  delivery.set_lane(wire::NORMAL);
  return InboxReader(*pair.aigul.account).read(pair.aigul.root, delivery, at_s);
}

// That it has it.
std::vector<News> receipt(Pair& pair, const content::Content& of, std::uint64_t at_s) {
  content::Content content = new_content(at_s);
  content.mutable_receipt()->set_kind(content::Receipt::ARRIVED);
  content.mutable_receipt()->add_content_ids(of.id());
  return comes(pair, content, at_s);
}

// Standard output, into a file, while it lives.
class Captured {
 public:
  explicit Captured(std::filesystem::path path) : path_(std::move(path)), before_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    REQUIRE(std::freopen(path_.c_str(), "w", stdout) != nullptr);
  }
  ~Captured() { restore(); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() {
    restore();
    std::stringstream all;
    all << std::ifstream(path_).rdbuf();
    return all.str();
  }

 private:
  void restore() {
    if (before_ < 0) return;
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
    before_ = -1;
  }
  std::filesystem::path path_;
  int before_;
};

}  // namespace

TEST_CASE("a message without a receipt is told once, 15 days after a relay had it", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  CHECK(reading.listens(now_s).empty());
  CHECK(reading.listens(now_s + 14 * day_s).empty());
  CHECK(reading.listens(now_s + 15 * day_s - 1).empty());
  CHECK(reading.listens(now_s + 15 * day_s) == undelivered());
  CHECK(reading.listens(now_s + 15 * day_s).empty());
  CHECK(reading.listens(now_s + 40 * day_s).empty());
  CHECK(aigul.underway.all().empty());
}

TEST_CASE("the text of a message is gone after 7 days, and that there was one is not", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  forget_all_old(aigul, now_s + 7 * day_s);
  CHECK(aigul.sent.find(id_of(content), pair.dana_at_aigul));
  forget_all_old(aigul, now_s + 7 * day_s + 1);
  CHECK_FALSE(aigul.sent.find(id_of(content), pair.dana_at_aigul));
  const auto fact = aigul.underway.find(id_of(content));
  REQUIRE(fact);
  CHECK(fact->to == pair.dana_at_aigul);
  CHECK(fact->written_s == now_s);
}

TEST_CASE("a receipt on day 13 is news, and then nothing is undelivered", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  CHECK(reading.listens(now_s + 12 * day_s).empty());
  const std::vector<News> news = receipt(pair, content, now_s + 13 * day_s);
  REQUIRE(news.size() == 1);
  CHECK(news[0].kind == News::Kind::receipt);
  CHECK(news[0].name == "Dana");
  CHECK(receipt(pair, content, now_s + 13 * day_s + 1).empty());
  CHECK(reading.listens(now_s + 15 * day_s).empty());
  CHECK(reading.listens(now_s + 40 * day_s).empty());
}

TEST_CASE("an early receipt is told as before and ends the waiting", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  CHECK(receipt(pair, content, now_s + 60).size() == 1);
  CHECK(receipt(pair, content, now_s + 61).empty());
  CHECK(aigul.underway.all().empty());
  CHECK(reading.listens(now_s + 15 * day_s).empty());
}

TEST_CASE("nobody is told that a message is gone while its receipt may wait unread", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  answered(aigul, write(pair, message()), wire::DONE, now_s);
  CHECK(reading.listens(now_s).empty());  // the last time for a long while
  const std::vector<std::string> not_known{words().receipts_unread("Dana", clock_text(now_s, now_s + 15 * day_s))};
  CHECK(reading.looks(now_s + 15 * day_s) == not_known);
  CHECK(reading.looks(now_s + 20 * day_s) == not_known);
  CHECK(reading.listens(now_s + 20 * day_s) == undelivered());
  CHECK(reading.looks(now_s + 20 * day_s).empty());
}

TEST_CASE("what was being told when the process died is told again", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  answered(aigul, write(pair, message()), wire::DONE, now_s);
  CHECK(reading.listens(now_s).empty());
  aigul.underway.mailboxes_read(now_s + 15 * day_s);
  Screen dies(false, true);
  dies.divert([](Screen::Kind, const std::string&) { throw std::runtime_error("died"); });
  CHECK_THROWS_AS(tell_undelivered(aigul, dies, now_s + 15 * day_s), std::runtime_error);
  CHECK(reading.looks(now_s + 15 * day_s) == undelivered());
}

TEST_CASE("only what a person wrote to be read can be undelivered", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  content::Content ping = new_content(now_s);
  ping.mutable_ping();
  content::Content receipt_of_mine = new_content(now_s);
  receipt_of_mine.mutable_receipt()->set_kind(content::Receipt::ARRIVED);
  content::Content plan = new_content(now_s);
  plan.mutable_plan();
  for (const content::Content& content : {ping, receipt_of_mine, plan}) answered(aigul, write(pair, content), wire::DONE, now_s);
  CHECK(aigul.sent.waiting().size() == 3);
  CHECK(aigul.underway.all().empty());
  CHECK(reading.listens(now_s).empty());
  CHECK(reading.listens(now_s + 15 * day_s).empty());
}

TEST_CASE("the life of a message begins when a relay has it, not in the outbox", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const ItemId item = write(pair, message());
  CHECK(reading.listens(now_s + 15 * day_s).empty());  // NOT SENT YET
  answered(aigul, item, wire::DONE, now_s + 20 * day_s);
  CHECK(reading.listens(now_s + 20 * day_s).empty());
  CHECK(reading.listens(now_s + 35 * day_s - 1).empty());
  CHECK(reading.listens(now_s + 35 * day_s) == undelivered());
}

TEST_CASE("a message that was given up is told as that, also without its text, and not a second time", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const ItemId item = write(pair, message());
  CHECK(reading.listens(now_s + 8 * day_s).empty());
  answered(aigul, item, wire::REFUSED, now_s + 8 * day_s);
  CHECK(reading.listens(now_s + 8 * day_s).empty());
  answered(aigul, item, wire::REFUSED, now_s + 8 * day_s + refused_give_up_s);
  CHECK(reading.listens(now_s + 9 * day_s) == std::vector<std::string>{words().given_up("Dana")});
  CHECK(aigul.underway.all().empty());
  CHECK(reading.listens(now_s + 30 * day_s).empty());
}

TEST_CASE("written again it has a new life, and a clock that was ahead ends none early or never", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  Reading reading(aigul);
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  CHECK(reading.listens(now_s).empty());
  // Dana's device could not open it: it lies in the outbox again, and goes five days after the first one.
  content::Content trouble = new_content(now_s);
  const SentContent sent = *aigul.sent.find(id_of(content), pair.dana_at_aigul);
  trouble.mutable_trouble()->set_copy_id(std::string(text(sent.copies.at(0).view())));
  const std::vector<News> news = comes(pair, trouble, now_s + day_s);
  REQUIRE(news.size() == 1);
  CHECK(news[0].kind == News::Kind::written_again);
  CHECK(reading.listens(now_s + 4 * day_s).empty());
  CHECK(aigul.underway.find(id_of(content))->handed_s == 0);
  const auto items = aigul.outbox.list();
  REQUIRE(items->size() == 1);
  answered(aigul, *ItemId::from(view(items->at(0).id())), wire::DONE, now_s + 5 * day_s);
  CHECK(reading.listens(now_s + 5 * day_s).empty());
  CHECK(reading.listens(now_s + 20 * day_s - 1).empty());
  // Had it been handed over under a clock a year ahead: from the next look on.
  aigul.underway.handed_over(*aigul.underway.find(id_of(content)), now_s + 365 * day_s);
  CHECK(reading.listens(now_s + 21 * day_s).empty());
  CHECK(reading.listens(now_s + 36 * day_s - 1).empty());
  CHECK(reading.listens(now_s + 36 * day_s) == undelivered());
}

TEST_CASE("scripts hear of an undelivered message: to whom and of when, and nothing of its text", "[client][undelivered]") {
  Pair pair;
  Account& aigul = *pair.aigul.account;
  const content::Content content = message();
  answered(aigul, write(pair, content), wire::DONE, now_s);
  note_handed_over(aigul, now_s);
  aigul.underway.mailboxes_read(now_s + 16 * day_s);
  Screen screen(true, true);
  Captured captured(aigul.home.folder() / "said");
  tell_undelivered(aigul, screen, now_s + 16 * day_s);
  const std::string line = captured.text();
  CHECK(line == "{\"event\":\"undelivered\",\"at_s\":" + std::to_string(now_s + 16 * day_s) + ",\"content\":\"" +
                    hex(view(content.id())) + "\",\"name\":\"Dana\",\"written_s\":" + std::to_string(now_s) + "}\n");
}
