// A client's end of a WebSocket over TLS 1.3, blocking and as cheap as it can be, so that the service is what is measured. Used
// by Member and by the clients of the peers. One thread each. What the other side does wrong is an exception that ends the load.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "measure.hpp"

struct ssl_st;

namespace vigil::bench {

inline constexpr Clock::time_point forever = Clock::time_point::max();
inline constexpr Clock::time_point at_once = Clock::time_point::min();  // only what is there already

class TlsSocket {
 public:
  struct Where {
    std::uint16_t port;
    std::string path;
    std::string protocol;  // Sec-WebSocket-Protocol, or empty
    bool text = false;     // its messages are text, else binary
  };
  // Connects to this machine and upgrades.
  explicit TlsSocket(const Where& where);
  ~TlsSocket();
  TlsSocket(const TlsSocket&) = delete;
  TlsSocket& operator=(const TlsSocket&) = delete;

  void send(std::string_view message);                   // one frame
  void send_all(std::span<const std::string> messages);  // a frame each, and as few TLS records as can be
  // The next message, valid until the next call; none when 'until' has come first. Waits 60 s at most.
  std::optional<std::string_view> receive(Clock::time_point until = forever);
  // Sends a WebSocket ping and waits for its pong: then the other side has read all that was sent before. No message may be due.
  void round_trip();

  int descriptor() const { return descriptor_; }
  ssl_st* tls() const { return ssl_; }

 private:
  void send_frame(unsigned char opcode, std::string_view payload);
  void add_frame(unsigned char opcode, std::string_view payload);
  void send_bytes(std::string_view bytes);
  bool read_more(Clock::time_point until);
  bool have(std::size_t bytes, Clock::time_point until);
  struct Frame {
    unsigned char opcode;
    bool last;
    std::string_view payload;
  };
  std::optional<Frame> frame(Clock::time_point until);

  unsigned char message_opcode_;
  int descriptor_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string out_, unread_;
  std::size_t taken_ = 0;  // of unread_
  std::string pieces_;     // of a message that comes in several frames
  bool in_pieces_ = false;
};

}  // namespace vigil::bench
