// Every actor of this process, counted: what metrics, /actors and the console read. Free of CAF.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/clock.hpp"

namespace dip {

// One actor's figures. The actor writes, anybody reads; each figure stands for itself.
struct actor_counters {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0: none
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::int64_t> busy_since_ns{0};  // steady clock; 0 while nothing is being handled

  [[nodiscard]] std::string name() const;
  void set_name(std::string name);
  [[nodiscard]] std::string last_error() const;
  void set_last_error(std::string text);
  // Messages that wait.
  [[nodiscard]] std::uint64_t depth() const;

private:
  mutable std::mutex mutex_;
  std::string name_;
  std::string last_error_;
};

// Any thread.
class census {
public:
  // The one of this process.
  static census& here();

  std::shared_ptr<actor_counters> add(std::uint64_t id, std::uint64_t parent);
  void remove(std::uint64_t id);
  [[nodiscard]] std::vector<std::shared_ptr<actor_counters>> all() const;

  // Restarts by name, over all supervisors, since the process began; the last error of what went down is
  // kept.
  void note_restart(const std::string& name, const std::string& why);
  struct restarts {
    std::string name;
    std::uint64_t count = 0;
    std::string last_error;
  };
  [[nodiscard]] std::vector<restarts> all_restarts() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<actor_counters>> actors_;
  std::unordered_map<std::string, restarts> restarts_;
};

}  // namespace dip
