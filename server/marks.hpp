// What `vigild audit` leaves with its own relay to see it forgotten: copies, a mailbox and a vigil that belong to nobody, each
// with an envelope of random bytes that can be searched for. Used by console. One at a time; the mailbox is burned by forget(),
// and what audit never comes back for expires within a day.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace vigil::server {

struct Mark {
  std::string what;      // "urgent copy, acknowledged": how it will be forgotten
  Bytes bytes;           // lie in the clear in the row of it
  bool expires = false;  // after ten seconds, by itself
};

class Marks {
 public:
  explicit Marks(storage::Store& store) : store_(store) {}

  // Durable when it answers; a status that is not DONE: why not.
  boost::asio::awaitable<std::expected<std::vector<Mark>, Status>> leave();
  // Acknowledges, ends, withdraws, burns; one copy has expired by itself. DONE when nothing was left, too.
  boost::asio::awaitable<Status> forget();

 private:
  storage::Deliver copy(storage::Lane lane, storage::Lifetime lifetime, std::string what);
  storage::Keep alert(std::string what);
  storage::SharedBytes envelope(std::size_t bytes, std::string what);

  storage::Store& store_;
  MailboxId mailbox_;
  AddressHash address_, other_address_;
  VigilId vigil_;
  Secret stop_;
  std::vector<storage::Position> acknowledged_;  // bounded: those of leave()
  std::vector<Mark> marks_;                      // bounded: likewise
  bool left_ = false;
};

}  // namespace vigil::server
