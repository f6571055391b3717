#include "runtime/node_report.hpp"

#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/links.hpp"
#include "core/codec.hpp"

namespace dip {
namespace {

constexpr milliseconds patience{1'000}, patience_with_hashes{60'000};

using reports_by_node = std::map<std::string, node_report>;

http::cluster_picture::node node_of(const node_config& n, const node_report* said) {
  http::cluster_picture::node out{.name = n.name, .address = n.origin(), .up = said != nullptr};
  if (!said) return out;
  out.draining = said->draining;
  out.version = said->version;
  out.since = said->since;
  out.disk_free = said->disk_free;
  out.load = said->load;
  out.formats = said->formats;
  out.actors = said->actors;
  out.restarts = said->restarts;
  out.memory = said->memory;
  for (const auto& s : said->sees) out.sees.push_back({s.node, s.up, s.since, s.last_heard_ms});
  out.placement = {said->placement, said->settled, said->partitions_left, said->files_left};
  for (const auto& p : said->programs) {
    auto& told = out.codecs.emplace_back(http::cluster_picture::codec_program{p.name, p.libvips, {}});
    for (const auto& l : p.libraries) told.libraries.push_back({l.name, l.version});
  }
  return out;
}

const node_report::partition* said_of(const reports_by_node& reports, const std::string& node,
                                      std::uint16_t p) {
  const auto it = reports.find(node);
  if (it == reports.end() || p >= it->second.partitions.size()) return nullptr;
  return &it->second.partitions[p];
}

using role = http::cluster_picture::replica::part;

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

role role_in(const node_report::partition& leader, const std::string& node) {
  if (contains(leader.voters, node)) return role::voter;
  return contains(leader.learners, node) ? role::learner : role::none;
}

// Who is to keep it, and who does still: as the leader has it; without one, whoever has something.
std::vector<std::string> everybody_with_a_copy(std::uint16_t p, std::vector<std::string> out,
                                               const node_report::partition* leader,
                                               const reports_by_node& reports) {
  const auto add = [&](const std::string& node) {
    if (!contains(out, node)) out.push_back(node);
  };
  if (leader) {
    std::ranges::for_each(leader->voters, add);
    std::ranges::for_each(leader->learners, add);
    return out;
  }
  for (const auto& [node, report] : reports)
    if (const auto* said = said_of(reports, node, p); said && said->log_index > 0) add(node);
  return out;
}

// Of several who believe that they lead, the one of the newest term does.
http::cluster_picture::partition partition_of(std::uint16_t number, const std::vector<std::string>& replicas,
                                              const reports_by_node& reports) {
  http::cluster_picture::partition out{.number = number};
  std::uint64_t led_in = 0, furthest = 0;
  for (const auto& [node, report] : reports) {
    const auto* said = said_of(reports, node, number);
    if (!said) continue;
    out.term = std::max(out.term, said->term);
    furthest = std::max(furthest, said->applied);
    if (!said->leads || said->term < led_in) continue;
    led_in = said->term;
    out.leader = node;
  }
  const auto* leads = out.leader.empty() ? nullptr : said_of(reports, out.leader, number);
  const auto front = leads ? leads->applied : furthest;
  for (const auto& node : everybody_with_a_copy(number, replicas, leads, reports)) {
    http::cluster_picture::replica r{.node = node};
    if (leads) r.role = role_in(*leads, node);
    if (const auto* said = said_of(reports, node, number)) {
      r.up = true;
      r.applied = said->applied;
      r.lag = front > said->applied ? front - said->applied : 0;
      r.hash = said->hash;
      r.log_term = said->log_term;
      r.log_index = said->log_index;
    }
    out.replicas.push_back(std::move(r));
  }
  return out;
}

}  // namespace

reports_by_node ask_peers(caf::actor_system& system, const environment& env, bool with_hashes) {
  reports_by_node out;
  if (!env.linked) return out;
  const auto within = with_hashes ? patience_with_hashes : patience;
  const std::string what{with_hashes ? hashes_too : std::string_view{}};
  caf::scoped_actor self{system};
  std::vector<std::pair<std::string, caf::response_handle<caf::blocking_actor, caf::message, true>>> asked;
  for (const auto& n : nodes_of(env)) {
    const auto link = env.linked->find(n.name);
    if (!link) continue;
    asked.emplace_back(n.name, self->request(caf::actor_cast<caf::actor>(*link), 2 * within,
                                             link_request{envelope_kind::introspect, {}, what, within}));
  }
  for (auto& [name, answer] : asked)
    answer.receive(
        [&, node = name](const link_reply& r) {
          if (!r.ok) return;
          if (auto report = decode<node_report>(r.bytes)) out[node] = std::move(*report);
        },
        [](const caf::error&) {});  // shown as not up
  return out;
}

http::cluster_picture picture_of(const environment& env, const reports_by_node& reports) {
  http::cluster_picture out;
  std::vector<std::string> alone{env.node};
  for (const auto& n : nodes_of(env)) {
    const auto it = reports.find(n.name);
    out.nodes.push_back(node_of(n, it == reports.end() ? nullptr : &it->second));
  }
  for (std::uint16_t p = 0; p < env.store->partitions(); ++p)
    out.partitions.push_back(partition_of(p, env.place_of ? env.place_of({p}).replicas : alone, reports));
  for (auto& n : out.nodes)
    for (const auto& p : out.partitions) n.leaders += p.leader == n.name ? 1 : 0;
  out.destructive = env.cfg->console.destructive;
  return out;
}

}  // namespace dip
