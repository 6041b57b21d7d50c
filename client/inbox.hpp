// A delivery's way from the relay into the container: opened, checked against whom its address was given to, kept in one step
// with the ratchet that opened it, and turned into news. Exactly once to the person, whatever relays do: copies, contents and the
// base keys of first messages are remembered for 81 days; a known alert that comes with a higher round rings again and is not a
// second alert. One thread. When read() returns, everything is durable and the delivery may be acknowledged; Failed = not kept,
// do not acknowledge.
#pragma once

#include <vector>

#include "client/account.hpp"
#include "client/news.hpp"

namespace vigil::client {

class InboxReader {
 public:
  explicit InboxReader(Account& account) : account_(account) {}

  // 'root': of the relay it came from.
  std::vector<News> read(const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s);
  // What other responders of this person wrote before her plan was open here. read() does it when the plan opens; once more at
  // the beginning, for the device may have been switched off in between.
  std::vector<News> read_waiting(ContactId person, std::uint64_t now_s);

 private:
  struct Origin {
    std::optional<Contact> contact;
    std::optional<e2ee::IdentityKey> expected;  // nothing = anybody: introductions
    std::optional<Meeting> meeting;
    std::string name;
    bool own = false;  // through an address one gave oneself
    // Set when it came through an address for the other responders of this person: 'contact' is one of them.
    std::optional<Contact> about;
    Secret card_secret;
    bool introduction = false;
  };
  struct At {
    const PublicKey& root;
    const wire::Delivery& delivery;
    const Origin& origin;
    std::uint64_t now_s;
  };
  std::vector<News> read_one(const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s);
  std::optional<Origin> origin_of(const Given& given, std::uint64_t now_s);
  // All who may write through it: sealed, it does not say who did.
  std::vector<Origin> others_at(const Given& given);
  // False: sealed by somebody else than this origin, and nothing has happened.
  bool open_as(const At& at, const AddressHash& address, std::vector<News>& news);
  void not_named_yet(const PublicKey& root, const Given& given, const wire::Delivery& delivery, std::uint64_t now_s,
                     std::vector<News>& news);
  void plan_opened(const Contact& person, View alert_id, std::vector<News>& news);
  void keep(const At& at, const e2ee::Opened& opened, std::vector<News>& news);
  void alert(const At& at, const content::Content& content, std::vector<News>& news);
  void of_responders(const At& at, const content::Content& content, std::vector<News>& news);
  void notice_opened(const At& at, const content::Content& content, std::vector<News>& news);
  void notice(const At& at, View alert_id, View vigil_id, std::vector<News>& news);
  void ending(const At& at, const content::Content& content, std::vector<News>& news);
  void receipt(const At& at, const content::Receipt& receipt, std::vector<News>& news);
  void all_clear(const At& at, const content::Content& content, std::vector<News>& news);
  void text(const At& at, const content::Content& content, std::vector<News>& news);
  void trouble(const At& at, const content::Trouble& trouble, std::vector<News>& news);
  void introduction(const At& at, const e2ee::IdentityKey& sender, const content::Introduction& said);
  void introduced(const At& at, const content::Introduced& said);
  // Of check-ins and places (inbox_watch.cpp).
  void check_in(const At& at, const content::Content& content, bool one_shot, std::vector<News>& news);
  void sign_of_life(const At& at, View checkin_id, bool forced, std::vector<News>& news);
  bool sign_again(const At& at, const CopyId& content_id, std::vector<News>& news);
  void silence(const At& at, const content::Alert& alert);
  void sharing(const At& at, const content::Sharing& said, std::vector<News>& news);
  void ping(const At& at, const content::Ping& said, std::vector<News>& news);
  // The same sealed copy once more: a later round, or one more act under the same notice.
  void again(const At& at, const CopyId& content_id, std::vector<News>& news);
  void cannot_open(const At& at, std::vector<News>& news);
  // The record of this alert if it is this person's, or a new one; nothing when it is somebody else's.
  std::optional<AlertState> alert_of(const At& at, View alert_id);
  void owe_receipt(const At& at, View content_id, content::Receipt::Kind kind, std::uint64_t due_s);

  void write_again(const Contact& contact, const SentContent& sent, std::uint64_t now_s);
  void say_trouble(const Contact& contact, View copy, std::uint64_t now_s);

  Account& account_;
  std::optional<ContactId> opened_plan_of_;  // what waited for that plan is read next
  std::optional<SentContent> again_;         // to be written again once the step that opened the request is over
};

// Own alerts that were pressed without the PIN, out of the send-only slot into the book. True when something is new.
bool adopt_running(Account& account, std::uint64_t now_s);

}  // namespace vigil::client
