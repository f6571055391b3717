// What the commands that change a running cluster share: whom they ask, and how they follow a change.
#pragma once

#include <string>
#include <vector>

#include "cli/node_api.hpp"
#include "runtime/cluster_launch.hpp"
#include "runtime/cluster_plan.hpp"

namespace dip {

struct change_options {
  std::vector<std::string> urls;  // whom to ask; empty: the nodes of the file
  bool dry_run = false;
  bool yes = false;  // nobody is asked
  milliseconds within{};
};

// The nodes at `urls`, or those of the file, with DIP_API_KEY or the admin's token where this user may read
// it.
[[nodiscard]] cli::node_api api_of(const config& conf, const std::vector<std::string>& urls);
[[nodiscard]] cli::answer<cluster_now> ask_cluster(cli::node_api& api);
// From how the cluster is to how the file has it; else it is said why not, and the exit code is answered.
struct planned {
  cluster_now now;
  cluster_plan plan;
};
[[nodiscard]] tl::expected<planned, int> plan_now(cli::node_api& api, const config& conf);

// Whether somebody says yes; nobody can on a standard input that is no terminal.
[[nodiscard]] bool agreed();
// Tells them on standard error; whether there are any.
[[nodiscard]] bool say_problems(const launch_outcome& outcome);
// Says on standard error what is left of the plan, as it changes. The line that is left in the end; empty:
// all is done.
[[nodiscard]] std::string watch_change(cli::node_api& api, const cluster_plan& plan, const config& conf,
                                       milliseconds within);

}  // namespace dip
