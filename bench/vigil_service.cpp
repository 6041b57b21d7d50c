// Vigil as one service among others.
#include <stdexcept>

#include "crypto/base/hash.hpp"
#include "relay_process.hpp"
#include "service.hpp"

namespace vigil::bench {
namespace {

class VigilSender final : public Sender {
 public:
  VigilSender(std::unique_ptr<Member> member, const std::vector<Mailbox>& mailboxes, std::size_t for_all)
      : member_(std::move(member)), mailboxes_(mailboxes), for_all_(for_all) {}

  void send(std::span<const Message> batch) override {
    wire::ClientFrame frame;
    for (const Message& message : batch) {
      std::string envelope;
      append_payload(envelope, message);
      wire::Request& request = *frame.add_requests();
      request =
          deliver_request(mailboxes_[message.mailbox].address, std::move(envelope), message.urgent ? wire::URGENT : wire::NORMAL);
      request.set_id(message.number);
    }
    member_->send(frame);
  }

  void send_to_all(const Message& message) override {
    std::string envelope;
    append_payload(envelope, message);
    wire::ClientFrame frame;
    wire::Request& request = *frame.add_requests();
    request = deliver_request(mailboxes_[0].address, std::move(envelope), wire::URGENT);
    request.set_id(message.number);
    std::string& addresses = *request.mutable_deliver()->mutable_addresses();
    addresses.clear();
    for (const Mailbox& mailbox : std::span(mailboxes_).first(for_all_)) addresses += as_string(mailbox.address);
    member_->send(frame);
  }

  void answers(std::vector<Answer>& into, Clock::time_point until) override {
    const auto frame = member_->receive(until);
    if (!frame) return;
    for (const wire::Answer& answer : frame->answers()) {
      const bool stored = answer.status() == wire::DONE;
      into.push_back({answer.id(), stored, stored ? std::string() : std::string(meaning(answer.status()))});
    }
  }

 private:
  std::unique_ptr<Member> member_;
  const std::vector<Mailbox>& mailboxes_;
  const std::size_t for_all_;
};

class VigilReader final : public Reader {
 public:
  explicit VigilReader(std::unique_ptr<Member> member) : member_(std::move(member)) {}

  void listen() override {
    wire::ClientFrame frame;
    frame.add_requests()->set_id(1);
    frame.mutable_requests(0)->mutable_listen();
    member_->send(frame);
    asked_ = true;
  }
  void take(std::vector<Taken>& into, Clock::time_point until) override {
    for (const std::size_t had = into.size(); into.size() == had;) {
      const auto frame = member_->receive(until);
      if (!frame) return;
      hear_answers(*frame);
      for (const wire::Delivery& delivery : frame->deliveries()) {
        into.push_back(taken_from(delivery.envelope()));
        read_ = delivery.number();
      }
    }
  }
  void acknowledge() override {
    if (read_ > acknowledged_) member_->acknowledge(acknowledged_ + 1, read_);
    acknowledged_ = read_;
  }
  void finish() override {
    while (asked_) {
      const auto frame = member_->receive();
      if (frame->deliveries_size() > 0) throw std::runtime_error("a copy came that was not due");
      hear_answers(*frame);
    }
    member_->socket().round_trip();
  }
  void tend() override {
    std::vector<Taken> nothing;
    take(nothing, at_once);
    if (!nothing.empty()) throw std::runtime_error("a copy came that was not due");
  }
  int descriptor() const override { return member_->socket().descriptor(); }

 private:
  void hear_answers(const wire::RelayFrame& frame) {
    for (const wire::Answer& answer : frame.answers()) {
      must(answer.status(), "listen");
      asked_ = false;
    }
  }
  std::unique_ptr<Member> member_;
  bool asked_ = false;  // to listen, and not yet answered
  std::uint64_t read_ = 0, acknowledged_ = 0;
};

class VigilService final : public Service {
 public:
  VigilService(const Options& options, const std::string& more_config) : relay_(options, more_config) {}

  void open(std::size_t mailboxes, std::size_t for_all) override {
    mailboxes_ = relay_.open(mailboxes);
    for_all_ = for_all;
  }
  std::unique_ptr<Sender> sender() override { return std::make_unique<VigilSender>(relay_.connect(), mailboxes_, for_all_); }
  std::unique_ptr<Reader> log_in(std::size_t mailbox) override {
    return std::make_unique<VigilReader>(relay_.log_in(mailboxes_.at(mailbox)));
  }
  void kill_and_restart() override { relay_.restart(); }
  const Process& process() const override { return relay_.process(); }
  const std::filesystem::path& folder() const override { return relay_.folder(); }
  std::vector<std::pair<std::string, double>> counts() override {
    return {{"commits", static_cast<double>(relay_.number("commits"))}};
  }

 private:
  RelayProcess relay_;
  std::vector<Mailbox> mailboxes_;
  std::size_t for_all_ = 0;
};

}  // namespace

std::unique_ptr<Service> start_vigil(const Options& options, const std::string& more_config) {
  return std::make_unique<VigilService>(options, more_config);
}

}  // namespace vigil::bench
