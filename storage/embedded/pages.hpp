// A page of a mailbox's waiting copies: which they are is known in memory, what they hold is read by exact keys. Never from the
// front of a queue, never an iterator over tombstones. Readers' threads.
#pragma once

#include "storage/embedded/core.hpp"

namespace vigil::storage {

struct PageWanted {
  MailboxId mailbox;
  Tag tag{};
  int lane = wire::NORMAL;
  std::uint64_t after = 0;
  std::size_t most = 0;
};

// 'then' is called on a reader's thread, or at once.
void read_page(Core& core, const PageWanted& wanted, const std::function<void(Result<Store::Page>)>& then);

}  // namespace vigil::storage
