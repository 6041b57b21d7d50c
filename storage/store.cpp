// The coroutine form of the seam's two asynchronous verbs.
#include "storage/store.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vigil::storage {
namespace {

// Owns the waiting coroutine until the store answers; the store answers each write exactly once, so it frees itself then.
template <class Handler>
class OneAnswer final : public Completion {
 public:
  explicit OneAnswer(Handler handler) : handler_(std::move(handler)) {}
  void done(std::uint64_t, Outcome outcome) override {
    Handler handler = std::move(handler_);
    delete this;
    std::move(handler)(std::move(outcome));
  }

 private:
  Handler handler_;
};

}  // namespace

boost::asio::awaitable<Outcome> apply(Store& store, Write write) {
  auto start = [&store](auto handler, Write what) {
    auto shard = boost::asio::get_associated_executor(handler);
    auto* answer = new OneAnswer<decltype(handler)>(std::move(handler));
    store.submit(std::move(what), shard, *answer, 0);
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Outcome)>(
      std::move(start), boost::asio::use_awaitable, std::move(write));
}

boost::asio::awaitable<Result<Store::Page>> list(Store& store, MailboxId mailbox, Lane lane, std::uint64_t after,
                                                 std::size_t most) {
  auto start = [&store, mailbox, lane, after, most](auto handler) {
    auto shard = boost::asio::get_associated_executor(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies
    store.list(mailbox, lane, after, most, shard, [shared](Result<Store::Page> page) { std::move (*shared)(std::move(page)); });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Result<Store::Page>)>(
      std::move(start), boost::asio::use_awaitable);
}

}  // namespace vigil::storage
