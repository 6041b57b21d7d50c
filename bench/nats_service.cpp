// NATS with JetStream as a service of mailboxes, by its own text protocol over WebSockets: one stream on files, a mailbox is a
// subject of it with a durable push consumer; stored is what a PubAck says. Of a batch, the last acknowledgement counts for all.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <charconv>
#include <stdexcept>

#include "broker_process.hpp"
#include "loopback.hpp"
#include "service.hpp"

namespace vigil::bench {
namespace {

constexpr std::string_view login = R"(CONNECT {{"verbose":false,"pedantic":false,"tls_required":true,"user":"{0}","pass":"{0}",)"
                                   R"("lang":"c++","version":"1","protocol":1}})"
                                   "\r\nPING\r\n";
constexpr std::string_view who = "load", line_end = "\r\n";

// One connection, logged in.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_({port, "/", ""}) {
    socket_.send(fmt::format(login, who));
    pong();
  }

  struct Event {
    bool is_pong = false;
    unsigned subscription = 0;
    std::string_view subject, reply, payload;  // until the next call
  };
  // The next message or pong. Pings are answered here.
  std::optional<Event> next(Clock::time_point until) {
    for (;;) {
      if (const auto whole = from_buffer()) return whole;
      bytes_.erase(0, std::exchange(at_, 0));
      const auto more = socket_.receive(until);
      if (!more) return std::nullopt;
      bytes_ += *more;
    }
  }
  void pong() {
    if (!next(forever)->is_pong) throw std::runtime_error("a message came where a PONG was due");
  }
  void subscribe(std::string_view subject, unsigned number) { socket_.send(fmt::format("SUB {} {}\r\n", subject, number)); }
  // Asks JetStream; throws with its words unless it agrees.
  void ask(std::string_view subject, std::string_view question) {
    socket_.send(
        fmt::format("SUB _INBOX.ask 9\r\nPUB {} _INBOX.ask {}\r\n{}\r\nUNSUB 9 1\r\n", subject, question.size(), question));
    if (const auto answer = next(forever); answer->payload.find("\"error\"") != std::string_view::npos)
      throw std::runtime_error(fmt::format("JetStream: {}: {}", subject, answer->payload));
  }
  TlsSocket& socket() { return socket_; }
  const TlsSocket& socket() const { return socket_; }

 private:
  std::optional<Event> from_buffer() {
    for (;;) {
      const std::string_view left = std::string_view(bytes_).substr(at_);
      const std::size_t end = left.find(line_end);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view line = left.substr(0, end);
      if (line.starts_with("MSG ")) return message(line, left.substr(end + 2));
      at_ += end + 2;
      if (line == "PONG") return Event{true, 0, {}, {}, {}};
      if (line == "PING") socket_.send("PONG\r\n");
      if (line.starts_with("-ERR")) throw std::runtime_error(std::string(line));
    }
  }
  // MSG subject subscription [reply] bytes
  std::optional<Event> message(std::string_view line, std::string_view rest) {
    std::array<std::string_view, 5> words;
    std::size_t count = 0;
    for (std::size_t from = 0; count < words.size() && from <= line.size(); ++count) {
      const std::size_t to = std::min(line.find(' ', from), line.size());
      words[count] = line.substr(from, to - from);
      from = to + 1;
    }
    const std::size_t size = number_from(words[count - 1]);
    if (rest.size() < size + 2) return std::nullopt;
    at_ += line.size() + 2 + size + 2;
    return Event{false, static_cast<unsigned>(number_from(words[2])), words[1], count == 5 ? words[3] : "", rest.substr(0, size)};
  }

 public:
  static std::uint64_t number_from(std::string_view text) {
    std::uint64_t out = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), out).ptr != text.data() + text.size())
      throw std::runtime_error("not a number of NATS's");
    return out;
  }

 private:
  TlsSocket socket_;
  std::string bytes_;
  std::size_t at_ = 0;
};

class NatsSender final : public Sender {
 public:
  NatsSender(std::uint16_t port, const std::string& inbox) : connection_(port), inbox_(inbox + '.') {
    connection_.subscribe(inbox_ + '*', 1);
  }
  void send(std::span<const Message> batch) override {
    out_.clear();
    for (const Message& message : batch) {
      fmt::format_to(std::back_inserter(out_), "PUB mail.{} {}{} {}\r\n", message.mailbox, inbox_, message.number, message_bytes);
      append_payload(out_, message);
      out_ += line_end;
    }
    connection_.socket().send(out_);
  }
  void send_to_all(const Message& message) override {
    out_ = fmt::format("PUB all {}{} {}\r\n", inbox_, message.number, message_bytes);
    append_payload(out_, message);
    out_ += line_end;
    connection_.socket().send(out_);
  }
  void answers(std::vector<Answer>& into, Clock::time_point until) override {
    for (const std::size_t had = into.size();;) {
      const auto event = connection_.next(into.size() == had ? until : at_once);
      if (!event) return;
      if (event->is_pong || !event->subject.starts_with(inbox_)) throw std::runtime_error("not a PubAck");
      const bool stored = event->payload.find("\"seq\"") != std::string_view::npos;
      into.push_back({Connection::number_from(event->subject.substr(inbox_.size())), stored});
    }
  }

