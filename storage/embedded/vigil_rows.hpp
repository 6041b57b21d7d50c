// A vigil's head as a row, and back. Also what every vigil verb shares: saving, ending, releasing. The committer's.
#pragma once

#include "storage/embedded/verbs.hpp"

namespace vigil::storage {

stored::VigilHead row_from_head(const VigilHead& head);
bool head_from_row(const Core& core, const stored::VigilHead& row, VigilHead& head);

// What the owner's secrets get once an ending went on: as long as a stopped vigil would be remembered, the same.
Status owner_ended(const VigilHead& head, std::uint64_t now_ms);

void save(Batch& batch, const VigilHead& head);
void put_part(Core& core, Batch& batch, const Tag& vigil, std::uint64_t seq, const SharedBytes& envelope);
// Its rows, its reservations and itself are gone; its id is remembered.
void end_vigil(Core& core, Batch& batch, VigilHead& head);
void remember_ended(Core& core, Batch& batch, const Tag& vigil);

// The address takes what a vigil releases.
bool hears(const Core& core, const Target& target);
// Why an owner's verb cannot be done, if it cannot.
std::optional<Status> owner_refused(const Core& core, const VigilHead* head, const Tag& vigil, std::uint64_t now_ms);

// Everything that a release needs: the parties' addresses and mailboxes, and the sealed copies.
bool gather_parties(Request& request, const VigilHead& head, Missing& missing);
void gather_parts(Request& request, const VigilHead& head, const std::vector<const std::vector<VigilPart>*>& lists,
                  Missing& missing);
// The stages that fire_due() will release now: the present one, and those after it while nobody of a stage is good.
std::vector<const std::vector<VigilPart>*> stages_to_fire(const Core& core, const Request& request, const VigilHead& head);

struct Release {
  VigilCopy what = wire::NOT_OF_VIGIL;
  std::uint32_t stage = 0;
  std::uint32_t number = 0;  // in its id
  std::optional<ReleasedAct> notice = std::nullopt;
};
// Puts one copy into its mailbox, in place of an undelivered older one of this vigil. False: its address is silent.
bool release(Core& core, Batch& batch, Request& request, VigilHead& head, const VigilPart& part, const Release& how);
// What one responder did.
inline ReleasedAct act_of(wire::Released::Act what, std::uint32_t index, std::uint32_t step, const Secret& token) {
  ReleasedAct act;
  act.act = what;
  act.index = index;
  act.step = step;
  act.token = token;
  return act;
}
void release_notices(Core& core, Batch& batch, Request& request, VigilHead& head, const ReleasedAct& act);
void remove_waiting(Core& core, Batch& batch, Request& request, VigilHead& head, VigilCopy what);

// Whatever is due now: death, a lapsed lease, stages. Saves the head unless it died.
void fire_due(Core& core, Batch& batch, Request& request, VigilHead& head);
// For the committer itself, after this request.
void fire_soon(Batch& batch, const VigilHead& head);

}  // namespace vigil::storage
