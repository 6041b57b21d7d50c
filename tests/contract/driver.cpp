#include "tests/contract/driver.hpp"

#include <memory>
#include <mutex>
#include <stdexcept>

namespace vigil::storage::testing {

namespace {
constexpr auto patience = std::chrono::seconds(30);

// A store's thread may still be on its way out of post() when its outcome is here already: loops are lent, and never destroyed
// before the program ends.
class Loops {
 public:
  boost::asio::io_context& lend() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return *all_.emplace_back(std::make_unique<boost::asio::io_context>(1));
    boost::asio::io_context& next = *free_.back();
    free_.pop_back();
    next.restart();
    return next;
  }
  void give_back(boost::asio::io_context& loop) {
    const std::lock_guard lock(mutex_);
    free_.push_back(&loop);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<boost::asio::io_context>> all_;
  std::vector<boost::asio::io_context*> free_;
};

Loops& loops() {
  static Loops all;
  return all;
}

}  // namespace

Driver::Driver(Store& store) : store_(store), context_(loops().lend()), work_(context_.get_executor()) {}

Driver::~Driver() {
  // The store still owes answers to this object: it must not go before they came.
  while (outstanding_ > 0 && context_.run_one_for(patience) > 0) {
  }
  work_.reset();
  if (outstanding_ == 0) loops().give_back(context_);
}

std::uint64_t Driver::submit(Write write) {
  const std::uint64_t tag = next_tag_++;
  ++outstanding_;
  store_.submit(std::move(write), context_.get_executor(), *this, tag);
  return tag;
}

void Driver::done(std::uint64_t tag, Outcome outcome) {
  if (tag == 0 || tag >= next_tag_) throw std::logic_error("an outcome for a tag that was never submitted");
  if (!outcomes_.emplace(tag, std::move(outcome)).second) throw std::logic_error("a second outcome for one write");
  --outstanding_;
}

std::optional<Outcome> Driver::answered(std::uint64_t tag) {
  context_.poll();
  const auto found = outcomes_.find(tag);
  if (found == outcomes_.end()) return std::nullopt;
  Outcome outcome = std::move(found->second);
  outcomes_.erase(found);
  return outcome;
}

void Driver::poll(int patience_ms) {
  context_.run_one_for(std::chrono::milliseconds(patience_ms));
}

Outcome Driver::wait(std::uint64_t tag) {
  for (;;) {
    if (std::optional<Outcome> outcome = answered(tag)) return std::move(*outcome);
    if (context_.run_one_for(patience) == 0) throw std::runtime_error("the store has not answered a write for 30 s");
  }
}

Outcome Driver::apply(Write write) {
  return wait(submit(std::move(write)));
}

std::vector<Outcome> Driver::apply_together(std::vector<Write> writes) {
  std::vector<std::uint64_t> tags;
  for (Write& write : writes) tags.push_back(submit(std::move(write)));
  std::vector<Outcome> outcomes;
  for (const std::uint64_t tag : tags) outcomes.push_back(wait(tag));
  return outcomes;
}

Result<Store::Page> Driver::page(const MailboxId& mailbox, Lane lane, std::uint64_t after, std::size_t most) {
  struct Answer {
    bool came = false;
    Result<Store::Page> page;
  };
  const auto answer = std::make_shared<Answer>();
  store_.list(mailbox, lane, after, most, context_.get_executor(), [answer](Result<Store::Page> page) {
    answer->page = std::move(page);
    answer->came = true;
  });
  while (!answer->came)
    if (context_.run_one_for(patience) == 0) throw std::runtime_error("the store has not answered a list for 30 s");
  return std::move(answer->page);
}

std::vector<StoredCopy> Driver::list(const MailboxId& mailbox, Lane lane) {
  std::vector<StoredCopy> all;
  std::uint64_t after = 0;
  for (;;) {
    Result<Store::Page> next = page(mailbox, lane, after, 256);
    // A reading that failed is no empty mailbox: a test would take its copies for lost.
    if (!next && next.error() != wire::SLOW_DOWN)
      throw std::runtime_error("a list failed: " + std::string(meaning(next.error())));
    if (!next) continue;
    if (next->empty()) return all;
    after = next->back().at.order;
    for (StoredCopy& copy : *next) all.push_back(std::move(copy));
  }
}

std::vector<StoredCopy> Driver::list(const MailboxId& mailbox) {
  std::vector<StoredCopy> all = list(mailbox, wire::URGENT);
  for (StoredCopy& copy : list(mailbox, wire::NORMAL)) all.push_back(std::move(copy));
  return all;
}

Outcome Driver::acknowledge(const MailboxId& mailbox, const std::vector<StoredCopy>& copies) {
  Acknowledge acknowledge{mailbox, {}};
  for (const StoredCopy& copy : copies) acknowledge.copies.push_back(copy.at);
  return apply(std::move(acknowledge));
}

std::vector<StoredCopy> Driver::fetch(const MailboxId& mailbox) {
  std::vector<StoredCopy> copies = list(mailbox);
  if (!copies.empty() && acknowledge(mailbox, copies).status != wire::DONE) throw std::runtime_error("an acknowledgement failed");
  return copies;
}

}  // namespace vigil::storage::testing
