// The servers that notifications go to: so many messages at once to one of them, and an endpoint that fails
// again and again is left alone for a growing while.
//
//   closed ──failures_to_open in a row──▶ open ──its time is over──▶ one message tries
//     ▲                                    ▲                          │
//     └──────────── it went well ──────────┼──────────────────────────┤
//                                          └── twice as long, failed ─┘
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/queue_message.hpp"
#include "core/request.hpp"

namespace dip {

struct destination {
  std::string server;  // those with the same one share `at_once`: "mail example.org", "https://a:443"
  std::uint32_t at_once = 1;
  std::string endpoint;  // has the circuit breaker: a webhook's URL; empty: has none
};
// Of a message of rtp-notifier-queue.
[[nodiscard]] destination destination_of(const request_record& r, message_kind kind, const config& c);

// Any thread. Nothing of it is durable: a node that starts tries everything.
class destinations {
public:
  static constexpr std::uint32_t failures_to_open = 5;
  static constexpr milliseconds first_pause{30'000}, longest_pause{600'000};
  // For a place at a server that is busy; those who wait already come before.
  static constexpr milliseconds busy_pause{50}, longest_busy_pause{30'000};

  // How long a message for `to` had better wait; 0: it can be taken now.
  [[nodiscard]] milliseconds wait_for(const destination& to, steady_time now);
  // The same, and when it is 0 the message has a place, until `leave`.
  [[nodiscard]] milliseconds enter(const destination& to, steady_time now);
  // `failed`: to be tried again. `left_alone`: for so long the server wants none (Retry-After).
  void leave(const destination& to, bool failed, milliseconds left_alone, steady_time now);

  // Endpoints that are left alone now.
  [[nodiscard]] std::uint64_t open_breakers(steady_time now) const;

private:
  struct server {
    std::uint32_t busy = 0;
    std::uint32_t waiting = 0;  // told to wait since it was busy, but for as many as have left
  };
  struct breaker {
    std::uint32_t failures = 0;  // in a row
    milliseconds pause{0};       // the last one
    steady_time open_until{};
    bool trying = false;
  };

  [[nodiscard]] milliseconds pause_of(const destination& to, steady_time now) const;
  [[nodiscard]] milliseconds place_at(const destination& to);
  void fail(breaker& b, milliseconds left_alone, steady_time now);
  void forget_old(steady_time now);

  mutable std::mutex mutex_;
  std::map<std::string, server> servers_;    // that are busy
  std::map<std::string, breaker> breakers_;  // of endpoints whose last message failed
};

}  // namespace dip
