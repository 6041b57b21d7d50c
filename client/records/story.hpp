// What happened, in the container: alerts and their timeline, contents in and out, ids remembered. One thread; failures throw
// Failed. Contents are kept 7 days, ids 81 days; forget_old() is called daily and at opening.
#pragma once

#include "client/records/people.hpp"
#include "proto/content.pb.h"

namespace vigil::client {

using AlertId = Fixed<struct AlertIdTag, 16>;
using ContentId = Fixed<struct ContentIdTag, 16>;

inline constexpr std::uint64_t content_kept_s = 7 * 24 * 3600;
inline constexpr std::uint64_t ids_kept_s = 81 * 24 * 3600;

// One alert as it came (or went) by one relay: two relays, two rows, one alert id.
struct SeenAlert {
  AlertId alert_id;
  VigilId vigil_id;
  PublicKey root;                 // of the relay where its vigil lives
  std::optional<ContactId> from;  // nothing = this member's own
  content::Alert content;         // newest copy; own ones have no secrets in it
  std::uint64_t first_seen_s = 0;
  std::uint32_t round = 0, stage = 0;  // highest that came
  std::uint64_t rung_s = 0;            // a key was pressed (seen); 0 = rings
  std::uint32_t my_step = 0;           // last step shown of the own answer chain
  bool over = false, forced = false, cleared = false;
  std::uint64_t cleared_s = 0;  // when the all-clear came: its place is forgotten 24 h later
};

class Alerts {
 public:
  explicit Alerts(Container& container) : container_(container) {}
  std::optional<SeenAlert> find(const AlertId& alert, const VigilId& vigil);
  std::optional<SeenAlert> by_vigil(const VigilId& vigil);
  std::vector<SeenAlert> of(const AlertId& alert);
  std::vector<SeenAlert> all();      // the newest first
  void put(const SeenAlert& alert);  // new, or in place of the one with these two ids

  // Of each answerer's chain, the highest step that was verified: acts at or below it are old.
  struct Act {
    std::uint32_t index = 0, step = 0;
    std::uint32_t act = 0;  // wire.Released.Act of that step
    std::uint64_t released_s = 0;
    std::uint32_t lease_s = 0;
  };
  std::vector<Act> acts(const VigilId& vigil);
  void put_act(const VigilId& vigil, const Act& act);
  // Who the indices are: from the notices.
  std::vector<std::string> names(const VigilId& vigil);
  void set_names(const VigilId& vigil, const std::vector<std::string>& names);

 private:
  Container& container_;
};

// The timeline of an alert, as a person reads it.
struct Happening {
  std::int64_t row = 0;
  AlertId alert_id;
  std::uint64_t at_s = 0;
  std::string what;  // the kind of the JSON event
  Bytes detail;      // whatever its writer understands
};
class Timeline {
 public:
  explicit Timeline(Container& container) : container_(container) {}
  void add(const Happening& happening);
  std::vector<Happening> of(const AlertId& alert);

 private:
  Container& container_;
};

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

// Everything past its time: contents 7 days, ids 81 days, places 24 h after the all-clear.
void forget_old(Container& container, std::uint64_t now_s);

}  // namespace vigil::client
