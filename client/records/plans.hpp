// Plans in the container: to whom one's own has gone, what others have left here sealed, and copies of their other responders
// that wait for the plan that names their writer. One thread, the container's; failures throw Failed.
#pragma once

#include "client/records/story.hpp"

namespace vigil::client {

inline constexpr int held_plans_max = 3;                      // per person: an alert carries the key of one of the newest
inline constexpr int waiting_copies_max = 256;                // per person
inline constexpr std::uint64_t plan_again_s = 7 * 24 * 3600;  // without a receipt it is sent once more

class PlanRecords {
 public:
  explicit PlanRecords(Container& container) : container_(container) {}

  // ---- one's own
  void sent(ContactId to, View plan_id, const ContentId& content, std::uint64_t now_s);
  void arrived(const ContentId& content, ContactId to, std::uint64_t now_s);
  struct Sent {
    Bytes plan_id;
    std::uint64_t sent_s = 0, arrived_s = 0;
  };
  std::optional<Sent> sent_to(ContactId to);

  // ---- others'
  void hold(ContactId person, const content::SealedPlan& plan, std::uint64_t now_s);
  std::optional<content::SealedPlan> held(ContactId person, View plan_id);

  // ---- copies through an address for others, by somebody whom no plan has named yet
  struct Waiting {
    PublicKey root;
    wire::Delivery delivery;
  };
  // False: there are too many.
  bool wait(ContactId person, const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s);
  std::vector<Waiting> take_waiting(ContactId person);

  void forget_old(std::uint64_t now_s);

 private:
  Container& container_;
};

}  // namespace vigil::client
