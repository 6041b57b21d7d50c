// MQTT 3.1.1 by hand. As the relay's own client does, many packets share a WebSocket frame, and so do acknowledgements.
#include "mqtt_service.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace vigil::bench {
namespace {

enum Type : unsigned char {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  subscribe = 8,
  suback = 9,
  pingreq = 12,
  pingresp = 13
};
constexpr unsigned char quality_1 = 1 << 1;

void add_u16(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8 & 0xff);
  out += static_cast<char>(number & 0xff);
}

void add_text(std::string& out, std::string_view text) {
  add_u16(out, text.size());
  out += text;
}

void add_head(std::string& out, Type type, unsigned flags, std::size_t bytes) {
  out += static_cast<char>(unsigned{type} << 4 | flags);
  for (; bytes >= 128; bytes >>= 7) out += static_cast<char>(0x80 | (bytes & 0x7f));
  out += static_cast<char>(bytes);
}

std::size_t u16_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + 2) throw std::runtime_error("a short MQTT packet");
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 | static_cast<unsigned char>(bytes[at + 1]);
}

void add_publish(std::string& out, std::string_view topic, std::uint16_t id, const Message& message) {
  add_head(out, publish, quality_1, 2 + topic.size() + 2 + message_bytes);
  add_text(out, topic);
  add_u16(out, id);
  append_payload(out, message);
}

std::string topic_of(std::size_t mailbox) {
  return fmt::format("mail/{}", mailbox);
}
constexpr std::string_view topic_of_all = "all";

// One connection, logged in.
class Connection {
 public:
  Connection(const MqttBroker& broker, const std::string& client, bool clean)
      : socket_({broker.broker->port(), broker.path, "mqtt"}) {
    socket_.send(mqtt_connect(client, broker.user, broker.password, clean));
    if (const std::string_view answer = expect(connack); answer.size() != 2 || answer[1] != 0)
      throw std::runtime_error("the broker refuses the login");
  }

  struct Packet {
    Type type;
    std::string_view body;  // until the next call
  };
  std::optional<Packet> packet(Clock::time_point until) {
    for (;;) {
      if (const auto whole = from_buffer()) return whole;
      bytes_.erase(0, std::exchange(at_, 0));
      const auto more = socket_.receive(until);
      if (!more) return std::nullopt;
      bytes_ += *more;
    }
  }
  // The next packet, which must be of this type.
  std::string_view expect(Type type) {
    const auto next = packet(forever);
    if (next->type != type) throw std::runtime_error(fmt::format("an MQTT packet of type {} came, not {}", +next->type, +type));
    return next->body;
  }

  void listen_to(std::string_view topic) {
    std::string out;
    add_head(out, subscribe, 2, 2 + 2 + topic.size() + 1);
    add_u16(out, 1);
    add_text(out, topic);
    out += '\1';
    socket_.send(out);
    // What waits already may come first; it is not acknowledged here, and comes again to the owner.
    auto answer = packet(forever);
    while (answer->type == publish) answer = packet(forever);
    if (answer->type != suback || answer->body.size() != 3 || answer->body[2] != 1)
      throw std::runtime_error("the broker refuses the subscription");
  }
  TlsSocket& socket() { return socket_; }
  const TlsSocket& socket() const { return socket_; }

 private:
  std::optional<Packet> from_buffer() {
    const std::string_view left = std::string_view(bytes_).substr(at_);
    std::size_t size = 0, head = 1;
    for (unsigned shift = 0;; shift += 7) {
      if (left.size() <= head) return std::nullopt;
      const auto octet = static_cast<unsigned char>(left[head++]);
      size |= static_cast<std::size_t>(octet & 0x7f) << shift;
      if ((octet & 0x80) == 0) break;
      if (shift == 21) throw std::runtime_error("too large an MQTT packet");
    }
    if (left.size() < head + size) return std::nullopt;
    at_ += head + size;
    return Packet{static_cast<Type>(static_cast<unsigned char>(left[0]) >> 4), left.substr(head, size)};
  }

  TlsSocket socket_;
  std::string bytes_;
  std::size_t at_ = 0;
};

class MqttSender final : public Sender {
 public:
  MqttSender(const MqttBroker& broker, const std::string& client, std::span<const std::string> topics)
      : connection_(broker, client, true), topics_(topics) {}

  void send(std::span<const Message> batch) override {
    out_.clear();
    for (const Message& message : batch) add_publish(out_, topics_[message.mailbox], next_id(message.number), message);
    connection_.socket().send(out_);
  }
  void send_to_all(const Message& message) override {
    out_.clear();
    add_publish(out_, topic_of_all, next_id(message.number), message);
    connection_.socket().send(out_);
  }
  void answers(std::vector<Answer>& into, Clock::time_point until) override {
    for (const std::size_t had = into.size();;) {
      const auto packet = connection_.packet(into.size() == had ? until : at_once);
      if (!packet) return;
      if (packet->type != puback) throw std::runtime_error("not a PUBACK");
      into.push_back({numbers_[u16_at(packet->body, 0)]});
    }
  }

