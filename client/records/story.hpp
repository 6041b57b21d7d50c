// What happened, in the container: contents in and out, receipts that wait, ids remembered; alerts are in alert_book.hpp. One
// thread; failures throw Failed. Contents are kept 7 days, ids 81 days; forget_old() is called daily and at opening. That a
// message went and no receipt has come is known for longer than what it said: underway.hpp.
#pragma once

#include "client/records/people.hpp"
#include "proto/content.pb.h"

namespace vigil::client {

using AlertId = Fixed<struct AlertIdTag, 16>;
using ContentId = Fixed<struct ContentIdTag, 16>;

inline constexpr std::uint64_t content_kept_s = 7 * 24 * 3600;
inline constexpr std::uint64_t ids_kept_s = 81 * 24 * 3600;

// Contents that came.
struct Received {
  std::int64_t row = 0;
  ContentId content_id;
  std::optional<ContactId> from;
  std::uint64_t received_s = 0;
  content::Content content;
  bool shown = false;
};
class Inbox {
 public:
  explicit Inbox(Container& container) : container_(container) {}
  // False: this content of this sender is here already.
  bool add(const Received& received);
  std::vector<Received> newest(std::size_t most);
  std::vector<Received> not_shown();
  void set_shown(std::int64_t row);

 private:
  Container& container_;
};

// Contents that went: kept until the receipt, so that what could not be opened can be written again.
struct SentContent {
  ContentId content_id;
  ContactId to{};
  std::uint64_t sent_s = 0;
  content::Content content;
  std::vector<CopyId> copies;  // what a Trouble names
  std::uint64_t arrived_s = 0, seen_s = 0;
};
class SentContents {
 public:
  explicit SentContents(Container& container) : container_(container) {}
  void add(const SentContent& sent);
  std::optional<SentContent> find(const ContentId& content, ContactId to);
  std::optional<SentContent> by_copy(const CopyId& copy);
  std::vector<SentContent> waiting();  // no receipt yet
  void arrived(const ContentId& content, ContactId to, std::uint64_t at_s);
  void seen(const ContentId& content, ContactId to, std::uint64_t at_s);

 private:
  Container& container_;
};

// Receipts that wait for their random moment.
struct DueReceipt {
  std::int64_t row = 0;
  ContactId to{};
  content::Receipt::Kind kind = content::Receipt::ARRIVED;
  ContentId content_id;
  std::uint64_t due_s = 0;
};
class DueReceipts {
 public:
  explicit DueReceipts(Container& container) : container_(container) {}
  void add(const DueReceipt& receipt);
  std::vector<DueReceipt> due(std::uint64_t now_s);
  std::optional<std::uint64_t> next_due_s();
  void remove(std::int64_t row);

 private:
  Container& container_;
};

// Ids that must not act twice: copies, and (sender, content id). Longer than contents.
class Remembered {
 public:
  explicit Remembered(Container& container) : container_(container) {}
  // True when it is new. 'key' is any bytes that name it: a copy id, or a hash.
  bool remember(View key, std::uint64_t now_s);
  bool knows(View key);

 private:
  Container& container_;
};

// Everything past its time: contents 7 days, ids 81 days.
void forget_old(Container& container, std::uint64_t now_s);

}  // namespace vigil::client
