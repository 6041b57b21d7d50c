// Single steps of the embedded store: its keys, and the commit of one batch with its sync, by the functions that the committer
// calls and in its order. The committer itself takes what has come, so that nobody could say how large its batches are.
#include <benchmark/benchmark.h>

#include <future>
#include <stdexcept>

#include "bench/measure.hpp"
#include "crypto/base/random.hpp"
#include "storage/embedded/verbs.hpp"

namespace vigil::bench {
namespace {

using namespace storage;

void encode_key_of_a_copy(benchmark::State& state) {
  Tag tag{1};
  std::uint64_t seq = std::uint64_t{1} << counter_bits;
  for (auto turn : state) {
    benchmark::DoNotOptimize(tag);
    ++seq;
    const Bucket bucket = bucket_of(limits::lifetime_s(wire::ONE_DAY), 1'700'000'000 + (seq & 0xFFFF));
    Key key = row_key(bucket, Kind::copy, tag, wire::NORMAL, seq);
    benchmark::DoNotOptimize(key);
  }
}
BENCHMARK(encode_key_of_a_copy);

void read_key_of_a_copy(benchmark::State& state) {
  const Key key = row_key(bucket_of(86'400, 1'700'000'000), Kind::copy, Tag{1}, wire::NORMAL, std::uint64_t{1} << counter_bits);
  std::string_view bytes = key.view();
  for (auto turn : state) {
    benchmark::DoNotOptimize(bytes);
    Bucket bucket = bucket_of_key(bytes);
    Kind kind = kind_of_key(bytes);
    int lane = lane_of_key(bytes);
    std::uint64_t seq = seq_of_key(bytes);
    Tag tag = tag_of_key(bytes, tag_at);
    benchmark::DoNotOptimize(bucket);
    benchmark::DoNotOptimize(kind);
    benchmark::DoNotOptimize(lane);
    benchmark::DoNotOptimize(seq);
    benchmark::DoNotOptimize(tag);
  }
}
BENCHMARK(read_key_of_a_copy);

// A store's core with mailboxes, and batches that this program fills instead of a committer.
class OpenCore {
 public:
  OpenCore() : core_(options(folder_.path() / "store")) {
    std::filesystem::create_directories(folder_.path() / "store");
    if (auto wrong = core_.open()) throw std::runtime_error(*wrong);
    core_.disk.look();
    core_.remembered.filled();  // a new store has nothing to fill in
    for (int i = 0; i < 16; ++i) open_mailbox();
  }
  ~OpenCore() {
    core_.readers.stop();
    core_.close(false);
  }
  OpenCore(const OpenCore&) = delete;
  OpenCore& operator=(const OpenCore&) = delete;

  // On the caller's thread, as the seam does it.
  std::unique_ptr<Request> deliver() {
    Deliver deliver;
    deliver.id = random_id<FanoutId>();
    deliver.lane = wire::NORMAL;
    deliver.lifetime = wire::ONE_DAY;
    deliver.envelope = envelope_;
    deliver.to = {addresses_[next_++ % addresses_.size()]};
    return request(std::move(deliver));
  }
  void commit(const std::vector<std::unique_ptr<Request>>& requests) {
    batch_.go_on(core_.rocks.once(), core_.rocks.heads(), core_.clock.now_ms());
    for (const std::unique_ptr<Request>& one : requests) {
      find_all(*one);
      const std::optional<Outcome> outcome = apply(core_, batch_, *one);
      if (!outcome || outcome->status != wire::DONE) throw std::runtime_error("the store refused");
    }
    batch_.put_remembered();
    if (!core_.rocks.write(batch_.rows).ok()) throw std::runtime_error("the disk failed");
    batch_.forget();
  }

 private:
  static EmbeddedOptions options(const std::filesystem::path& directory) {
    EmbeddedOptions made;
    made.directory = directory;
    made.normal_copies_max = 100'000'000;
    made.normal_bytes_max = std::size_t{1} << 40;
    made.free_for_normal_percent = made.free_for_urgent_percent = 1;
    return made;
  }
  std::unique_ptr<Request> request(Write write) {
    auto made = std::make_unique<Request>();
    made->what = std::move(write);
    prepare(core_, *made);
    return made;
  }
  // What is not in memory is read, as the committer's readers do it; after the first batches everything is.
  void find_all(Request& request) {
    for (;;) {
      Missing missing(core_);
      gather(core_, request, missing);
      if (missing.none()) return;
      for (const Missing::Start& start : missing.take()) {
        const auto read = std::make_shared<std::promise<bool>>();
        start([&request, read](bool ok, std::shared_ptr<void> held) {
          request.held.push_back(std::move(held));
          read->set_value(ok);
        });
        if (!read->get_future().get()) throw std::runtime_error("the store cannot read");
      }
    }
  }
  void commit_one(Write write) {
    std::vector<std::unique_ptr<Request>> one;
    one.push_back(request(std::move(write)));
    commit(one);
  }
  void open_mailbox() {
    const auto mailbox = random_id<MailboxId>();
    const auto right = random_id<Hash>();
    commit_one(AddInvites{.rights = {right}, .expires = core_.clock.now_s() + 3600});
    commit_one(OpenMailbox{mailbox, right});
    Grant grant;
    grant.mailbox = mailbox;
    grant.address = addresses_.emplace_back(random_id<AddressHash>());
    grant.urgent = grant.normal = grant.vigils = true;
    grant.life_max = wire::THIRTY_DAYS;
    commit_one(grant);
  }

  Folder folder_;
  Core core_;
  Batch batch_;
  std::vector<AddressHash> addresses_;
  const SharedBytes envelope_ = std::make_shared<const Bytes>(random_bytes(1024));
  std::size_t next_ = 0;
};

// Preparing is the callers' and not timed; CPU is this thread's, the rest of the time is the disk's.
void commit_a_batch(benchmark::State& state) {
  OpenCore store;
  for (auto turn : state) {
    state.PauseTiming();
    std::vector<std::unique_ptr<Request>> requests;
    for (std::int64_t i = 0; i < state.range(0); ++i) requests.push_back(store.deliver());
    state.ResumeTiming();
    store.commit(requests);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_a_batch)->ArgName("copies")->Arg(16)->Arg(128)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace vigil::bench