 private:
  std::uint16_t next_id(std::uint64_t number) {
    if (++last_id_ == 0) last_id_ = 1;
    numbers_[last_id_] = number;
    return last_id_;
  }
  Connection connection_;
  std::span<const std::string> topics_;
  std::string out_;
  std::uint16_t last_id_ = 0;
  std::array<std::uint64_t, 65'536> numbers_{};  // by packet id
};

class MqttReader final : public Reader {
 public:
  MqttReader(const MqttBroker& broker, const std::string& client) : connection_(broker, client, false) {}

  void listen() override {}  // the session does already
  void take(std::vector<Taken>& into, Clock::time_point until) override {
    take_what_is_there(into, until, [this](Clock::time_point moment) -> std::optional<Taken> {
      const auto packet = connection_.packet(moment);
      if (!packet) return std::nullopt;
      if (packet->type != publish) throw std::runtime_error("not a PUBLISH");
      const std::size_t topic = 2 + u16_at(packet->body, 0), id = u16_at(packet->body, topic);
      add_head(acknowledgements_, puback, 0, 2);
      add_u16(acknowledgements_, id);
      return taken_from(packet->body.substr(topic + 2));
    });
  }
  void acknowledge() override {
    if (!acknowledgements_.empty()) connection_.socket().send(acknowledgements_);
    acknowledgements_.clear();
  }
  void finish() override {
    std::string out;
    add_head(out, pingreq, 0, 0);
    connection_.socket().send(out);
    connection_.expect(pingresp);
  }
  void tend() override {
    if (connection_.packet(at_once)) throw std::runtime_error("a packet came that was not due");
  }
  int descriptor() const override { return connection_.socket().descriptor(); }

 private:
  Connection connection_;
  std::string acknowledgements_;
};

class MqttService final : public Service {
 public:
  explicit MqttService(MqttBroker broker) : broker_(std::move(broker)) { wait_until_ready(); }

  void open(std::size_t mailboxes, std::size_t for_all) override {
    for (std::size_t mailbox = 0; mailbox < mailboxes; ++mailbox) topics_.push_back(topic_of(mailbox));
    for_all_ = for_all;
    subscribe_all();
  }
  std::unique_ptr<Sender> sender() override {
    return std::make_unique<MqttSender>(broker_, fmt::format("sender-{}", senders_++), topics_);
  }
  std::unique_ptr<Reader> log_in(std::size_t mailbox) override {
    return std::make_unique<MqttReader>(broker_, client_of(mailbox));
  }
  void kill_and_restart() override {
    broker_.broker->kill_and_restart();
    wait_until_ready();
    subscribe_all();
  }
  const Process& process() const override { return broker_.broker->process(); }
  const std::filesystem::path& folder() const override { return broker_.broker->folder(); }

 private:
  static std::string client_of(std::size_t mailbox) { return fmt::format("owner-{}", mailbox); }
  void wait_until_ready() {
    const Clock::time_point start = Clock::now();
    for (;;) try {
        sender();
        return;
      } catch (const std::exception& error) {
        if (seconds_since(start) > 30) throw std::runtime_error(error.what() + (": " + broker_.broker->process().last_words()));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
  }
  void subscribe_all() {
    for (std::size_t mailbox = 0; mailbox < topics_.size(); ++mailbox) {
      Connection owner(broker_, client_of(mailbox), false);
      owner.listen_to(topics_[mailbox]);
      if (mailbox < for_all_) owner.listen_to(topic_of_all);
    }
  }

  MqttBroker broker_;
  std::vector<std::string> topics_;
  std::size_t for_all_ = 0;
  std::atomic<unsigned> senders_ = 0;
};

}  // namespace

std::string mqtt_connect(const std::string& client, const std::string& user, const std::string& password, bool clean) {
  std::string body, out;
  add_text(body, "MQTT");
  body += static_cast<char>(4);                       // 3.1.1
  body += static_cast<char>(0xc0 | (clean ? 2 : 0));  // user and password
  add_u16(body, 0);                                   // no keepalive
  add_text(body, client);
  add_text(body, user);
  add_text(body, password);
  add_head(out, connect, 0, body.size());
  return out + body;
}

std::unique_ptr<Service> serve_mqtt(MqttBroker broker) {
  return std::make_unique<MqttService>(std::move(broker));
}

}  // namespace vigil::bench
