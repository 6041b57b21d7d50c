// The loads of vigil-load, each one function that sets up what it needs, measures, and tidies up. Used by main.
#pragma once

#include <filesystem>
#include <vector>

#include "measure.hpp"

namespace vigil::bench {

struct Options {
  std::filesystem::path vigild;  // the relay's program
  double seconds = 3;
  unsigned connections = 8;  // senders
  unsigned mailboxes = 100;
  unsigned frame_requests = 32;    // Deliver requests of 1 KB in one frame, at most 56
  unsigned frames_ahead = 4;       // frames a sender has unanswered
  unsigned in_flight = 1024;       // store: writes outstanding in all
  unsigned many = 1000;            // idle, login, fanout: connections
  unsigned threads = 0;            // of the relay; 0: one per core
  std::size_t copies = 1'000'000;  // expiry: that expire together; growth: that are queued
  unsigned inline_percent = 50;    // expiry: of them, with an envelope of their own
  double quiet_s = 60;             // expiry: before they do
  double per_second = 200;         // expiry: durable writes beside it
  std::filesystem::path samples;   // expiry: every sample goes there, a line each
};

Report load_store(const Options& options);   // durable copies of 1 KB, no network
Report load_expiry(const Options& options);  // very many copies expire in the same second
Report load_relay(const Options& options);   // the same through TLS WebSockets
Report load_drain(const Options& options);   // a reader fetches and acknowledges a backlog
Report load_idle(const Options& options);    // memory of a listening connection
Report load_login(const Options& options);   // CPU of TLS handshake and proof
Report load_fanout(const Options& options);  // one request to many who listen
Report load_growth(const Options& options);  // what queued copies cost, and a restart with them

}  // namespace vigil::bench
