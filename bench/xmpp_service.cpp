// XMPP by hand, as far as a load needs it. One stanza is one WebSocket frame by its rules; frames share a TLS record.
#include "xmpp_service.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <stdexcept>

namespace vigil::bench {
namespace {

constexpr std::string_view stream_open = R"(<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>)";
constexpr std::string_view please_acknowledge = R"(<r xmlns="urn:xmpp:sm:3"/>)";
constexpr std::string_view node_of_all = "all";

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(static_cast<std::size_t>(::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                        reinterpret_cast<const unsigned char*>(bytes.data()),
                                                        static_cast<int>(bytes.size()))));
  return out;
}

std::string payload_text(const Message& message) {
  std::string payload;
  append_payload(payload, message);
  return base64(payload);
}

// What stands in the innermost element of a message, from base64.
Taken taken_from_stanza(std::string_view stanza) {
  const std::size_t end = std::min(stanza.find("</body>"), stanza.find("</load>"));
  if (end == std::string_view::npos) throw std::runtime_error(fmt::format("no payload in {}", stanza.substr(0, 300)));
  const std::size_t begin = stanza.rfind('>', end) + 1;
  std::string bytes((end - begin) / 4 * 3, '\0');
  if (::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(stanza.data() + begin), static_cast<int>(end - begin)) < 0)
    throw std::runtime_error("not base64");
  return taken_from(std::string_view(bytes).substr(0, message_bytes));
}

// Of the first element.
std::string_view attribute(std::string_view stanza, std::string_view name) {
  const std::string_view head = stanza.substr(0, stanza.find('>'));
  for (const char quote : {'\'', '"'}) {
    const std::string opening = fmt::format(" {}={}", name, quote);
    const std::size_t at = head.find(opening);
    if (at == std::string_view::npos) continue;
    const std::size_t begin = at + opening.size();
    return head.substr(begin, head.find(quote, begin) - begin);
  }
  throw std::runtime_error(fmt::format("no {} in {}", name, stanza.substr(0, 300)));
}

std::uint64_t number_in(std::string_view stanza, std::string_view name) {
  const std::string_view text = attribute(stanza, name);
  std::uint64_t out = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), out).ptr != text.data() + text.size())
    throw std::runtime_error(fmt::format("not a number: {}", text));
  return out;
}

bool is(std::string_view stanza, std::string_view element) {
  return stanza.starts_with(element) && std::string_view(" />").contains(stanza[std::min(element.size(), stanza.size() - 1)]);
}

// One connection, logged in.
class Connection {
 public:
  // acknowledging: with stream management.
  Connection(const XmppServer& server, const std::string& account, bool acknowledging)
      : socket_({server.broker->port(), server.path, "xmpp", true}) {
    open_stream();
    const std::string login = '\0' + account + '\0' + server.password;
    socket_.send(fmt::format(R"(<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{}</auth>)", base64(login)));
    expect("<success");
    open_stream();
    ask(R"(<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>)", "");
    if (!acknowledging) return;
    socket_.send(R"(<enable xmlns="urn:xmpp:sm:3"/>)");
    expect("<enabled");
    stanzas_ = 0;
  }

