// Items as files, claimed by flock; and the schedule of trying again.
#include "client/outbox.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "client/about.hpp"
#include "client/wait.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t item_version = 1;
constexpr std::string_view ending = ".item";
// Not reached: 2, 4, 8, ... 60 s. A country's windows are hours apart, and a try costs a few hundred bytes.
constexpr std::uint64_t unreached_first_s = 2;
constexpr std::uint64_t unreached_most_s = 60;
constexpr std::uint64_t retry_after_most_s = 3600;
constexpr std::uint64_t closed_kept_s = 7 * 24 * 3600;

Bytes written(const kept::Item& item) {
  Bytes out(item.ByteSizeLong());
  item.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

std::optional<kept::Item> read_item(View bytes) {
  kept::Item item;
  if (!item.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || item.version() != item_version) return std::nullopt;
  if (item.id().size() != ItemId::length || item.requests().empty() || !Routes::read(view(item.routes()))) return std::nullopt;
  return item;
}

// Opens and locks the file that has this name now: another process may have put a newer one in its place while we waited.
Outcome<Descriptor> lock_item(const Path& path) {
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::unexpected(errno == ENOENT ? Fault::no_profile : fault_of_errno());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return std::unexpected(errno == EWOULDBLOCK ? Fault::busy : Fault::disk);
    struct stat held{}, named{};
    if (::fstat(file.get(), &held) != 0) return std::unexpected(Fault::disk);
    if (::stat(path.c_str(), &named) != 0) return std::unexpected(errno == ENOENT ? Fault::no_profile : Fault::disk);
    if (held.st_ino == named.st_ino && held.st_dev == named.st_dev) return file;
  }
}

bool before(const kept::Item& a, const kept::Item& b) {
  if (a.urgent() != b.urgent()) return a.urgent();
  if (a.written_s() != b.written_s()) return a.written_s() < b.written_s();
  return a.id() < b.id();
}

std::uint64_t backoff_s(std::uint32_t tries) {
  const std::uint32_t doublings = std::min<std::uint32_t>(tries == 0 ? 0 : tries - 1, 5);
  return std::min(unreached_first_s << doublings, unreached_most_s);
}

// Of a Deliver that reached only some of its addresses: the same request (same id, so same copies) with the others. Empty: all
// have it.
std::string still_open(const wire::Request& request, const wire::Answer& answer, Status& worst) {
  wire::Request rest = request;
  std::string& addresses = *rest.mutable_deliver()->mutable_addresses();
  addresses.clear();
  for (std::size_t i = 0; i < answer.each().size(); ++i) {
    const int status = static_cast<unsigned char>(answer.each()[i]);
    if (status == wire::DONE) continue;
    worst = static_cast<Status>(status);
    addresses += request.deliver().addresses().substr(i * Address::length, Address::length);
  }
  return addresses.empty() ? std::string() : rest.SerializeAsString();
}

struct Verdict {
  std::vector<std::string> open;  // requests that are still to be done
  bool refused = false, broken = false;
  std::uint64_t wait_s = 0;
  Status status = wire::STATUS_UNSET;
};

void judge_one(Verdict& verdict, const std::string& serialised, const wire::Request& request, const wire::Answer& answer) {
  Status status = answer.status();
  std::string rest = serialised;
  if (status == wire::PARTIAL && request.has_deliver()) {
    rest = still_open(request, answer, status);
    if (rest.empty()) return;
  }
  const NextStep next = next_step(status);
  if (next == NextStep::none) return;
  verdict.open.push_back(rest);
  verdict.status = status;
  if (next == NextStep::try_for_2_h) verdict.refused = true;
  // An ended vigil (an ending overtook its keep, say) is not *done*: nobody may read »on the relay« from it.
  if (next == NextStep::fix_client || next == NextStep::show_ended) verdict.broken = true;
  verdict.wait_s = std::max<std::uint64_t>(verdict.wait_s, std::min<std::uint64_t>(answer.retry_after_s(), retry_after_most_s));
}

