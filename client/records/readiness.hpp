// What `ready` counts: when the addresses of one's people were last found good, which drills there were and who answered, which
// are booked. One thread, the container's; failures throw Failed.
#pragma once

#include "client/records/people.hpp"

namespace vigil::client {

// One address of one person, asked about once a week, silently.
struct Probe {
  ContactId contact{};
  PublicKey root;
  std::uint64_t next_s = 0;
  std::uint64_t good_s = 0;     // when it was last good; 0 = never asked
  std::uint64_t refused_s = 0;  // when it was refused, and not good since
};
class Probes {
 public:
  explicit Probes(Container& container) : container_(container) {}
  // Keeps what is known of it.
  void want(ContactId contact, const PublicKey& root, std::uint64_t next_s);
  std::optional<Probe> find(ContactId contact, const PublicKey& root);
  std::optional<Probe> due(std::uint64_t now_s);                                            // the one that has been due longest
  void answered(ContactId contact, const PublicKey& root, bool good, std::uint64_t now_s);  // nothing, if it is not wanted
  void again(ContactId contact, const PublicKey& root, std::uint64_t next_s);

 private:
  Container& container_;
};

struct Drill {
  std::uint64_t pressed_s = 0;
  std::size_t people = 0;  // different people who answered or pressed a key
};
struct Booking {
  ContactId contact{};
  std::uint64_t at_s = 0;
};
class Drills {
 public:
  explicit Drills(Container& container) : container_(container) {}
  // 'lawyer': hers alone. Doing it again changes nothing.
  void note(View alert_id, std::uint64_t pressed_s, bool lawyer);
  void add_person(View alert_id, ContactId contact);
  // The newest that at least so many people answered; nothing when there is none since 'since_s'.
  std::optional<Drill> newest(bool lawyer, std::size_t people, std::uint64_t since_s);
  std::optional<Drill> newest(bool lawyer);
  // The newest of a lawyer alone that this person answered; nothing when there is none.
  std::optional<Drill> newest_of(ContactId lawyer);

  void book(const Booking& booking);  // one for each lawyer; a later one replaces it
  void call_off(ContactId contact);
  std::vector<Booking> bookings();
  void forget_old(std::uint64_t now_s);

 private:
  Container& container_;
};

}  // namespace vigil::client
