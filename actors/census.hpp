// Every actor of this process, counted: what metrics, /actors and the console read. Free of CAF.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/duration_histogram.hpp"
#include "core/clock.hpp"

namespace dip {

// What a message is, as cheaply as it can be kept: a type, or the value of an atom. Both zero: nothing.
struct message_type {
  const std::type_info* type = nullptr;
  std::uint64_t atom = 0;
  // "publish", "lease_request", "tick".
  [[nodiscard]] std::string text() const;
};

// One actor's figures. The actor writes, anybody reads; each figure stands for itself. No message allocates.
class actor_counters {
public:
  static constexpr std::size_t stamps = 64;
  static constexpr std::size_t events_kept = 32;

  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0: none
  wall_time since{};
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::int64_t> busy_since_ns{0};  // steady clock; 0 while nothing is being handled
  std::atomic<std::uint64_t> high_water{0};    // of the messages that wait
  duration_histogram busy, wait;
  // Of a worker: since when it has a job on its thread (steady clock, 0: none), and how long that may take.
  std::atomic<std::int64_t> job_since_ns{0};
  std::atomic<std::int64_t> job_may_take_ns{0};
  std::atomic<bool> supervised{false};  // who makes it again when it ends

  // From any thread, before the message is in the mailbox. `now`: steady clock, ns.
  void came(std::int64_t now) {
    const auto n = arrived.fetch_add(1, std::memory_order_relaxed);
    came_at_[n % stamps].store(now, std::memory_order_relaxed);
    const auto done = handled.load(std::memory_order_relaxed);
    const auto deep = n + 1 > done ? n + 1 - done : 0;
    auto high = high_water.load(std::memory_order_relaxed);
    while (deep > high && !high_water.compare_exchange_weak(high, deep, std::memory_order_relaxed)) {
    }
  }
  // The actor's thread: it begins, and has handled, the message that is next.
  void begin(std::int64_t now, message_type what) {
    current_type_.store(what.type, std::memory_order_relaxed);
    current_atom_.store(what.atom, std::memory_order_relaxed);
    busy_since_ns.store(now, std::memory_order_relaxed);
  }
  void end(std::int64_t began, std::int64_t now, bool failed);
  void not_now() { busy_since_ns.store(0, std::memory_order_relaxed); }

  [[nodiscard]] std::string name() const;
  void set_name(std::string name);
  // "queue", "worker": what it is, whatever it is called.
  [[nodiscard]] std::string kind() const;
  void set_kind(std::string kind);
  [[nodiscard]] std::string last_error() const;
  void set_last_error(std::string text);
  // Messages that wait, or are being handled.
  [[nodiscard]] std::uint64_t depth() const;
  // Since when the oldest of them waits, by the steady clock in ns; of a mailbox with more than `stamps`,
  // since then at least. Nothing: none waits.
  [[nodiscard]] std::optional<std::int64_t> oldest_ns() const;
  [[nodiscard]] message_type current() const {
    return {current_type_.load(std::memory_order_relaxed), current_atom_.load(std::memory_order_relaxed)};
  }

  struct event {
    std::int64_t at_ns = 0;  // steady clock, when it began
    message_type what;
    std::uint64_t waited_ns = 0, worked_ns = 0;
    bool failed = false;
  };
  // The last ones, oldest first.
  [[nodiscard]] std::vector<event> events() const;

  // Ends the actor, so that its supervisor makes it again; set by its base.
  std::function<void()> end_actor;

private:
  struct kept_event {
    std::atomic<std::int64_t> at_ns{0};
    std::atomic<const std::type_info*> type{nullptr};
    std::atomic<std::uint64_t> atom{0};
    std::atomic<std::uint64_t> waited_ns{0};
    std::atomic<std::uint64_t> worked_ns{0};  // the lowest bit: it failed
  };

  std::array<std::atomic<std::int64_t>, stamps> came_at_{};
  std::atomic<const std::type_info*> current_type_{nullptr};
  std::atomic<std::uint64_t> current_atom_{0};
  std::array<kept_event, events_kept> events_{};
  mutable std::mutex mutex_;
  std::string name_;
  std::string kind_;
  std::string last_error_;
};

// Any thread.
class census {
public:
  static constexpr std::size_t dead_kept = 1'000;

  // The one of this process.
  static census& here();

  std::shared_ptr<actor_counters> add(std::uint64_t id, std::uint64_t parent);
  void remove(std::uint64_t id, std::string reason);
  [[nodiscard]] std::vector<std::shared_ptr<actor_counters>> all() const;
  // nullptr: it is not there.
  [[nodiscard]] std::shared_ptr<actor_counters> find(std::uint64_t id) const;
  // Somebody makes it again when it ends.
  void note_supervised(std::uint64_t id);

  struct dead_actor {
    std::uint64_t id = 0, parent = 0;
    std::string name, kind, reason, last_error;
    wall_time since{}, ended_at{};
    std::uint64_t handled = 0, high_water = 0;
  };
  // The last ones, newest first.
  [[nodiscard]] std::vector<dead_actor> dead() const;

  // Of all actors of a kind, those that have ended included in what adds up.
  struct kind_figures {
    std::string kind;
    std::uint64_t actors = 0, waiting = 0, deepest = 0;  // now; `deepest`: the fullest mailbox
    std::uint64_t handled = 0, busy_ns = 0;              // since the process began
  };
  [[nodiscard]] std::vector<kind_figures> by_kind() const;

  // Restarts by name, over all supervisors, since the process began; the last error of what went down is
  // kept. `delay`: until it is made again.
  void note_restart(const std::string& name, const std::string& why, milliseconds delay = {});
  struct restarts {
    std::string name;
    std::uint64_t count = 0;
    std::string last_error;
    wall_time at{};       // of the last of them
    steady_time again{};  // when it was to be made again
  };
  [[nodiscard]] std::vector<restarts> all_restarts() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<actor_counters>> actors_;
  std::unordered_map<std::string, restarts> restarts_;
  std::deque<dead_actor> dead_;
  std::map<std::string, kind_figures> ended_;  // by kind
};

}  // namespace dip
