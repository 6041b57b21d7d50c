#include "client/words_ready.hpp"

#include <fmt/format.h>

namespace vigil::client::words {

std::string pressing_drill() {
  return "DRILL: an exercise. Nobody is in danger; your plan stays sealed.";
}
std::string drill_due(std::string_view name) {
  return fmt::format("The drill with {} is booked for now: vigil drill --lawyer", name);
}
std::string booked_with(std::string_view name, std::string_view clock) {
  return fmt::format("Booked with {}: {}. `vigil listen` reminds you then.", name, clock);
}
std::string called_off_with(std::string_view name, std::string_view clock) {
  return fmt::format("The drill with {} does not take place: {}.", name, clock);
}
std::string no_booking() {
  return "No drill is booked.";
}
std::string bad_time() {
  return "A time in the future is written like 18:00 or \"2026-11-30 18:00\".";
}
std::string ready_relay(std::string_view relay) {
  return fmt::format("{} answers and knows your mailbox.", relay);
}
std::string ready_relay_silent(std::string_view relay) {
  return fmt::format("{} does not answer. Try another network; if it stays so, ask its operator.", relay);
}
std::string ready_relay_refuses(std::string_view relay) {
  return fmt::format("{} does not know your mailbox any more. Ask its operator for an invite and join anew.", relay);
}
std::string ready_no_relay() {
  return "You have joined no relay: vigil join";
}
std::string ready_address_refused(std::string_view name, std::string_view relay) {
  return relay.empty()
             ? fmt::format("{} cannot be reached. Meet again: `vigil card` and `vigil meet`.", name)
             : fmt::format("{} cannot be reached at {}. Call, then meet again: `vigil card` and `vigil meet`.", name, relay);
}
std::string ready_address_unknown(std::string_view name) {
  return fmt::format("It is not known whether {} can still be reached. Leave `vigil listen` running: it finds out.", name);
}
std::string ready_person(std::string_view name, std::uint32_t tier) {
  return fmt::format("{}, tier {}: can be reached, keys are fresh, has your plan.", name, tier);
}
std::string ready_prepared(std::size_t count) {
  return fmt::format("{} alerts are ready on this device; pressing needs no PIN and no network.", count);
}
std::string ready_prepared_old() {
  return "The alerts on this device are older than 14 days. Leave `vigil listen` running where there is a network.";
}
std::string ready_drill(std::string_view clock) {
  return fmt::format("Last drill that two people answered: {}.", clock);
}
std::string ready_drill_due() {
  return "No drill in the last 30 days: vigil drill";
}
std::string ready_drill_unanswered(std::size_t people) {
  return fmt::format("The last drill was answered by {}. Find out why not by two, then: vigil drill", people);
}
std::string ready_too_few() {
  return "Only one person would be woken. Ask a second: vigil ask";
}
std::string ready_lawyer_drill(std::string_view name, std::string_view clock) {
  return fmt::format("{} answered her own drill: {}.", name, clock);
}
std::string ready_lawyer_booked(std::string_view name, std::string_view clock) {
  return fmt::format("A drill with {} is booked: {}.", name, clock);
}
std::string ready_lawyer_due(std::string_view name) {
  return fmt::format("{} has answered no drill of her own in 30 days. Agree on a time: vigil drill --lawyer --at TIME", name);
}
std::string ready_yes() {
  return "An alert would work now.";
}
std::string ready_no() {
  return "NOT READY. Each line with !! says what to do.";
}

}  // namespace vigil::client::words
