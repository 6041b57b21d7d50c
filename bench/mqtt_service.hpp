// A broker that speaks MQTT 3.1.1 over WebSockets as a service of mailboxes: a mailbox is a client id with a persistent session
// (clean session 0) and one subscription of quality 1; stored is what a PUBACK says. Used by broker_process.
#pragma once

#include "broker_process.hpp"
#include "service.hpp"

namespace vigil::bench {

struct MqttBroker {
  std::unique_ptr<Broker> broker;
  std::string path, user, password;
};
// The packet that logs in.
std::string mqtt_connect(const std::string& client, const std::string& user, const std::string& password, bool clean);
// Waits until somebody can log in.
std::unique_ptr<Service> serve_mqtt(MqttBroker broker);

}  // namespace vigil::bench
