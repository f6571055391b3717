// How the cluster's nodes change while this one runs.
#include <spdlog/spdlog.h>

#include "runtime/peering.hpp"

namespace dip {

result<bool> peering::change_nodes(const config& conf) {
  auto changed = roster_->change(conf);
  if (!changed || !*changed) return changed;
  spdlog::info("the nodes are now {}: partitions move", roster_->now()->id);
  meet_peers();
  follow_change();
  return true;
}

void peering::follow_change() {
  bool all = true;
  {
    const std::lock_guard lock{mutex_};
    if (own_.as == node_id{}) return;
    const auto view = roster_->now();
    const bool complete = roster_->complete();
    all = complete;
    for (const auto& n : view->wanted.nodes)
      if (n.name != options_.self.name) {
        const auto it = others_.find(n.name);
        all = all && it != others_.end() && it->second.complete && it->second.nodes == view->id;
      }
    if (own_.complete != complete || own_.nodes != view->id) {
      own_.complete = complete;
      own_.nodes = view->id;
      tell_standing();
    }
  }
  if (!all || roster_->under_way() == 0) return;
  if (const auto done = roster_->settle(); !done) return spdlog::error(done.error().detail);
  spdlog::info("all is where it should be, on {}", roster_->now()->id);
  meet_peers();
}

void peering::group(partition_id p, bool settled) {
  roster_->group(p, settled);
  const auto why = options_.unfit();
  if (const bool unfit = !why.empty(); unfit != unfit_.exchange(unfit)) {
    spdlog::warn(unfit ? why + ": others lead" : "the disk is well again: this node may lead");
    const std::lock_guard lock{mutex_};
    own_.unfit = unfit;
    tell_standing();
  }
  if (roster_->under_way() != 0) follow_change();
}

std::optional<node_changes::walk> peering::begin_walk() const {
  const auto change = roster_->under_way();
  if (change == 0) return std::nullopt;
  return walk{change, roster_->groups_settled()};
}

void peering::end_walk(const walk& w, std::size_t missing) {
  roster_->missing(w.change, w.groups_settled, missing);
  follow_change();
}

result<void> peering::give_up_lost() {
  for (const auto& n : roster_->now()->wanted.nodes)
    if (n.name != options_.self.name && !links_.up(n.name))
      return fail(errc::conflict, n.name + " is in cluster.conf and cannot be reached");
  if (auto forgotten = roster_->forget_earlier(); !forgotten) return forgotten;
  spdlog::warn("the nodes are {} and no others: those that are lost are given up", roster_->now()->id);
  meet_peers();
  follow_change();
  return {};
}

}  // namespace dip
