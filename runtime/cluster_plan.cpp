#include "runtime/cluster_plan.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/placement.hpp"
#include "runtime/roster.hpp"

namespace dip {
namespace {

// Entries that a replica may be behind the leader of a cluster that works.
constexpr std::uint64_t small_lag = 1'000;

std::string some(size_t n, const std::string& one, const std::string& several = "") {
  return std::to_string(n) + " " + (n == 1 ? one : several.empty() ? one + "s" : several);
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

cluster_now::node node_of(const nlohmann::json& j) {
  cluster_now::node out;
  j.at("name").get_to(out.name);
  j.at("address").get_to(out.address);
  j.at("up").get_to(out.up);
  if (!out.up) return out;
  const auto& placement = j.at("placement");
  placement.at("of").get_to(out.of);
  placement.at("settled").get_to(out.settled);
  placement.at("partitions").get_to(out.partitions);
  placement.at("files").get_to(out.files);
  return out;
}

cluster_now::partition partition_of(const nlohmann::json& j) {
  cluster_now::partition out;
  if (j.at("leader").is_string()) j.at("leader").get_to(out.leader);
  j.at("term").get_to(out.term);
  for (const auto& r : j.at("replicas")) {
    auto& replica = out.replicas.emplace_back();
    r.at("node").get_to(replica.node);
    r.at("up").get_to(replica.up);
    if (!replica.up) continue;
    r.at("lag").get_to(replica.lag);
    r.at("log").at("term").get_to(replica.log_term);
    r.at("log").at("index").get_to(replica.log_index);
  }
  return out;
}

template <class List>
bool has(const List& nodes, const std::string& name) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.name == name; });
}

bool holds(const cluster_now::partition& p, const std::string& node) {
  return std::any_of(p.replicas.begin(), p.replicas.end(), [&](const auto& r) { return r.node == node; });
}

}  // namespace

result<cluster_now> parse_cluster(const nlohmann::json& said) {
  try {
    cluster_now out;
    for (const auto& n : said.at("nodes")) out.nodes.push_back(node_of(n));
    for (const auto& p : said.at("partitions")) out.partitions.push_back(partition_of(p));
    return out;
  } catch (const nlohmann::json::exception&) {
    return fail(errc::corrupt, "what the node says of the cluster cannot be read: it is another version");
  }
}

result<cluster_plan> plan_change(const cluster_now& now, const config& conf) {
  const auto up = std::find_if(now.nodes.begin(), now.nodes.end(), [](const auto& n) { return n.up; });
  if (now.nodes.size() > 1 && conf.nodes.size() == 1)
    return fail(errc::bad_request, "a cluster cannot shrink to one node while it runs");
  if (up != now.nodes.end() && up->of.empty() && conf.nodes.size() > 1)
    return fail(errc::bad_request, up->name + " was started alone: `dip cluster restart " + up->name +
                                       "`, and it meets the others");
  if (now.partitions.size() != conf.cluster.partitions)
    return fail(errc::bad_request, "the cluster has " + some(now.partitions.size(), "partition") +
                                       ", and that number is for ever");
  std::vector<std::string> names;
  for (const auto& n : conf.nodes) names.push_back(n.name);
  cluster_plan out;
  out.replicas = static_cast<std::uint16_t>(std::min<size_t>(conf.cluster.replicas, names.size()));
  out.partitions = now.partitions.size();
  out.of = node_list{conf.nodes, conf.cluster.replicas, conf.cluster.partitions}.id();
  for (const auto& n : names)
    if (!has(now.nodes, n)) out.added.push_back(n);
  for (const auto& n : now.nodes)
    if (!has(conf.nodes, n.name)) out.removed.push_back(n.name);
  if (out.removed.size() == now.nodes.size())
    return fail(errc::bad_request, "not one of the cluster's nodes is in the file: is it this cluster's?");
  for (const auto& place : place_partitions(conf.cluster.partitions, names, conf.cluster.replicas)) {
    const auto& is = now.partitions.at(place.partition.value);
    const auto fresh = std::count_if(place.replicas.begin(), place.replicas.end(),
                                     [&](const auto& node) { return !holds(is, node); });
    out.copies += static_cast<size_t>(fresh);
    if (fresh > 0 || is.replicas.size() != place.replicas.size()) ++out.moved;
    if (is.leader != place.leader) ++out.leaders;
  }
  return out;
}

