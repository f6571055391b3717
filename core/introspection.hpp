// How a node's actors are and what its workers did, as plain values that go between nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/queue_message.hpp"

namespace dip {

enum class actor_state : std::uint8_t { idle, busy, stuck, backoff, dead };
[[nodiscard]] std::string_view to_string(actor_state s);

struct actor_view {
  std::string id;  // "n1.42"
  std::string name, kind, node;
  std::string parent;  // an id; empty: none
  actor_state state = actor_state::idle;
  std::uint64_t mailbox = 0, mailbox_high = 0;
  std::optional<std::uint64_t> oldest_ms;
  std::uint64_t processed = 0;
  double rate = 0, busy = 0;  // a second, and a share of the time, over the last ten seconds
  double busy_ms_p50 = 0, busy_ms_p99 = 0, wait_ms_p50 = 0, wait_ms_p99 = 0;
  std::uint64_t restarts = 0;
  wall_time restarted_at{};  // the last of them
  std::string last_error;
  wall_time since{};
  std::string current;  // the message that it handles; empty: none
  std::uint64_t current_ms = 0;
  wall_time ended_at{};  // of a dead one
  std::string reason;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.name, s.kind, s.node, s.parent, s.state, s.mailbox, s.mailbox_high, s.oldest_ms,
             s.processed, s.rate, s.busy, s.busy_ms_p50, s.busy_ms_p99, s.wait_ms_p50, s.wait_ms_p99,
             s.restarts, s.restarted_at, s.last_error, s.since, s.current, s.current_ms, s.ended_at,
             s.reason);
  }
};

struct actor_event_view {
  wall_time at{};
  std::string message;
  double waited_ms = 0, worked_ms = 0;
  bool failed = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.at, s.message, s.waited_ms, s.worked_ms, s.failed);
  }
};

// One message that a worker had.
struct done_work {
  enum class outcome : std::uint8_t { done, failed, returned };
  request_id request;
  std::uint32_t run = 1;
  message_kind kind = message_kind::preprocess;
  std::string node, worker;
  std::uint32_t attempt = 1;
  wall_time at{};  // when it began
  std::uint64_t waited_ms = 0, worked_ms = 0;
  outcome came = outcome::done;
  errc code = errc::internal;
  std::string detail;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.request, s.run, s.kind, s.node, s.worker, s.attempt, s.at, s.waited_ms, s.worked_ms, s.came,
             s.code, s.detail);
  }
};

}  // namespace dip