 private:
  Connection connection_;
  std::string inbox_, out_;
};

class NatsReader final : public Reader {
 public:
  NatsReader(std::uint16_t port, std::size_t mailbox, bool for_all) : connection_(port), mailbox_(mailbox), for_all_(for_all) {}

  void listen() override {
    connection_.subscribe(fmt::format("to.{}", mailbox_), 0);
    if (for_all_) connection_.subscribe(fmt::format("all.{}", mailbox_), 1);
  }
  void take(std::vector<Taken>& into, Clock::time_point until) override {
    take_what_is_there(into, until, [this](Clock::time_point moment) -> std::optional<Taken> {
      const auto event = connection_.next(moment);
      if (!event) return std::nullopt;
      if (event->is_pong) throw std::runtime_error("a PONG that nobody asked for");
      last_.at(event->subscription) = event->reply;
      return taken_from(event->payload);
    });
  }
  void acknowledge() override {
    std::string out;
    for (std::string& reply : last_) {
      if (!reply.empty()) out += fmt::format("PUB {} 4\r\n+ACK\r\n", reply);
      reply.clear();
    }
    if (!out.empty()) connection_.socket().send(out);
  }
  void finish() override {
    connection_.socket().send("PING\r\n");
    connection_.pong();
  }
  void tend() override {
    if (connection_.next(at_once)) throw std::runtime_error("a message came that was not due");
  }
  int descriptor() const override { return connection_.socket().descriptor(); }

 private:
  Connection connection_;
  std::size_t mailbox_;
  bool for_all_;
  std::array<std::string, 2> last_;  // by subscription: where to acknowledge
};

class NatsService final : public Service {
 public:
  NatsService() {
    const auto config = broker_.write(
        "nats.conf", fmt::format("listen: \"127.0.0.1:{0}\"\n"
                                 "websocket {{ listen: \"127.0.0.1:{1}\", tls {{ cert_file: \"{2}\", key_file: \"{3}\" }} }}\n"
                                 "authorization {{ user: {4}, password: {4} }}\n"
                                 "jetstream {{ store_dir: \"{5}\", max_memory_store: 1GB, max_file_store: 200GB }}\n",
                                 free_port(), broker_.port(), broker_.certificate().string(), broker_.key().string(), who,
                                 (broker_.folder() / "store").string()));
    broker_.start({"nats-server", "--config", config.string()}, {}, 30);
    Connection(broker_.port())
        .ask("$JS.API.STREAM.CREATE.mail",
             R"({"name":"mail","subjects":["mail.*","all"],"storage":"file","retention":"limits","discard":"new",)"
             R"("max_msgs":-1,"max_bytes":-1,"max_consumers":-1,"num_replicas":1})");
  }

  void open(std::size_t mailboxes, std::size_t for_all) override {
    for_all_ = for_all;
    add_consumers("to", mailboxes, [](std::size_t mailbox) { return fmt::format("mail.{}", mailbox); });
    add_consumers("all", for_all, [](std::size_t) { return std::string("all"); });
  }
  std::unique_ptr<Sender> sender() override {
    return std::make_unique<NatsSender>(broker_.port(), fmt::format("_INBOX.sender{}", senders_++));
  }
  std::unique_ptr<Reader> log_in(std::size_t mailbox) override {
    return std::make_unique<NatsReader>(broker_.port(), mailbox, mailbox < for_all_);
  }
  void kill_and_restart() override { broker_.kill_and_restart(); }
  const Process& process() const override { return broker_.process(); }
  const std::filesystem::path& folder() const override { return broker_.folder(); }

 private:
  template <class FilterOf>
  void add_consumers(std::string_view kind, std::size_t count, FilterOf filter_of) {
    Connection connection(broker_.port());
    for (std::size_t mailbox = 0; mailbox < count; ++mailbox)
      connection.ask(fmt::format("$JS.API.CONSUMER.DURABLE.CREATE.mail.{}-{}", kind, mailbox),
                     fmt::format(R"({{"stream_name":"mail","config":{{"durable_name":"{0}-{1}","deliver_subject":"{0}.{1}",)"
                                 R"("deliver_policy":"all","ack_policy":"all","ack_wait":600000000000,"replay_policy":"instant",)"
                                 R"("filter_subject":"{2}"}}}})",
                                 kind, mailbox, filter_of(mailbox)));
  }

  Broker broker_;
  std::size_t for_all_ = 0;
  std::atomic<unsigned> senders_ = 0;
};

}  // namespace

std::unique_ptr<Service> start_nats() {
  return std::make_unique<NatsService>();
}

}  // namespace vigil::bench
