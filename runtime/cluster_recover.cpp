#include "runtime/cluster_recover.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include <poll.h>

#include "cli/commands.hpp"

namespace dip {
namespace {

using cli::complain;

// For nodes that have just been started, or told of the others, to meet them.
constexpr std::chrono::seconds until_met{60};
// Without a leader for so long, and all nodes up, no election is on its way.
constexpr std::chrono::seconds quiet{5};
constexpr std::chrono::seconds until_up{20};

bool all_met(const cluster_now& now, const cluster_plan& plan, const config& conf) {
  return std::ranges::all_of(conf.nodes, [&](const node_config& wanted) {
    const auto it = std::ranges::find(now.nodes, wanted.name, &cluster_now::node::name);
    return it != now.nodes.end() && it->up && it->of == plan.of;
  });
}

bool same_steps(const recovery& a, const recovery& b) {
  return std::ranges::equal(a.steps, b.steps, {}, &recovery::step::partition, &recovery::step::partition);
}

// Nothing: they have not met in time. What is left without a leader has been so for a while.
std::optional<recovery> find_out(cli::node_api& api, const cluster_plan& plan, const config& conf) {
  const auto deadline = std::chrono::steady_clock::now() + until_met;
  auto since = std::chrono::steady_clock::now();
  std::optional<recovery> last;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto now = ask_cluster(api);
    const auto found =
        now && all_met(*now, plan, conf) ? std::optional{plan_recovery(*now, conf)} : std::nullopt;
    if (!found || !last || !same_steps(*found, *last)) since = std::chrono::steady_clock::now();
    last = found;
    if (last && std::chrono::steady_clock::now() - since >= quiet) return last;
    (void)::poll(nullptr, 0, 500);
  }
  return std::nullopt;
}

bool carry_out(const config& conf, const recovery& what) {
  for (const auto& n : conf.nodes) {
    auto node = api_of(conf, {view_of(conf, n, "").url});
    if (const auto done = node.operate("/cluster/recover"); !done) {
      complain(n.name + ": " + done.error().text);
      return false;
    }
  }
  bool all = true;
  for (const auto& s : what.steps) {
    const auto& where = *std::ranges::find(conf.nodes, s.node, &node_config::name);
    auto node = api_of(conf, {view_of(conf, where, "").url});
    const auto done = node.operate("/cluster/partitions/" + std::to_string(s.partition) + "/recover?term=" +
                                   std::to_string(s.term) + (s.empty ? "&empty=true" : ""));
    if (done) continue;
    complain("partition " + std::to_string(s.partition) + " on " + s.node + ": " + done.error().text);
    all = false;
  }
  return all;
}

}  // namespace

int recover_lost(const config& conf, const cluster_launch& all, const change_options& options) {
  if (conf.nodes.size() < 2) {
    complain(
        "recovery needs two nodes in the file at least: add new ones in the place of those that are lost");
    return cli::wrong_usage;
  }
  auto api = api_of(conf, options.urls);
  if (const auto ready = all.prepare_here(); !ready) {
    complain(ready.error().detail);
    return cli::work_failed;
  }
  // Nobody is ready before this is done: what keeps them from it is seen below.
  (void)all.reload();
  (void)all.up(until_up);
  const auto planned = plan_now(api, conf);
  if (!planned) return planned.error();
  const auto found = find_out(api, planned->plan, conf);
  if (!found) {
    complain(
        "not all nodes of the file can be reached and go by it: take out those that are lost, as "
        "`dip cluster status` shows them, and try again");
    return cli::work_failed;
  }
  if (found->steps.empty()) {
    std::printf("nothing to recover: every partition has a leader; `dip cluster apply` does the rest\n");
    return cli::done;
  }
  std::fputs(to_text(*found).c_str(), stdout);
  std::fflush(stdout);
  if (options.dry_run) return cli::done;
  if (!options.yes && !agreed()) return cli::work_failed;
  if (!carry_out(conf, *found)) return cli::work_failed;
  if (const auto left = watch_change(api, planned->plan, conf, options.within); !left.empty()) {
    complain("not done in time: " + left + "; it goes on by itself, and `dip cluster apply` watches it");
    return cli::work_failed;
  }
  std::printf(
      "the cluster goes on. Never start a lost node with its old data again: empty its directory first\n");
  return cli::done;
}

}  // namespace dip
