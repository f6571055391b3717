// What a supervisor runs, as it writes it down for the commands that ask, and for the one that comes after
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "runtime/cluster_place.hpp"
#include "runtime/watched_process.hpp"

namespace dip {

struct supervised_node {
  std::string name;
  pid_t pid = 0;  // 0: it does not run
  std::uint64_t start_ticks = 0;
  wall_time since{};                      // its last start, or its last end
  std::uint32_t failures = 0;             // ends that were not asked for
  std::string last_end;                   // of the last of them: "was ended by SIGKILL", "ended with 1"
  std::optional<wall_time> starts_again;  // when it ended

  bool operator==(const supervised_node&) const = default;
};

struct supervisor_state {
  std::string boot;      // the machine's start: pids of another one mean nothing
  std::string config;    // the cluster.conf whose nodes they are
  pid_t supervisor = 0;  // who wrote this
  std::vector<supervised_node> nodes;

  bool operator==(const supervisor_state&) const = default;
};

[[nodiscard]] std::string to_text(const supervisor_state& state);
// `corrupt` for what `to_text` never gave.
[[nodiscard]] result<supervisor_state> parse_supervisor_state(const std::string& text);

// Empty where no supervisor ever ran, where another start of the machine was the last that had one, or where
// the file cannot be read.
[[nodiscard]] supervisor_state read_state(const cluster_place& place);
// That node's process, when it runs.
[[nodiscard]] std::optional<watched_process> process_of(const supervisor_state& state,
                                                        const std::string& node);

// The names that `up` left for the supervisor.
[[nodiscard]] std::vector<std::string> read_names(const cluster_place& place);
[[nodiscard]] result<void> write_names(const cluster_place& place, const std::vector<std::string>& names);

// The lock that there is one supervisor: held as long as this lives, at most by one process on the machine.
class supervisor_lock {
public:
  // `conflict` when another one has it.
  [[nodiscard]] static result<supervisor_lock> take(const cluster_place& place);
  // Who has it.
  [[nodiscard]] static std::optional<watched_process> holder(const cluster_place& place);

  supervisor_lock(supervisor_lock&& other) noexcept;
  supervisor_lock& operator=(supervisor_lock&&) = delete;
  ~supervisor_lock();

private:
  explicit supervisor_lock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace dip
