// Payloads, and who is who.
#include "service.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>

namespace vigil::bench {
namespace {

constexpr std::uint64_t mark = 0x5669676c4c6f6164;  // so that only our own payloads are counted
constexpr std::size_t head_bytes = 24, noise_bytes = 1u << 18;

const std::string& noise() {
  static const std::string made = [] {
    std::mt19937_64 random(5);
    std::string out;
    while (out.size() < noise_bytes + message_bytes) {
      const std::uint64_t word = random();
      out.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    return out;
  }();
  return made;
}

}  // namespace

void append_payload(std::string& out, const Message& message) {
  char head[head_bytes];
  std::memcpy(head, &mark, 8);
  std::memcpy(head + 8, &message.number, 8);
  std::memcpy(head + 16, &message.meant_ns, 8);
  out.append(head, head_bytes);
  out.append(noise(), message.number * 1009 % noise_bytes, message_bytes - head_bytes);
}

Taken taken_from(std::string_view payload) {
  std::uint64_t found = 0;
  if (payload.size() == message_bytes) std::memcpy(&found, payload.data(), 8);
  if (found != mark) throw std::runtime_error("a message came that nobody sent");
  Taken out;
  std::memcpy(&out.number, payload.data() + 8, 8);
  std::memcpy(&out.meant_ns, payload.data() + 16, 8);
  return out;
}

std::unique_ptr<Service> start_service(const Options& options) {
  const std::map<std::string, std::function<std::unique_ptr<Service>()>> known{{"vigil", [&] { return start_vigil(options); }},
                                                                               {"mosquitto", start_mosquitto},
                                                                               {"rabbitmq", start_rabbitmq},
                                                                               {"ejabberd", start_ejabberd},
                                                                               {"nats", start_nats},
                                                                               {"prosody", start_prosody}};
  const auto found = known.find(options.service);
  if (found == known.end()) throw std::runtime_error("no such service: " + options.service);
  return found->second();
}

}  // namespace vigil::bench
