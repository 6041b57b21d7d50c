// Who may be woken by whose alert, as both sides keep it: what others have said about one's own alerts (consents), and what one
// has said about theirs (duties). One thread, the container's; failures throw Failed.
//
// Invariant: only a person's own word makes a row accepted; a row is begun by asking only.
#pragma once

#include "client/hours.hpp"
#include "client/records/people.hpp"

namespace vigil::client {

enum class Word : std::uint8_t { asked = 1, accepted = 2, declined = 3, left = 4 };

struct Agreement {
  ContactId contact{};
  Word word = Word::asked;
  bool lawyer = false;
  std::uint64_t asked_s = 0;
  std::uint64_t said_s = 0;  // when the last word was written, by its writer's clock: an older one changes nothing
  bool off = false;
  std::uint64_t off_until_s = 0;  // 0: until she says otherwise
  WakeHours hours;
  Bytes reach;  // consents: a serialised content.Consent with for_others only

  bool accepted() const { return word == Word::accepted; }
  bool off_duty(std::uint64_t now_s) const { return off && (off_until_s == 0 || now_s < off_until_s); }
  // In a tier that is awake.
  bool on_duty(std::uint64_t now_s) const { return accepted() && !off_duty(now_s); }
};

class Agreements {
 public:
  enum class Side : std::uint8_t { consents = 1, duties = 2 };
  Agreements(Container& container, Side side) : container_(container), side_(side) {}
  std::vector<Agreement> all();
  std::optional<Agreement> find(ContactId contact);
  void put(const Agreement& agreement);

 private:
  Container& container_;
  Side side_;
};

}  // namespace vigil::client
