// One file, read and replaced whole under a lock beside it.
#include "client/send_slot.hpp"

#include <sys/stat.h>

#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t slot_version = 1;
constexpr std::size_t slot_bytes_max = 8 * 1024 * 1024;
constexpr int running_max = 32;
constexpr unsigned lock_wait_ms = 10'000;

}  // namespace

Outcome<kept::Slot> SendSlot::read() const {
  const Outcome<Bytes> bytes = read_file(path_, slot_bytes_max);
  kept::Slot slot;
  if (!bytes && bytes.error() == Fault::no_profile) {
    slot.set_version(slot_version);
    return slot;
  }
  if (!bytes) return std::unexpected(bytes.error());
  if (!slot.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) return std::unexpected(Fault::damaged);
  if (slot.version() > slot_version) return std::unexpected(Fault::newer_version);
  if (slot.version() != slot_version) return std::unexpected(Fault::damaged);
  return slot;
}

// 'what' changes the slot and says whether there is anything to write.
template <class Change>
Outcome<void> SendSlot::change(Change what) {
  const Outcome<FileLock> alone = FileLock::take(path_.string() + ".lock", lock_wait_ms);
  if (!alone) return std::unexpected(alone.error());
  Outcome<kept::Slot> slot = read();
  if (!slot) return std::unexpected(slot.error());
  if (!what(*slot)) return {};
  Bytes bytes(slot->ByteSizeLong());
  slot->SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  const Outcome<void> written = write_durably(path_, bytes);
  wipe(bytes);
  return written;
}

Outcome<kept::PreparedAlert> SendSlot::take() {
  std::optional<kept::PreparedAlert> taken;
  const Outcome<void> changed = change([&taken](kept::Slot& slot) {
    if (slot.stock().empty()) return false;
    taken.emplace();
    taken->Swap(slot.mutable_stock(0));
    slot.mutable_stock()->DeleteSubrange(0, 1);
    return true;
  });
  if (!changed) return std::unexpected(changed.error());
  if (!taken) return std::unexpected(Fault::no_prepared_alert);
  return std::move(*taken);
}

Outcome<SendSlot::Stock> SendSlot::stock() const {
  const Outcome<kept::Slot> slot = read();
  if (!slot) return std::unexpected(slot.error());
  Stock stock;
  stock.count = static_cast<std::size_t>(slot->stock_size());
  for (const kept::PreparedAlert& one : slot->stock())
    if (stock.oldest_made_s == 0 || one.made_s() < stock.oldest_made_s) stock.oldest_made_s = one.made_s();
  return stock;
}

Outcome<void> SendSlot::replace_stock(const std::vector<kept::PreparedAlert>& fresh) {
  return change([&fresh](kept::Slot& slot) {
    slot.mutable_stock()->Assign(fresh.begin(), fresh.end());
    return true;
  });
}

Outcome<void> SendSlot::use_routes(const Routes& newest) {
  const Bytes serialised = newest.serialised();
  const auto renew = [&](auto& vigil) {
    if (vigil.root() != text(newest.root().view())) return false;
    const Outcome<Routes> old = Routes::read(view(vigil.routes()));
    if (!old || old->serial() >= newest.serial()) return false;
    vigil.set_routes(std::string(text(View(serialised))));
    return true;
  };
  return change([&](kept::Slot& slot) {
    bool changed = false;
    for (kept::PreparedAlert& alert : *slot.mutable_stock())
      for (kept::PreparedVigil& vigil : *alert.mutable_vigils()) changed = renew(vigil) || changed;
    for (kept::RunningAlert& alert : *slot.mutable_running())
      for (kept::RunningVigil& vigil : *alert.mutable_vigils()) changed = renew(vigil) || changed;
    if (slot.has_check_in())
      for (kept::RunningVigil& vigil : *slot.mutable_check_in()->mutable_alert()->mutable_vigils())
        changed = renew(vigil) || changed;
    return changed;
  });
}

std::uint64_t SendSlot::version() const {
  struct stat about{};
  if (::stat(path_.c_str(), &about) != 0) return 0;
  // Every change is a new file that takes the name.
  return static_cast<std::uint64_t>(about.st_ino) ^ static_cast<std::uint64_t>(about.st_mtim.tv_nsec) << 20U ^
         static_cast<std::uint64_t>(about.st_mtim.tv_sec);
}

Outcome<void> SendSlot::add_running(const kept::RunningAlert& alert) {
  return change([&alert](kept::Slot& slot) {
    for (kept::RunningAlert& older : *slot.mutable_running()) {
      if (older.drill() != alert.drill()) continue;  // a second press is of the newest one of its kind
      for (kept::RunningVigil& vigil : *older.mutable_vigils()) {
        vigil.clear_again();
        vigil.clear_again_to();
      }
    }
    *slot.add_running() = alert;
    // Long past ones that nobody ended; without a bound the slot would grow for ever.
    while (slot.running_size() > running_max) slot.mutable_running()->DeleteSubrange(0, 1);
    return true;
  });
}

Outcome<std::vector<kept::RunningAlert>> SendSlot::running() const {
  const Outcome<kept::Slot> slot = read();
  if (!slot) return std::unexpected(slot.error());
  return std::vector<kept::RunningAlert>(slot->running().begin(), slot->running().end());
}

Outcome<void> SendSlot::change_running(View alert_id, const std::function<bool(kept::RunningAlert&)>& what) {
  return change([&](kept::Slot& slot) {
    for (kept::RunningAlert& one : *slot.mutable_running())
      if (one.alert_id() == text(alert_id)) return what(one);
    return false;
  });
}

Outcome<void> SendSlot::forget_running(View alert_id) {
  return change([alert_id](kept::Slot& slot) {
    for (int i = 0; i < slot.running_size(); ++i) {
      if (slot.running(i).alert_id() != text(alert_id)) continue;
      slot.mutable_running()->DeleteSubrange(i, 1);
      return true;
    }
    return false;
  });
}

Outcome<std::optional<kept::RunningCheckIn>> SendSlot::check_in() const {
  const Outcome<kept::Slot> slot = read();
  if (!slot) return std::unexpected(slot.error());
  return slot->has_check_in() ? std::optional<kept::RunningCheckIn>(slot->check_in()) : std::nullopt;
}

Outcome<void> SendSlot::begin_check_in(const kept::RunningCheckIn& check_in) {
  bool one_runs = false;
  const Outcome<void> changed = change([&](kept::Slot& slot) {
    one_runs = slot.has_check_in();
    if (!one_runs) *slot.mutable_check_in() = check_in;
    return !one_runs;
  });
  if (changed && one_runs) return std::unexpected(Fault::busy);
  return changed;
}

Outcome<void> SendSlot::change_check_in(View checkin_id, const std::function<bool(kept::RunningCheckIn&)>& what) {
  return change([&](kept::Slot& slot) {
    if (!slot.has_check_in() || slot.check_in().alert().alert_id() != text(checkin_id)) return false;
    return what(*slot.mutable_check_in());
  });
}

Outcome<void> SendSlot::forget_check_in(View checkin_id) {
  return change([checkin_id](kept::Slot& slot) {
    if (!slot.has_check_in() || slot.check_in().alert().alert_id() != text(checkin_id)) return false;
    slot.clear_check_in();
    return true;
  });
}

}  // namespace vigil::client
