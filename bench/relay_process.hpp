// A real vigild in a process of its own, in a folder of its own, with members that talk to it as any client would. Used by
// vigil_service.
#pragma once

#include <memory>
#include <vector>

#include "loads.hpp"
#include "member.hpp"
#include "process.hpp"

namespace vigil::bench {

// A mailbox: its owner's key and one address with all rights.
struct Mailbox {
  SigningKey key;
  Address address;
};

class RelayProcess {
 public:
  // 'more_config': lines of vigild.toml.
  explicit RelayProcess(const Options& options, const std::string& more_config = "");

  const Process& process() const { return *process_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::unique_ptr<Member> connect() const;
  // An owner's connection: proved.
  std::unique_ptr<Member> log_in(const Mailbox& mailbox) const;
  // Opens so many mailboxes.
  std::vector<Mailbox> open(std::size_t count) const;
  // Kills it with SIGKILL and starts it again; returns when it takes connections.
  void restart();
  // One number of the console's status.
  std::int64_t number(const std::string& name) const;

 private:
  void start();

  Folder folder_;
  std::filesystem::path console_;
  std::string path_;
  PublicKey root_;
  std::uint16_t port_ = 0;
  std::filesystem::path vigild_, config_;
  std::unique_ptr<Process> process_;  // ends before its folder goes
};

}  // namespace vigil::bench
