// The nodes of one machine: what `dip cluster` does with those that are here.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "runtime/cluster_place.hpp"
#include "runtime/node_view.hpp"

namespace dip {

// One thread at a time. A node that is named must be one of `conf`.
class cluster_here {
public:
  cluster_here(const config& conf, cluster_place place, std::vector<std::string> names);

  // What is in the way before anything is started: nodes beyond this machine without certificates
  // (`bad_request`), the files of another cluster.conf (`conflict`), a directory that cannot be made (`io`).
  [[nodiscard]] result<void> prepare() const;
  // Sees to it that a supervisor runs, which starts what does not run.
  [[nodiscard]] result<void> start() const;
  // The same, as this process, until it is told to stop: the exit code.
  [[nodiscard]] result<int> supervise() const;
  // Waits until all are ready, or have failed too often to be waited for, or the time is up.
  [[nodiscard]] std::vector<node_view> wait_until_ready(milliseconds within) const;
  // Each as it is now.
  [[nodiscard]] std::vector<node_view> look() const;
  // Lets all drain and end, the supervisor as well. False when nothing ran.
  [[nodiscard]] result<bool> stop() const;
  // Has all that run read again what may change while they run (node.hpp, `reload`), also those that are not
  // named any more. False when nothing runs.
  [[nodiscard]] bool reload() const;
  // Lets those drain and end that are not named any more; answers who they were.
  [[nodiscard]] std::vector<std::string> stop_others() const;
  // Lets one drain and end, and waits until it is there again and ready. `conflict` when there is no
  // supervisor; `timeout`.
  [[nodiscard]] result<void> restart(const std::string& node, milliseconds within) const;

private:
  [[nodiscard]] const node_config& node_called(const std::string& name) const;
  [[nodiscard]] result<void> start_supervisor() const;

  const config& conf_;
  cluster_place place_;
  std::vector<std::string> names_;
};

}  // namespace dip
