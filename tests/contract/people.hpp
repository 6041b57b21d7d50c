// People and plans for store tests: mailboxes with addresses, envelopes one can recognise, vigils with all their secrets.
#pragma once

#include <string>

#include "crypto/base/random.hpp"
#include "tests/contract/driver.hpp"

namespace vigil::storage::testing {

// A sealed payload of exactly 'bytes' bytes that begins with 'text', so that a test can say which one came.
SharedBytes envelope(std::string_view text, std::size_t bytes = 1024);
std::string text_of(const StoredCopy& copy);
std::vector<std::string> texts_of(const std::vector<StoredCopy>& copies);

// A mailbox and one address of it, good for everything.
struct Person {
  MailboxId mailbox;
  AddressHash address;
};

// Opens a mailbox with a fresh invite.
MailboxId open_mailbox(Driver& driver);
// A grant with every right; change what the test is about.
Grant whole_grant(const MailboxId& mailbox, const AddressHash& address);
AddressHash grant(Driver& driver, const MailboxId& mailbox);
Person person(Driver& driver);

Deliver message(const AddressHash& to, std::string_view text, Lane lane = wire::NORMAL, Lifetime lifetime = wire::ONE_DAY);

// What the owner of a vigil remembers of it.
struct Plan {
  Keep keep;
  Secret hurry, refresh;
  std::vector<Secret> endings;   // [0] STOP, [1] GO_ON
  std::vector<Secret> renewals;  // [0] moves due, [1] its twin under coercion
  std::vector<Secret> chains, closes;

  // Step 'step' of the answerer 'index'.
  Answering answer(std::uint32_t index, std::uint32_t step) const;
  Close close(std::uint32_t index) const;
  End end(Effect effect) const;
  Renew renew(std::size_t which, std::uint64_t seq, std::uint32_t due_in_s) const;
  // Puts TEXT into the place of one copy of a stage.
  Refresh refreshed(std::uint64_t seq, std::uint32_t stage, std::uint32_t copy, std::string_view text) const;
};

struct Tier {
  std::uint32_t after_s = 0;
  std::vector<Person> people;
};

// An alert to these tiers. The envelope of stage s to person p of its tier reads "stage s to p"; endings "stop" and "go on",
// notices "notice"; endings and notices go to everybody. Answerer i is the i-th person in the order of the tiers.
Plan alert(const std::vector<Tier>& tiers, std::uint32_t due_in_s = 0, bool repeats = true);
// A check-in with the same shape; renewals read "renewed" and "renewed, forced".
Plan check_in(const std::vector<Tier>& tiers, std::uint32_t due_in_s, std::uint32_t period_max_s);

}  // namespace vigil::storage::testing
