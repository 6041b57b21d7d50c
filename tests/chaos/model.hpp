// A simple model of mailboxes and vigils, and the machine whose store it is compared with: one that loses power, on a clock that
// jumps. Used by model_test only, on its thread.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "storage/embedded/open.hpp"
#include "tests/chaos/power_loss.hpp"
#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

namespace vigil::storage::testing {

// A store that loses power, on a clock that jumps.
class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed) { open(); }
  ~Machine() { close(); }

  void crash() {
    disk_->cut_now();
    close();
    disk_->power_returns();
    open();
  }
  void restart(std::uint64_t outage_s) {
    close();
    clock->advance_s(outage_s);
    open();
  }
  Driver& driver() { return *driver_; }
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();

 private:
  void open() {
    disk_.reset();  // with its graveyard, before the next one makes its own
    disk_ = std::make_shared<PowerLoss>(random_(), directory_.path() / "graveyard");
    EmbeddedOptions options;
    options.directory = directory_.path() / "store";
    options.memtable_bytes = 256u << 10;
    options.block_cache_bytes = 4u << 20;
    options.file_system = disk_;
    options.clock = clock;
    auto opened = open_embedded(options);
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    store_ = std::move(*opened);
    driver_.emplace(*store_);
  }
  void close() {
    if (!store_) return;
    store_->close();
    driver_.reset();
    store_.reset();
  }

  std::mt19937_64 random_;
  TemporaryDirectory directory_;
  std::shared_ptr<PowerLoss> disk_;
  std::unique_ptr<Store> store_;
  std::optional<Driver> driver_;
};

struct ModelCopy {
  std::string text;  // what is compared: text, round, stage, kind
  AddressHash address;
  std::uint64_t expires_ms = 0;
  std::optional<Topic> topic;
  std::optional<std::pair<VigilId, int>> of_vigil;
};

struct ModelVigil {
  Plan plan;
  std::uint64_t due_ms = 0, lease_end_ms = 0, close_ms = 0, refresh_seq = 0;
  std::uint32_t stage = 0, round = 1, holder = 0;
  bool released = false, ended = false, gone_on = false;
  std::set<AddressHash> told_ending;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> texts;  // of stage copies
  std::vector<std::uint32_t> last_step;
  std::optional<std::uint32_t> first_closer;
  std::string mark;  // in every text of this vigil
};

using Mailbox = std::array<std::vector<ModelCopy>, 2>;  // by lane

class Model {
 public:
  std::uint64_t now_ms = 0;
  std::map<MailboxId, Mailbox> mailboxes;
  std::map<AddressHash, MailboxId> addresses;  // good ones
  std::set<CopyId> remembered;
  std::map<std::pair<AddressHash, Topic>, std::uint64_t> topics;
  std::map<VigilId, ModelVigil> vigils;
  std::map<VigilId, std::pair<Effect, AddressHash>> tombstones;

  void put(const AddressHash& to, Lane lane, ModelCopy copy) {
    const auto found = addresses.find(to);
    if (found == addresses.end()) return;
    auto& waiting = mailboxes[found->second][static_cast<std::size_t>(lane)];
    std::erase_if(waiting, [&](const ModelCopy& other) {
      return other.address == to &&
             ((copy.topic && other.topic == copy.topic) || (copy.of_vigil && other.of_vigil == copy.of_vigil));
    });
    waiting.push_back(std::move(copy));
  }

  void let_go(ModelVigil& vigil, const AddressHash& to, VigilCopy what, const std::string& text, std::uint32_t stage) {
    ModelCopy copy{
        text + vigil.mark + "|" + std::to_string(what) + "|" + std::to_string(vigil.round) + "|" + std::to_string(stage),
        to,
        ~std::uint64_t{0},
        {},
        {}};
    copy.of_vigil = std::pair(vigil.plan.keep.id, static_cast<int>(what));
    put(to, wire::URGENT, std::move(copy));
  }

  void tell(ModelVigil& vigil, VigilCopy what, const std::string& text) {
    for (const AddressHash& to : vigil.plan.keep.addresses) {
      let_go(vigil, to, what, text, vigil.stage);
      if (what == wire::ENDING && addresses.contains(to)) vigil.told_ending.insert(to);
    }
  }

  void fire(ModelVigil& vigil) {
    if (vigil.lease_end_ms != 0 && vigil.lease_end_ms <= now_ms) {
      tell(vigil, wire::NOTICE, "notice");
      vigil.lease_end_ms = 0;
      vigil.due_ms = now_ms;
    }
    const std::vector<Stage>& stages = vigil.plan.keep.stages;
    for (std::size_t fired = 0; fired < stages.size() && vigil.lease_end_ms == 0 && vigil.due_ms <= now_ms; ++fired) {
      bool heard = false;
      for (std::uint32_t c = 0; c < stages[vigil.stage].copies.size(); ++c) {
        const AddressHash& to = vigil.plan.keep.addresses[stages[vigil.stage].copies[c].address];
        if (!addresses.contains(to)) continue;
        heard = true;
        let_go(vigil, to, wire::STAGE, vigil.texts.at({vigil.stage, c}), vigil.stage);
        if (vigil.gone_on && vigil.told_ending.insert(to).second) let_go(vigil, to, wire::ENDING, "go on", vigil.stage);
      }
      vigil.released = true;
      ++vigil.stage;
      if (vigil.stage < stages.size()) {
        vigil.due_ms = heard ? now_ms + stages[vigil.stage].after_s * 1000ull : now_ms;
        continue;
      }
      vigil.stage = 0;
      const std::size_t gap = vigil.round - 1;
      const std::uint64_t gap_s = gap < 3                           ? limits::first_rounds_s[gap]
                                  : gap < 3 + limits::hourly_rounds ? 3600
                                                                    : limits::late_round_s;
      vigil.due_ms = now_ms + gap_s * 1000;
      ++vigil.round;
    }
  }

  void release_due() {
    for (auto& [id, vigil] : vigils)
      if (!vigil.ended && (vigil.lease_end_ms != 0 ? vigil.lease_end_ms : vigil.due_ms) <= now_ms) fire(vigil);
    for (auto& [id, mailbox] : mailboxes)
      for (auto& lane : mailbox) std::erase_if(lane, [&](const ModelCopy& copy) { return copy.expires_ms <= now_ms; });
  }

  void remove_stage_copies(const VigilId& id) {
    for (auto& [mailbox, lanes] : mailboxes)
      std::erase_if(lanes[0],
                    [&](const ModelCopy& copy) { return copy.of_vigil == std::pair(id, static_cast<int>(wire::STAGE)); });
  }

  std::size_t urgent_of(const AddressHash& address) const {
    std::size_t many = 0;
    for (const auto& [id, mailbox] : mailboxes)
      many += static_cast<std::size_t>(
          std::count_if(mailbox[0].begin(), mailbox[0].end(), [&](const ModelCopy& copy) { return copy.address == address; }));
    return many;
  }
  std::size_t vigils_of(const AddressHash& address) const {
    std::size_t many = 0;
    for (const auto& [id, vigil] : vigils)
      many += !vigil.ended && std::count(vigil.plan.keep.addresses.begin(), vigil.plan.keep.addresses.end(), address) > 0;
    return many;
  }
  // FULL may be told only to who has little room left.
  bool may_be_full(const AddressHash& address) const {
    return urgent_of(address) + 3 * vigils_of(address) >= limits::urgent_places_own - 2;
  }
};

}  // namespace vigil::storage::testing
