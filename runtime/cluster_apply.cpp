#include "runtime/cluster_apply.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"

namespace dip {
namespace {

using cli::complain;

constexpr milliseconds until_ready{120'000};

// New nodes are started last: those that run dial them, and turn nobody away whom they know already.
bool carry_out(const cluster_launch& all) {
  if (const auto ready = all.prepare_here(); !ready) {
    complain(ready.error().detail);
    return false;
  }
  return !say_problems(all.reload()) && !say_problems(all.up(until_ready));
}

void stop_removed(const cluster_launch& all, const cluster_plan& plan) {
  const auto stopped = all.stop_others_here();
  for (const auto& name : stopped) std::printf("%s is stopped; its data may go\n", name.c_str());
  for (const auto& name : plan.removed)
    if (std::find(stopped.begin(), stopped.end(), name) == stopped.end())
      std::printf("%s is not needed any more: stop it if it runs elsewhere\n", name.c_str());
}

}  // namespace

int apply_nodes(const config& conf, const cluster_launch& all, const change_options& options) {
  auto api = api_of(conf, options.urls);
  const auto planned = plan_now(api, conf);
  if (!planned) return planned.error();
  const auto& [now, plan] = *planned;
  if (what_is_left(now, plan, conf).empty() && plan.removed.empty()) {
    stop_removed(all, plan);
    std::printf("nothing to do: the cluster is as the file has it\n");
    return cli::done;
  }
  std::fputs(to_text(plan).c_str(), stdout);
  std::fflush(stdout);
  if (options.dry_run) return cli::done;
  if (!options.yes && !agreed()) return cli::work_failed;
  if (!carry_out(all)) return cli::work_failed;
  if (const auto left = watch_change(api, plan, conf, options.within); !left.empty()) {
    complain("not done in time: " + left + "; it goes on by itself, and the same command watches it again");
    return cli::work_failed;
  }
  stop_removed(all, plan);
  std::printf("the cluster is as the file has it\n");
  return cli::done;
}

}  // namespace dip
