// Where the alerts this device knows are kept, inside the container: one record each (alert_state.hpp), and which vigil and which
// sealed content belong to which. One thread, the container's; failures throw Failed.
//
// `listen` and other commands change the same record from processes of their own: a record is read and stored in one step.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "client/alert_state.hpp"
#include "client/container.hpp"

namespace vigil::client {

class AlertBook {
 public:
  explicit AlertBook(Container& container) : container_(container) {}

  std::optional<AlertState> find(View alert_id);
  std::optional<AlertState> by_vigil(View vigil_id);
  std::vector<AlertState> all();       // the newest first
  std::vector<AlertState> going_on();  // of these, those that are not over
  // Those whose id starts with these hex digits.
  std::vector<AlertState> starting_with(std::string_view hex_digits);
  // Only inside a Container::Transaction in which 'alert' was read or begun: one that was read earlier would undo what another
  // process has learned since. Throws std::logic_error outside any.
  void put(const AlertState& alert);
  // Reads the record, lets 'change' change it, and stores it if that returned true; all in one step. Returns what it returned;
  // false when there is no such alert.
  bool update(View alert_id, const std::function<bool(AlertState&)>& change);

  // A copy that can be opened only once comes again in later rounds (and one notice tells of many acts): what it was.
  struct Content {
    Bytes alert_id;
    Bytes vigil_id;
  };
  void remember_content(View content_id, View alert_id, View vigil_id);
  std::optional<Content> content(View content_id);

  // Alerts that were over for 7 days, and places 24 hours after. One that never was over counts as over when its vigils are dead.
  void forget_old(std::uint64_t now_s);

 private:
  std::optional<AlertState> read(Query& query);
  std::vector<AlertState> read_all(Query query);
  Container& container_;
};

}  // namespace vigil::client
