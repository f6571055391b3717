// The supervisor of a machine's nodes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/cluster_place.hpp"
#include "runtime/restart_delay.hpp"
#include "runtime/supervisor_state.hpp"
#include "runtime/watched_process.hpp"

namespace dip {

// How long a node may take to drain (`dip serve` takes up to 30 s) before it is ended by force.
inline constexpr milliseconds stop_time{45'000};

// Starts the nodes that `read_names` tells, and again what ends. It knows of processes only: whether a node
// is ready is asked by those who want to know (node_view.hpp), and a log is a file that its node writes
// itself, so nothing that happens to a supervisor stops a node. When it is killed, its nodes go on, and the
// next one takes them over.
//
//   started ── ends ──▶ waits (restart_delay) ── time is up, SIGUSR1 ──▶ started
//      │                                  └ its name is no longer there: forgotten
//      └ SIGTERM to the supervisor: SIGTERM to all, `stop_time`, SIGKILL
//
// SIGUSR1: the names are read again, and what does not run is started now. SIGHUP goes on to the nodes. When
// the program's own file was replaced, the supervisor goes over to the new one before it starts a node.
//
// One for a process, which has no other threads.
class cluster_supervisor {
public:
  // `words` is its own command line, for a new program.
  cluster_supervisor(cluster_place place, std::vector<std::string> words);

  // Until SIGTERM or SIGINT: the exit code. `conflict`, `io`: it did not begin.
  [[nodiscard]] result<int> run();

private:
  struct child {
    supervised_node facts;
    std::optional<watched_process> process = std::nullopt;
    restart_delay delay = {};
    steady_time started = {};
    steady_time next_start = {};
    bool wanted = true;
  };

  void take_over();
  void read_wanted();
  void start_what_is_due();
  void start(child& c);
  void look_at_ends();
  void note_end(child& c, const watched_process::end& how);
  void bound_logs();
  void wait();
  void take_signal();
  void stop_all();
  void send_to_all(int signal);
  [[nodiscard]] bool any_runs() const;
  void renew();
  void write_down();

  cluster_place place_;
  std::vector<std::string> words_;
  system_clock clock_;
  int signals_ = -1;
  bool stopping_ = false;
  bool in_a_hurry_ = false;  // asked to stop twice
  std::vector<child> children_;
};

}  // namespace dip
