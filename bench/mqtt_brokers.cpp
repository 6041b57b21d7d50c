// Mosquitto, RabbitMQ and ejabberd, each as fast as Debian's package can be made at the guarantee it gives, with the reason of
// each setting that matters. bench/RESULTS.md names them too.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "loopback.hpp"
#include "mqtt_service.hpp"

namespace vigil::bench {
namespace {

namespace fs = std::filesystem;
constexpr const char* user = "load";
// Erlang's schedulers spin while they have nothing to do; on few cores that is CPU for nothing, and slower.
constexpr const char* no_spinning = "+sbwt none +sbwtdcpu none +sbwtdio none";

// Keeps its queues in memory and writes them to a file now and then: here after the run, so never during it. No limit on what is
// queued or in flight: the default of 20 in flight makes a reader wait. Version 2.0.11 does not start without a plain listener.
constexpr const char* mosquitto_settings = R"(per_listener_settings false
user root
allow_anonymous false
password_file {folder}/passwords
persistence true
persistence_location {folder}/
autosave_interval 1800
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 0
max_inflight_bytes 0
set_tcp_nodelay true
log_type error
connection_messages false
listener {other_port} 127.0.0.1
listener {port} 127.0.0.1
protocol websockets
certfile {certificate}
keyfile {key}
tls_version tlsv1.3
)";

// Durable classic queues, persistent messages; a PUBACK is a confirm, after the sync. Version 2 of these queues is the faster
// one; the default prefetch of 10 makes a reader wait.
constexpr const char* rabbitmq_settings = R"(listeners.tcp = none
mqtt.listeners.tcp = none
mqtt.allow_anonymous = false
mqtt.prefetch = 1000
mqtt.durable_queue_type = classic
classic_queue.default_version = 2
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = {other_port}
web_mqtt.ws_opts.idle_timeout = 600000
web_mqtt.ssl.ip = 127.0.0.1
web_mqtt.ssl.port = {port}
web_mqtt.ssl.certfile = {certificate}
web_mqtt.ssl.cacertfile = {certificate}
web_mqtt.ssl.keyfile = {key}
web_mqtt.ssl.versions.1 = tlsv1.3
default_user = {user}
default_pass = {user}
vm_memory_high_watermark.relative = 0.7
disk_free_limit.absolute = 1GB
log.file.level = error
)";

// mod_mqtt keeps sessions and what waits for them in memory. No limit on what waits.
constexpr const char* ejabberd_settings = R"(loglevel: error
hosts: ["localhost"]
certfiles: ["{certificate}", "{key}"]
acme: {{auto: false}}
auth_method: internal
max_fsm_queue: 1000000
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    tls: true
    request_handlers: {{"/mqtt": mod_mqtt}}
modules:
  mod_mqtt:
    max_queue: infinity
    queue_type: ram
    session_expiry: 1 hour
)";

std::string filled(const char* settings, const Broker& broker, std::uint16_t other_port = free_port()) {
  using fmt::arg;
  return fmt::format(fmt::runtime(settings), arg("folder", broker.folder().string()), arg("port", broker.port()),
                     arg("other_port", other_port), arg("certificate", broker.certificate().string()),
                     arg("key", broker.key().string()), arg("user", user));
}