std::string to_text(const cluster_plan& plan) {
  std::string out;
  if (!plan.added.empty()) out += "added:   " + listed(plan.added) + "\n";
  if (!plan.removed.empty())
    out += "removed: " + listed(plan.removed) + ", once the others have all that they keep\n";
  if (plan.moved == 0) return out + "no partition moves\n";
  out += std::to_string(plan.moved) + " of " + some(plan.partitions, "partition") + " get other replicas (" +
         std::to_string(plan.replicas) + " each): " + some(plan.copies, "copy", "copies") + " to make, " +
         some(plan.leaders, "leader") + " to move\n";
  return out;
}

std::string what_is_left(const cluster_now& now, const cluster_plan& plan, const config& conf) {
  std::string waits, left;
  for (const auto& n : conf.nodes) {
    const auto at =
        std::find_if(now.nodes.begin(), now.nodes.end(), [&](const auto& x) { return x.name == n.name; });
    if (at == now.nodes.end() || !at->up || at->of != plan.of) {
      waits += (waits.empty() ? "" : ", ") + n.name;
    } else if (at->partitions + at->files > 0) {
      left += (left.empty() ? "" : "; ") + n.name + " lacks " + some(at->partitions, "partition");
      if (at->files > 0) left += " and " + some(at->files, "file");
    } else if (!at->settled && left.empty()) {
      left = "the nodes make sure of it";
    }
  }
  if (!waits.empty()) return "waiting for " + waits;
  if (!left.empty()) return left;
  size_t leaderless = 0, behind = 0;
  for (const auto& p : now.partitions) {
    if (p.leader.empty() || !holds(p, p.leader)) ++leaderless;
    if (std::any_of(p.replicas.begin(), p.replicas.end(),
                    [](const auto& r) { return !r.up || r.lag > small_lag; }))
      ++behind;
  }
  if (leaderless > 0) return some(leaderless, "partition") + " without a leader";
  if (behind > 0) return some(behind, "partition") + " with a replica that is behind";
  return {};
}

recovery plan_recovery(const cluster_now& now, const config& conf) {
  std::vector<std::string> names;
  for (const auto& n : conf.nodes) names.push_back(n.name);
  recovery out;
  for (const auto& place : place_partitions(conf.cluster.partitions, names, conf.cluster.replicas)) {
    const auto& is = now.partitions.at(place.partition.value);
    if (!is.leader.empty()) continue;
    recovery::step s{place.partition.value, place.leader, is.term + 1, true, 0};
    std::uint64_t best_term = 0;
    for (const auto& r : is.replicas) {
      if (r.log_index == 0 || !has(conf.nodes, r.node)) continue;
      if (!s.empty && std::pair{r.log_term, r.log_index} <= std::pair{best_term, s.log_index}) continue;
      s.node = r.node;
      s.empty = false;
      s.log_index = r.log_index;
      best_term = r.log_term;
    }
    out.steps.push_back(std::move(s));
  }
  return out;
}

std::string to_text(const recovery& r) {
  std::string out =
      "These partitions have no majority among the nodes of the file. What is acknowledged and only the lost "
      "nodes had\nis lost for good: files, requests, results.\n";
  for (const auto& s : r.steps) {
    out += "partition " + std::to_string(s.partition) + ": ";
    out += s.empty
               ? "NO COPY IS LEFT, it begins empty on " + s.node + "\n"
               : "the copy of " + s.node + " is the truth, up to entry " + std::to_string(s.log_index) + "\n";
  }
  return out;
}

}  // namespace dip
