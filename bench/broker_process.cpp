// The programs' places, and the files that each gets.
#include "broker_process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include "loopback.hpp"
#include "server/tls_files.hpp"

namespace vigil::bench {

std::string program_path(const std::string& name) {
  for (const char* folder : {"/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/bin"}) {
    std::string path = fmt::format("{}/{}", folder, name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw std::runtime_error(name + " is not installed; ./dev bench peers installs it");
}

Broker::Broker() : port_(free_port()) {
  const auto key_pem = server::make_tls_key();
  if (!key_pem) throw std::runtime_error(key_pem.error());
  const auto certificate_pem = server::make_certificate(*key_pem, "localhost", static_cast<std::uint64_t>(std::time(nullptr)));
  if (!certificate_pem) throw std::runtime_error(certificate_pem.error());
  write("key.pem", *key_pem);
  write("certificate.pem", *certificate_pem);
}

std::filesystem::path Broker::write(const std::string& name, const std::string& text) const {
  const std::filesystem::path file = folder_.path() / name;
  std::ofstream out(file);
  if (!(out << text << std::flush)) throw std::runtime_error("cannot write " + file.string());
  return file;
}

void Broker::start(std::vector<std::string> words, std::vector<std::string> environment, unsigned patience_s) {
  words[0] = program_path(words[0]);
  environment.push_back("HOME=" + folder().string());
  order_ = {std::move(words), std::move(environment), folder(), folder() / "output", SIGKILL};
  patience_s_ = patience_s;
  process_ = std::make_unique<Process>(order_);
  process_->wait_for_port(port_, patience_s_);
}

void Broker::kill_and_restart() {
  process_->kill();
  process_ = std::make_unique<Process>(order_);
  process_->wait_for_port(port_, patience_s_);
}

}  // namespace vigil::bench