Verdict judge(const kept::Item& item, const std::vector<wire::Answer>& answers) {
  Verdict verdict;
  // The parts of a keep are answered together: one *done* means that the whole vigil is there.
  bool keep_done = false;
  std::vector<wire::Request> requests(static_cast<std::size_t>(item.requests_size()));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].ParseFromString(item.requests(static_cast<int>(i)));
    keep_done = keep_done || (requests[i].has_keep() && i < answers.size() && answers[i].status() == wire::DONE);
  }
  for (std::size_t i = 0; i < requests.size() && i < answers.size(); ++i) {
    if (requests[i].has_keep() && keep_done) continue;
    judge_one(verdict, item.requests(static_cast<int>(i)), requests[i], answers[i]);
  }
  // A keep is all of its parts or nothing: parts without their rest are forgotten by the relay.
  bool keep_open = false;
  for (const std::string& open : verdict.open) {
    wire::Request request;
    keep_open = keep_open || (request.ParseFromString(open) && request.has_keep());
  }
  if (keep_open && !keep_done) verdict.open.assign(item.requests().begin(), item.requests().end());
  return verdict;
}

// The vigils of which an ending waits. One that the relay refuses (no address of the vigil would take its note) holds back
// nothing: whichever of the two it is, the keep must go then, and the ending after it.
std::set<std::string> ending_first(const std::vector<kept::Item>& items) {
  std::set<std::string> vigils;
  for (const kept::Item& item : items) {
    const auto about = read_about(view(item.about()));
    if (about && about->kind == AboutKind::end && item.state() == kept::Item::WAITING)
      vigils.insert(std::string(text(View(about->id))));
  }
  return vigils;
}

bool waits_for_ending(const kept::Item& item, const std::set<std::string>& vigils) {
  const auto about = read_about(view(item.about()));
  return about && about->kind == AboutKind::keep && vigils.contains(std::string(text(View(about->id))));
}

}  // namespace

bool is_open(const kept::Item& item) {
  return item.state() == kept::Item::WAITING || item.state() == kept::Item::REFUSED;
}

Fate fate_after(kept::Item& item, const Outcome<std::vector<wire::Answer>>& answers, std::uint64_t now_s) {
  item.set_tries(item.tries() + 1);
  if (!answers && answers.error() == Fault::too_large) {
    item.set_state(kept::Item::BROKEN);
    return Fate::broken;
  }
  if (!answers) {
    // A refusal seen before stays one: only the relay can take it back.
    item.set_next_try_s(now_s + backoff_s(item.tries()));
    return item.state() == kept::Item::REFUSED ? Fate::refused : Fate::waiting;
  }
  const Verdict verdict = judge(item, *answers);
  if (verdict.open.empty()) return Fate::done;
  item.mutable_requests()->Assign(verdict.open.begin(), verdict.open.end());
  item.set_last_status(static_cast<std::uint32_t>(verdict.status));
  if (verdict.broken) {
    item.set_state(kept::Item::BROKEN);
    return Fate::broken;
  }
  if (!verdict.refused) {
    item.set_state(kept::Item::WAITING);
    item.set_refused_since_s(0);
    item.set_next_try_s(now_s + std::max(verdict.wait_s, backoff_s(item.tries())));
    return Fate::waiting;
  }
  if (item.refused_since_s() == 0) item.set_refused_since_s(now_s);
  if (now_s >= item.refused_since_s() + refused_give_up_s) {
    item.set_state(kept::Item::GIVEN_UP);
    return Fate::given_up;
  }
  item.set_state(kept::Item::REFUSED);
  item.set_next_try_s(now_s + refused_retry_s);
  return Fate::refused;
}

Outcome<ItemId> Outbox::put(const NewItem& fresh, std::uint64_t now_s) {
  const Outcome<Claimed> claimed = put_claimed(fresh, now_s);
  if (!claimed) return std::unexpected(claimed.error());
  return *ItemId::from(view(claimed->item().id()));
}

Outcome<Outbox::Claimed> Outbox::put_claimed(const NewItem& fresh, std::uint64_t now_s) {
  const ItemId id = random_id<ItemId>();
  kept::Item item;
  item.set_version(item_version);
  item.set_id(std::string(text(id.view())));
  item.set_urgent(fresh.urgent);
  item.set_routes(std::string(text(fresh.routes.serialised())));
  item.set_root(std::string(text(fresh.routes.root().view())));
  for (const wire::Request& request : fresh.requests) item.add_requests(request.SerializeAsString());
  item.set_written_s(now_s);
  item.set_next_try_s(now_s);
  item.set_about(std::string(text(fresh.about)));
  const Bytes bytes = written(item);
  if (bytes.size() > outbox_item_bytes_max || fresh.requests.empty()) return std::unexpected(Fault::too_large);
  const Outcome<void> made = make_private_folder(folder_);
  if (!made) return std::unexpected(made.error());
  const Path path = folder_ / (hex(id.view()) + std::string(ending));
  Descriptor lock;
  const Outcome<void> kept = write_durably(path, bytes, &lock);
  if (!kept) return std::unexpected(kept.error());
  return Claimed(path, std::move(item), std::move(lock));
}

