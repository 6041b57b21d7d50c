// The loads of vigil-load, each one function that sets up what it needs, measures, and tidies up. Used by main.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measure.hpp"

namespace vigil::bench {

struct Options {
  std::string service = "vigil";   // whom a load is played against: service.hpp
  std::filesystem::path vigild;    // the relay's program
  double seconds = 3;              // relay, online, latency, store, limits; drain-alert: each time without a drain
  unsigned connections = 8;        // senders; reconnect: readers at a time
  unsigned mailboxes = 100;        // relay, reconnect, store
  unsigned read_back = 2;          // relay: mailboxes that are read afterwards, to see that all is there
  unsigned each = 100;             // reconnect: copies that wait in each mailbox
  unsigned readers = 8;            // online, latency, drain-alert, fan-out: who listen to what comes one by one
  unsigned frame_requests = 32;    // copies of 1 KB in one frame, at most 56
  unsigned frames_ahead = 4;       // frames a sender has unanswered
  unsigned in_flight = 1024;       // store: writes outstanding in all
  unsigned many = 1000;            // idle, login, fan-out: connections
  unsigned backlog = 100'000;      // drain, drain-alert: copies that wait for one reader
  unsigned count = 100;            // kills
  unsigned threads = 0;            // of the relay; 0: one per core
  std::size_t copies = 1'000'000;  // expiry: that expire together; growth: that are queued
  unsigned inline_percent = 50;    // expiry: of them, with an envelope of their own
  double quiet_s = 60;             // expiry: before they do
  double per_second = 200;         // expiry: durable writes beside it; latency: copies; drain-alert: alerts; fan-out: behind it
  std::filesystem::path samples;   // expiry: every sample goes there, a line each
};

// Of the machine or the store alone
Report load_limits(const Options& options);  // what disk and loopback give anybody
Report load_store(const Options& options);   // durable copies of 1 KB, no network
Report load_expiry(const Options& options);  // very many copies expire in the same second
Report load_growth(const Options& options);  // what queued copies cost, and a restart with them

// Of any service, through TLS WebSockets
class Service;
Report load_relay(Service& service, const Options& options);        // 1a: durable, to owners who are away
Report load_reconnect(Service& service, const Options& options);    // 1b: many owners come back to what waits
Report load_drain(Service& service, const Options& options);        // one reader fetches and acknowledges a backlog
Report load_online(Service& service, const Options& options);       // 2a: durable, to readers who listen
Report load_latency(Service& service, const Options& options);      // 2b, 2c: the same at a fixed rate
Report load_drain_alert(Service& service, const Options& options);  // alerts beside a drain and without one
Report load_fan_out(Service& service, const Options& options);      // 3: one request to many who listen, with and without traffic
Report load_idle(Service& service, const Options& options);         // 4a: memory of a listening connection
Report load_login(Service& service, const Options& options);        // 4b: CPU of TLS handshake and login
Report load_kills(Service& service, const Options& options);        // 6: what was acknowledged and is lost by SIGKILL

}  // namespace vigil::bench
