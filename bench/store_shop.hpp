// A store with open mailboxes, as the loads of the store alone need it: no network, no end-to-end keys. Used by store_load and
// expiry_load; one thread.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "storage/embedded/open.hpp"

namespace vigil::bench {

class StoreShop {
 public:
  struct Mailbox {
    MailboxId id;
    AddressHash address;  // may do everything
  };

  // Throws a sentence when the store does not open.
  explicit StoreShop(const storage::EmbeddedOptions& options);

  // Waits until it is durable; throws when it is refused.
  void apply(storage::Write write);
  std::vector<Mailbox> open_mailboxes(std::size_t count);

  storage::Store& store() { return *store_; }
  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<storage::Store> store_;
};

}  // namespace vigil::bench