// Mosquitto looks after new WebSocket connections, until they are upgraded, whenever its loop turns: every 100 ms when nothing
// else happens (its issue 147). A plain connection that pings it every millisecond keeps it turning, or each login would take 300
// ms.
class Waker {
 public:
  explicit Waker(std::uint16_t port) : descriptor_(connect_to(port)) {
    const std::string login = mqtt_connect("waker", user, user, true);
    if (::send(descriptor_, login.data(), login.size(), 0) != static_cast<ssize_t>(login.size()))
      throw std::runtime_error("mosquitto does not listen");
    thread_ = std::thread([this] { run(); });
  }
  ~Waker() {
    stopping_ = true;
    thread_.join();
    ::close(descriptor_);
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

 private:
  void run() {
    std::array<char, 256> pongs{};
    while (!stopping_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (::send(descriptor_, "\xc0\0", 2, 0) != 2) return;
      ::recv(descriptor_, pongs.data(), pongs.size(), MSG_DONTWAIT);
    }
  }
  int descriptor_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

struct MosquittoBroker final : Broker {
  void kill_and_restart() override {
    waker.reset();
    Broker::kill_and_restart();
    waker = std::make_unique<Waker>(plain_port);
  }
  const std::uint16_t plain_port = free_port();
  std::unique_ptr<Waker> waker;
};

// /usr/lib/ARCHITECTURE, as ejabberdctl names it.
std::string ejabberd_libraries() {
  program_path("ejabberdctl");
  for (const auto& architecture : fs::directory_iterator("/usr/lib"))
    if (architecture.is_directory() && fs::exists(architecture.path() / "ejabberd-23.01")) return architecture.path().string();
  throw std::runtime_error("this is not ejabberd 23.01");
}

// An Erlang node wants a port mapper; one of its own, so that nothing of it outlives the run.
class PortMapper {
 public:
  PortMapper() : port_(free_port()), process_({{program_path("epmd"), "-port", std::to_string(port_)}, {}, {}, "/dev/null", 9}) {
    process_.wait_for_port(port_, 10);
  }
  std::string variable() const { return fmt::format("ERL_EPMD_PORT={}", port_); }

 private:
  std::uint16_t port_;
  Process process_;
};

struct RabbitBroker final : Broker {
  PortMapper mapper;
};

}  // namespace

std::unique_ptr<Service> start_mosquitto() {
  auto broker = std::make_unique<MosquittoBroker>();
  const std::string passwords = (broker->folder() / "passwords").string();
  Process maker({{program_path("mosquitto_passwd"), "-b", "-c", passwords, user, user}, {}, {}, "/dev/null"});
  while (!maker.ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const fs::path config = broker->write("mosquitto.conf", filled(mosquitto_settings, *broker, broker->plain_port));
  broker->start({"mosquitto", "-c", config.string()}, {}, 30);
  broker->waker = std::make_unique<Waker>(broker->plain_port);
  return serve_mqtt({std::move(broker), "/mqtt", user, user});
}

std::unique_ptr<Service> start_rabbitmq() {
  auto broker = std::make_unique<RabbitBroker>();
  const std::string folder = broker->folder().string();
  const fs::path config = broker->write("rabbitmq.conf", filled(rabbitmq_settings, *broker));
  const fs::path plugins = broker->write("plugins", "[rabbitmq_web_mqtt].\n");
  broker->start({"rabbitmq-server"},
                {"RABBITMQ_NODENAME=load@localhost", "RABBITMQ_CONFIG_FILE=" + config.string(),
                 "RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins.string(), "RABBITMQ_MNESIA_BASE=" + folder + "/mnesia",
                 "RABBITMQ_LOG_BASE=" + folder + "/log", "RABBITMQ_PID_FILE=" + folder + "/pid",
                 "RABBITMQ_CONF_ENV_FILE=" + folder + "/none", fmt::format("RABBITMQ_DIST_PORT={}", free_port()),
                 fmt::format("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS={}", no_spinning), broker->mapper.variable()},
                90);
  return serve_mqtt({std::move(broker), "/ws", user, user});
}

std::unique_ptr<Service> start_ejabberd() {
  auto broker = std::make_unique<Broker>();
  const std::string folder = broker->folder().string();
  const fs::path config = broker->write("ejabberd.yml", filled(ejabberd_settings, *broker));
  const std::string add_user = fmt::format(R"(ok = ejabberd_auth:try_register(<<"{0}">>, <<"localhost">>, <<"{0}">>).)", user);
  broker->start({"erl", "-noinput", "+K", "true", "+P", "250000", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none",
                 "-mnesia", "dir", fmt::format("\"{}/mnesia\"", folder), "-s", "ejabberd", "-eval", add_user},
                {"ERL_LIBS=" + ejabberd_libraries(), "EJABBERD_CONFIG_PATH=" + config.string(),
                 "EJABBERD_LOG_PATH=" + folder + "/ejabberd.log", "ERL_CRASH_DUMP_BYTES=0"},
                60);
  return serve_mqtt({std::move(broker), "/mqtt", std::string(user) + "@localhost", user});
}

}  // namespace vigil::bench
