// Drives any store synchronously: submits writes, waits for their outcomes on an io_context of its own. Used by store tests only.
// One thread a driver; several drivers may share one store.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <unordered_map>

#include "storage/store.hpp"

namespace vigil::storage::testing {

class Driver final : public Completion {
 public:
  explicit Driver(Store& store);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Submits and waits. Throws std::runtime_error when no outcome comes within 30 s of real time: a store that forgets to answer.
  Outcome apply(Write write);
  // Submits all of them before any outcome is waited for; outcomes in the order of the writes.
  std::vector<Outcome> apply_together(std::vector<Write> writes);

  // The pieces, for tests that interleave.
  std::uint64_t submit(Write write);
  Outcome wait(std::uint64_t tag);
  // What has come so far, without waiting.
  std::optional<Outcome> answered(std::uint64_t tag);
  std::size_t outstanding() const { return outstanding_; }
  // Runs what has been posted until something came or 'patience_ms' of real time passed.
  void poll(int patience_ms);

  // One page, as the seam gives it.
  Result<Store::Page> page(const MailboxId& mailbox, Lane lane, std::uint64_t after = 0, std::size_t most = 64);
  // Everything that waits: urgent first, then normal, each in order.
  std::vector<StoredCopy> list(const MailboxId& mailbox);
  std::vector<StoredCopy> list(const MailboxId& mailbox, Lane lane);
  // Lists all, acknowledges all, returns what there was.
  std::vector<StoredCopy> fetch(const MailboxId& mailbox);
  Outcome acknowledge(const MailboxId& mailbox, const std::vector<StoredCopy>& copies);

  // The timekeeper's beat.
  Outcome release_due() { return apply(ReleaseDue{}); }

  void done(std::uint64_t tag, Outcome outcome) override;
  Store& store() { return store_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  Store& store_;
  boost::asio::io_context& context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::uint64_t next_tag_ = 1;
  std::size_t outstanding_ = 0;
  std::unordered_map<std::uint64_t, Outcome> outcomes_;
};

}  // namespace vigil::storage::testing