  // The next one of those who ask or bring something; what nobody asked for is read over. Valid until the next call.
  std::optional<std::string_view> next(Clock::time_point until) {
    for (;;) {
      const auto frame = socket_.receive(until);
      if (!frame) return std::nullopt;
      if (frame->starts_with("<close") || frame->starts_with("<stream:error")) throw std::runtime_error(std::string(*frame));
      if (is(*frame, "<message") || is(*frame, "<iq") || is(*frame, "<presence")) ++stanzas_;
      if (!is(*frame, "<presence") && !is(*frame, "<r")) return frame;
    }
  }
  void expect(std::string_view element) {
    if (const auto frame = next(forever); !frame->starts_with(element))
      throw std::runtime_error(fmt::format("not {}> but {}", element, frame->substr(0, 300)));
  }
  // An <iq> of its own; throws unless the result comes next.
  void ask(std::string_view what, std::string_view whom, std::string_view type = "set") {
    const std::string to = whom.empty() ? "" : fmt::format(R"( to="{}")", whom);
    socket_.send(fmt::format(R"(<iq xmlns="jabber:client" type="{}" id="ask"{}>{}</iq>)", type, to, what));
    if (const auto frame = next(forever); !is(*frame, "<iq") || attribute(*frame, "type") != "result")
      throw std::runtime_error(fmt::format("refused: {}", frame->substr(0, 300)));
  }
  void ask_pubsub(std::string_view what) {
    ask(fmt::format(R"(<pubsub xmlns="http://jabber.org/protocol/pubsub">{}</pubsub>)", what), xmpp_pubsub);
  }
  std::uint64_t stanzas() const { return stanzas_; }  // since acknowledging began
  TlsSocket& socket() { return socket_; }
  const TlsSocket& socket() const { return socket_; }

 private:
  void open_stream() {
    socket_.send(stream_open);
    expect("<open");
    expect("<stream:features");
  }
  TlsSocket socket_;
  std::uint64_t stanzas_ = 0;
};

class XmppSender final : public Sender {
 public:
  explicit XmppSender(const XmppServer& server) : connection_(server, xmpp_sender, true) {}

  void send(std::span<const Message> batch) override {
    std::vector<std::string> frames;
    for (const Message& message : batch) {
      frames.push_back(
          fmt::format(R"(<message xmlns="jabber:client" to="owner{}@{}" id="{}" type="chat"><body>{}</body></message>)",
                      message.mailbox, xmpp_domain, message.number, payload_text(message)));
      unanswered_.push_back(message.number);
    }
    frames.emplace_back(please_acknowledge);
    connection_.socket().send_all(frames);
  }
  void send_to_all(const Message& message) override {
    connection_.socket().send(
        fmt::format(R"(<iq xmlns="jabber:client" type="set" id="{}" to="{}"><pubsub xmlns="http://jabber.org/protocol/pubsub">)"
                    R"(<publish node="{}"><item id="one">)"
                    R"(<load xmlns="vigil:load">{}</load></item></publish></pubsub></iq>)",
                    message.number, xmpp_pubsub, node_of_all, payload_text(message)));
    ++handled_;  // is acknowledged with the others
  }
  void answers(std::vector<Answer>& into, Clock::time_point until) override {
    for (const std::size_t had = into.size();;) {
      const auto frame = connection_.next(into.size() == had ? until : at_once);
      if (!frame) return;
      if (is(*frame, "<a")) {
        for (const std::uint64_t now = number_in(*frame, "h"); handled_ < now; ++handled_) {
          into.push_back({unanswered_.at(0)});
          unanswered_.pop_front();
        }
      } else if (is(*frame, "<iq")) {
        into.push_back({number_in(*frame, "id"), attribute(*frame, "type") == "result", std::string(frame->substr(0, 300))});
      } else {
        throw std::runtime_error(fmt::format("a message came back: {}", frame->substr(0, 300)));
      }
    }
  }

 private:
  Connection connection_;
  std::deque<std::uint64_t> unanswered_;
  std::uint64_t handled_ = 0;  // by the server, of all stanzas
};

class XmppReader final : public Reader {
 public:
  XmppReader(const XmppServer& server, std::size_t mailbox, bool acknowledging)
      : connection_(server, fmt::format("owner{}", mailbox), acknowledging), acknowledging_(acknowledging) {}

  void listen() override { connection_.socket().send(R"(<presence xmlns="jabber:client"/>)"); }
  void take(std::vector<Taken>& into, Clock::time_point until) override {
    take_what_is_there(into, until, [this](Clock::time_point moment) -> std::optional<Taken> {
      const auto frame = connection_.next(moment);
      if (!frame) return std::nullopt;
      if (!is(*frame, "<message")) throw std::runtime_error(fmt::format("not a message: {}", frame->substr(0, 300)));
      return taken_from_stanza(*frame);
    });
  }
  void acknowledge() override {
    if (acknowledging_) connection_.socket().send(fmt::format(R"(<a xmlns="urn:xmpp:sm:3" h="{}"/>)", connection_.stanzas()));
  }
  void finish() override { connection_.ask(R"(<ping xmlns="urn:xmpp:ping"/>)", xmpp_domain, "get"); }
  void tend() override {
    if (const auto frame = connection_.next(at_once))
      throw std::runtime_error(fmt::format("this was not due: {}", frame->substr(0, 300)));
  }
  int descriptor() const override { return connection_.socket().descriptor(); }

 private:
  Connection connection_;
  const bool acknowledging_;
};

class XmppService final : public Service {
 public:
  explicit XmppService(XmppServer server) : server_(std::move(server)) { server_.add_account(xmpp_sender); }

  void open(std::size_t mailboxes, std::size_t for_all) override {
    for (std::size_t mailbox = 0; mailbox < mailboxes; ++mailbox) server_.add_account(fmt::format("owner{}", mailbox));
    for_all_ = for_all;
    if (for_all > 0) Connection(server_, xmpp_sender, false).ask_pubsub(fmt::format(R"(<create node="{}"/>)", node_of_all));
    for (std::size_t mailbox = 0; mailbox < for_all; ++mailbox) {
      const std::string account = fmt::format("owner{}", mailbox);
      Connection(server_, account, false)
          .ask_pubsub(fmt::format(R"(<subscribe node="{}" jid="{}@{}"/>)", node_of_all, account, xmpp_domain));
    }
  }
  std::unique_ptr<Sender> sender() override { return std::make_unique<XmppSender>(server_); }
  // Who hears what is sent to all hears nothing that would be stored, so nothing is acknowledged.
  std::unique_ptr<Reader> log_in(std::size_t mailbox) override {
    return std::make_unique<XmppReader>(server_, mailbox, mailbox >= for_all_);
  }
  void kill_and_restart() override { server_.broker->kill_and_restart(); }
  const Process& process() const override { return server_.broker->process(); }
  const std::filesystem::path& folder() const override { return server_.broker->folder(); }

 private:
  XmppServer server_;
  std::size_t for_all_ = 0;
};

}  // namespace

std::unique_ptr<Service> serve_xmpp(XmppServer server) {
  return std::make_unique<XmppService>(std::move(server));
}

}  // namespace vigil::bench
