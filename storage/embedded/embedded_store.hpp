// The seam over all the parts: hands writes to the committer, pages to the readers' pool, and answers quick questions. Any
// thread.
#pragma once

#include "storage/embedded/committer.hpp"
#include "storage/embedded/scrubber.hpp"

namespace vigil::storage {

class EmbeddedStore final : public Store {
 public:
  explicit EmbeddedStore(const EmbeddedOptions& options) : core_(options), committer_(core_), scrubber_(core_) {}
  ~EmbeddedStore() override { close(); }

  // Once, before anything else: a sentence, or nothing.
  std::optional<std::string> open();

  void submit(Write write, boost::asio::any_io_executor shard, Completion& completion, std::uint64_t tag) override;
  void list(const MailboxId& mailbox, Lane lane, std::uint64_t after, std::size_t most, boost::asio::any_io_executor shard,
            std::function<void(Result<Page>)> done) override;
  Status probe(const AddressHash& address) override;
  Result<PrekeyCount> count_prekeys(const MailboxId& mailbox) override;
  Result<std::pair<VigilState, LeaseState>> look(const VigilId& vigil, const Secret& secret) override;
  bool has_mailbox(const MailboxId& mailbox) override;
  Guarantees guarantees() const override;
  Figures figures() const override;
  void observe(Observer& observer) override;
  void close() override;

 private:
  Core core_;
  Committer committer_;
  Scrubber scrubber_;
};

}  // namespace vigil::storage
