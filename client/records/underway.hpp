// Messages that went and of which no receipt has come: that there is one, to whom and since when, never what it says. Contents
// are kept for 7 days (story.hpp), but relays keep a message for 14 and tell nobody when that is over, so the sender counts by
// her own clock. Used by whoever writes, reads receipts and tells (mail, inbox, telling). One thread; failures throw Failed.
//
// **Invariant:** no text is here, and only messages that a person wrote are.
#pragma once

#include "client/records/story.hpp"

namespace vigil::client {

inline constexpr std::uint64_t message_life_s = 14 * 24 * 3600;  // on every relay; mail.cpp asserts it
// It may be fetched at the last moment; a receipt waits up to a minute, and longer where the network comes and goes; clocks
// differ.
inline constexpr std::uint64_t message_grace_s = 24 * 3600;

struct Underway {
  ContentId content_id;
  ContactId to{};
  std::uint64_t written_s = 0;
  std::uint64_t handed_s = 0;  // when the last relay had it; 0 = NOT SENT YET, as far as is known
};

// No relay has it any more, by this device's clock.
inline bool life_over(const Underway& one, std::uint64_t now_s) {
  return one.handed_s != 0 && one.handed_s <= now_s && now_s - one.handed_s >= message_life_s + message_grace_s;
}

class MessagesUnderway {
 public:
  explicit MessagesUnderway(Container& container) : container_(container) {}
  void add(const ContentId& content, ContactId to, std::uint64_t written_s);
  std::optional<Underway> find(const ContentId& content);
  std::vector<Underway> all();  // oldest first
  void handed_over(const Underway& one, std::uint64_t now_s);
  // It lies in the outbox again: its life begins anew when it has left.
  void goes_again(const ContentId& content, ContactId to);
  // A receipt came, it was told, or no relay ever took it. False: there was none.
  bool forget(const ContentId& content, ContactId to);

  // What waited in one's own mailboxes has been read, receipts too. Until then nobody can say that none has come.
  void mailboxes_read(std::uint64_t now_s);
  std::uint64_t read_s();  // when that was last; 0 = never

 private:
  void set_handed(const ContentId& content, ContactId to, std::uint64_t at_s);
  Container& container_;
};

}  // namespace vigil::client
