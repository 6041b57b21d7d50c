// The store alone: how many copies of 1 KB become durable a second, and what each costs.
#include "crypto/base/random.hpp"
#include "loads.hpp"
#include "store_shop.hpp"

namespace vigil::bench {
namespace {

namespace asio = boost::asio;

// Keeps 'in_flight' writes outstanding until told to stop; notes when each was asked.
class Sender final : public storage::Completion {
 public:
  Sender(storage::Store& store, asio::io_context& context, std::vector<AddressHash> addresses, unsigned in_flight)
      : store_(store), context_(context), addresses_(std::move(addresses)), asked_(in_flight) {
    envelope_ = std::make_shared<const Bytes>(random_bytes(1024));
  }
  void run(double seconds) {
    end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (std::uint64_t tag = 0; tag < asked_.size(); ++tag) ask(tag);
    while (outstanding_ > 0) context_.run_one();
  }
  void done(std::uint64_t tag, storage::Outcome outcome) override {
    --outstanding_;
    if (outcome.status == wire::DONE) {
      ++stored;
      samples_ms.push_back(seconds_since(asked_[tag]) * 1000);
    } else {
      ++refused;
    }
    if (Clock::now() < end_) ask(tag);
  }

  std::uint64_t stored = 0, refused = 0;
  std::vector<double> samples_ms;

 private:
  void ask(std::uint64_t tag) {
    ++outstanding_;
    asked_[tag] = Clock::now();
    storage::Deliver write;
    write.id = random_id<FanoutId>();
    write.lifetime = wire::FOURTEEN_DAYS;
    write.envelope = envelope_;
    write.to = {addresses_[next_++ % addresses_.size()]};
    store_.submit(std::move(write), context_.get_executor(), *this, tag);
  }

  storage::Store& store_;
  asio::io_context& context_;
  std::vector<AddressHash> addresses_;
  std::vector<Clock::time_point> asked_;
  storage::SharedBytes envelope_;
  Clock::time_point end_;
  std::size_t next_ = 0, outstanding_ = 0;
};

}  // namespace

Report load_store(const Options& options) {
  Folder folder;
  Report report{"store: durable copies of 1 KB, no network", {}};
  report.add("disk_syncs_per_s", syncs_per_second(folder.path()));
  storage::EmbeddedOptions settings;
  settings.directory = folder.path() / "store";
  settings.normal_copies_max = 10'000'000;
  settings.normal_bytes_max = std::size_t{1} << 40;
  settings.free_for_normal_percent = 2;
  settings.free_for_urgent_percent = 1;
  StoreShop shop(settings);
  storage::Store& store = shop.store();
  std::vector<AddressHash> addresses;
  for (const StoreShop::Mailbox& mailbox : shop.open_mailboxes(options.mailboxes)) addresses.push_back(mailbox.address);
  Sender sender(store, shop.context(), addresses, options.in_flight);
  const std::uint64_t commits = store.figures().commits;
  const double cpu = own_cpu_seconds();
  const Clock::time_point start = Clock::now();
  sender.run(options.seconds);
  const double took = seconds_since(start), used = own_cpu_seconds() - cpu;
  const auto stored = static_cast<double>(sender.stored);
  report.add("durable_per_s", stored / took);
  report.add("cpu_us_per_copy", used / stored * 1e6);
  report.add("commits_per_s", static_cast<double>(store.figures().commits - commits) / took);
  report.add("refused", static_cast<double>(sender.refused));
  add_latencies(report, sender.samples_ms);
  store.close();
  return report;
}

}  // namespace vigil::bench