Outcome<std::vector<kept::Item>> Outbox::list() const {
  std::vector<kept::Item> items;
  std::error_code failed;
  for (auto at = std::filesystem::directory_iterator(folder_, failed); !failed && at != std::filesystem::directory_iterator();
       at.increment(failed)) {
    const Path path = at->path();
    if (path.extension() != ending) continue;
    const Outcome<Bytes> bytes = read_file(path, outbox_item_bytes_max);
    if (!bytes && bytes.error() == Fault::no_profile) continue;  // done meanwhile
    std::optional<kept::Item> item = bytes ? read_item(*bytes) : std::nullopt;
    if (item && hex(view(item->id())) == path.stem().string()) {
      items.push_back(std::move(*item));
    } else if (!bytes && bytes.error() != Fault::damaged) {
      return std::unexpected(bytes.error());
    } else {
      // Never thrown away: a person may still want to look, and a newer version may have written it.
      ::rename(path.c_str(), (folder_ / ("damaged-" + path.stem().string())).c_str());
    }
  }
  if (failed && failed != std::errc::no_such_file_or_directory) return std::unexpected(Fault::disk);
  std::sort(items.begin(), items.end(), before);
  return items;
}

Outcome<Outbox::Claimed> Outbox::claim(const ItemId& id) {
  const Path path = folder_ / (hex(id.view()) + std::string(ending));
  Outcome<Descriptor> lock = lock_item(path);
  if (!lock) return std::unexpected(lock.error());
  const Outcome<Bytes> bytes = read_file(path, outbox_item_bytes_max);
  if (!bytes) return std::unexpected(bytes.error());
  std::optional<kept::Item> item = read_item(*bytes);
  if (!item) return std::unexpected(Fault::damaged);
  return Claimed(path, std::move(*item), std::move(*lock));
}

