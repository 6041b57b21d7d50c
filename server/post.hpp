// A one-shot: the requests of one POST, answered in its response. Capability requests only: nobody can prove ownership here.
// Used by arrival; belongs to its I/O thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <string>

#include "server/requests/intake.hpp"

namespace vigil::server {

class Post final : private Intake::Replies {
 public:
  Post(Relay& relay, Shard& shard, const Serving& serving);

  // The serialised PostAnswer; returns when every request has been answered.
  asio::awaitable<std::string> answer(const std::string& body);

 private:
  void refuse(Status status, const char* why);
  void reply(const wire::Answer& answer, bool urgent) override;
  void reply(std::uint64_t id, Status status, bool urgent) override;
  Status listen(const MailboxId& mailbox, std::uint32_t window) override;
  void settled() override;
  void fail() override {}

  Relay& relay_;
  Intake intake_;
  wire::PostAnswer answers_;
  asio::steady_timer waiting_;
};

// The response around it, with the headers that nginx would send.
std::string post_response(std::uint64_t now_s, const std::string& body, bool keep_alive);
std::string post_refused_response(std::uint64_t now_s);  // 503: no memory for the body now

}  // namespace vigil::server
