// `dip cluster` over all machines of a cluster.conf: this one, and the others over ssh.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "runtime/cluster_machines.hpp"
#include "runtime/cluster_place.hpp"
#include "runtime/node_view.hpp"

namespace dip {

// What became of a command, for those who print it.
struct launch_outcome {
  std::vector<node_view> nodes;       // in the order of cluster.conf
  std::vector<std::string> problems;  // lines; those that begin with two blanks are of a log
  bool unreachable = false;           // the machine of the node that was named
};

// One thread. On every other machine the same command runs there, with `--here` and the names of its nodes;
// it needs the same cluster.conf, and a key that lets this user in.
class cluster_launch {
public:
  cluster_launch(const config& conf, cluster_place place, std::vector<cluster_machine> machines);

  [[nodiscard]] launch_outcome up(milliseconds within) const;
  [[nodiscard]] launch_outcome down() const;
  [[nodiscard]] launch_outcome status() const;
  // All that run read again what may change while they run.
  [[nodiscard]] launch_outcome reload() const;
  // Of this machine: what `apply` needs before and after. As in cluster_here.
  [[nodiscard]] result<void> prepare_here() const;
  [[nodiscard]] std::vector<std::string> stop_others_here() const;
  [[nodiscard]] launch_outcome restart(const std::string& node, milliseconds within) const;
  // All, each after the other, and only while all are ready. Stops at the first that does not come back.
  [[nodiscard]] launch_outcome upgrade(milliseconds within) const;
  // Becomes the program that prints it; an error when that cannot be run.
  [[nodiscard]] result<void> show_log(const std::string& node, unsigned lines, bool follow) const;

private:
  [[nodiscard]] std::vector<std::string> remote_words(const cluster_machine& m,
                                                      std::vector<std::string> command) const;
  [[nodiscard]] launch_outcome call(const cluster_machine& m, std::vector<std::string> command) const;
  template <class Here>
  [[nodiscard]] launch_outcome everywhere(const Here& here, const std::vector<std::string>& command) const;
  [[nodiscard]] const cluster_machine& machine_of(const std::string& node) const;
  [[nodiscard]] result<void> restart_one(const std::string& node, milliseconds within) const;
  // The status once all are ready, or when the time is up.
  [[nodiscard]] launch_outcome whole(milliseconds within) const;
  void sort(launch_outcome& outcome) const;

  const config& conf_;
  cluster_place place_;
  std::vector<cluster_machine> machines_;
};

}  // namespace dip