std::optional<Outbox::Claimed> Outbox::claim_due(std::uint64_t now_s) {
  const Outcome<std::vector<kept::Item>> items = list();
  if (!items) return std::nullopt;
  const std::set<std::string> ending_waits = ending_first(*items);
  for (const kept::Item& item : *items) {
    // What was given up is shown for as long as contents are kept; then it goes, whether somebody looked or not.
    if (!is_open(item) && item.written_s() + closed_kept_s < now_s) {
      Outcome<Claimed> old = claim(*ItemId::from(view(item.id())));
      if (old) (void)old->forget();
    }
    if (!is_open(item) || item.next_try_s() > now_s || waits_for_ending(item, ending_waits)) continue;
    Outcome<Claimed> claimed = claim(*ItemId::from(view(item.id())));
    // Read again under the lock: another process may just have tried it.
    if (claimed && is_open(claimed->item()) && claimed->item().next_try_s() <= now_s) return std::move(*claimed);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Outbox::next_due_s() const {
  std::optional<std::uint64_t> next;
  const Outcome<std::vector<kept::Item>> items = list();
  if (!items) return next;
  const std::set<std::string> ending_waits = ending_first(*items);
  for (const kept::Item& item : *items)
    if (is_open(item) && !waits_for_ending(item, ending_waits) && (!next || item.next_try_s() < *next)) next = item.next_try_s();
  return next;
}

void Outbox::hurry(std::uint64_t now_s) {
  const Outcome<std::vector<kept::Item>> items = list();
  if (!items) return;
  for (const kept::Item& item : *items) {
    if (item.state() != kept::Item::WAITING || item.next_try_s() <= now_s) continue;
    Outcome<Claimed> claimed = claim(*ItemId::from(view(item.id())));
    if (!claimed || claimed->item_.state() != kept::Item::WAITING) continue;
    claimed->item_.set_next_try_s(now_s);
    (void)claimed->write();
  }
}

void Outbox::use_routes(const Routes& newest, std::uint64_t now_s) {
  const Outcome<std::vector<kept::Item>> items = list();
  if (!items) return;
  for (const kept::Item& item : *items) {
    if (!is_open(item) || item.root() != text(newest.root().view())) continue;
    Outcome<Claimed> claimed = claim(*ItemId::from(view(item.id())));
    if (!claimed || !is_open(claimed->item_)) continue;
    const Outcome<Routes> old = Routes::read(view(claimed->item_.routes()));
    if (!old || old->serial() >= newest.serial()) continue;
    claimed->item_.set_routes(std::string(text(newest.serialised())));
    if (claimed->item_.state() == kept::Item::WAITING) claimed->item_.set_next_try_s(now_s);
    (void)claimed->write();  // else it goes by its old routes, as before
  }
}

std::size_t Outbox::waiting() const {
  const Outcome<std::vector<kept::Item>> items = list();
  return items ? static_cast<std::size_t>(std::count_if(items->begin(), items->end(), is_open)) : 0;
}

// The new file is locked before it takes the name, so nobody gets between our two versions.
Outcome<void> Outbox::Claimed::write() {
  Descriptor lock;
  const Outcome<void> kept = write_durably(path_, written(item_), &lock);
  if (kept) lock_ = std::move(lock);
  return kept;
}

Outcome<Fate> Outbox::Claimed::settle(const Outcome<std::vector<wire::Answer>>& answers, std::uint64_t now_s) {
  const Fate fate = fate_after(item_, answers, now_s);
  const Outcome<void> kept = fate == Fate::done ? remove_durably(path_) : write();
  if (!kept) return std::unexpected(kept.error());
  return fate;
}

Outcome<void> Outbox::Claimed::forget() {
  return remove_durably(path_);
}

asio::awaitable<Outcome<Sent>> send_item(Outbox::Claimed claimed, std::uint64_t now_s, LinkOptions options) {
  const kept::Item& item = claimed.item();
  const Outcome<Routes> routes = Routes::read(view(item.routes()));
  if (!routes) co_return std::unexpected(Fault::damaged);
  std::vector<wire::Request> requests(static_cast<std::size_t>(item.requests_size()));
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (!requests[i].ParseFromString(item.requests(static_cast<int>(i)))) co_return std::unexpected(Fault::damaged);

  Sent sent;
  sent.id = *ItemId::from(view(item.id()));
  const View about = view(item.about());
  sent.about.assign(about.begin(), about.end());
  const Outcome<std::vector<wire::Answer>> answers = co_await ask(*routes, std::move(requests), options);
  if (answers) sent.answers = *answers;
  if (!answers) sent.fault = answers.error();
  const Outcome<Fate> fate = claimed.settle(answers, now_s);
  if (!fate) co_return std::unexpected(fate.error());
  sent.fate = *fate;
  sent.next_try_s = claimed.item().next_try_s();
  co_return sent;
}

asio::awaitable<std::vector<Sent>> drain(Outbox& outbox, std::uint64_t now_s, LinkOptions options) {
  std::vector<Sent> all;
  std::vector<std::string> unreachable;
  for (;;) {
    std::optional<Outbox::Claimed> claimed = outbox.claim_due(now_s);
    if (!claimed) co_return all;
    const std::string root = claimed->item().root();
    if (std::find(unreachable.begin(), unreachable.end(), root) != unreachable.end()) {
      // Its relay has just not answered: later, with the others. Claimed anew, it would come again and again.
      const Outcome<Fate> later = claimed->settle(std::unexpected(Fault::no_route), now_s);
      if (!later) co_return all;
      continue;
    }
    Outcome<Sent> sent = co_await send_item(std::move(*claimed), now_s, options);
    if (!sent) co_return all;
    if (sent->fault) unreachable.push_back(root);
    all.push_back(std::move(*sent));
  }
}

asio::awaitable<Outcome<Outbox::Claimed>> claim_in_turn(Outbox& outbox, ItemId id, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Outcome<Outbox::Claimed> claimed = outbox.claim(id);
    if (claimed || claimed.error() != Fault::busy || std::chrono::steady_clock::now() >= until) co_return claimed;
    co_await wait_a_while(std::chrono::milliseconds(50));
  }
}

}  // namespace vigil::client
