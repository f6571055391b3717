#include "http/cluster_json.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace dip::http {
namespace {

using json = nlohmann::ordered_json;

json formats(const format_set& there) {
  json read = json::array(), write = json::array();
  for (const auto& spec : format_table()) {
    if (there.can_read(spec.format)) read.push_back(spec.name);
    if (there.can_write(spec.format)) write.push_back(spec.name);
  }
  return {{"read", std::move(read)}, {"write", std::move(write)}};
}

json program(const cluster_picture::codec_program& p) {
  json libraries = json::object();
  for (const auto& l : p.libraries) libraries[l.name] = l.version;
  return {{"program", p.name}, {"libvips", p.libvips}, {"libraries", std::move(libraries)}};
}

json sight(const cluster_picture::node::sight& s) {
  return {{"node", s.node},
          {"up", s.up},
          {"since", to_rfc3339(s.since)},
          {"last_heard_ms", s.last_heard_ms ? json(*s.last_heard_ms) : json{}}};
}

json node(const cluster_picture::node& n) {
  json codecs = json::array();
  for (const auto& p : n.codecs) codecs.push_back(program(p));
  json sees = json::array();
  for (const auto& s : n.sees) sees.push_back(sight(s));
  json out{{"name", n.name}, {"address", n.address}, {"up", n.up}};
  if (!n.up) return out;  // all else is its own to say
  out.update({{"draining", n.draining},
              {"version", n.version},
              {"since", to_rfc3339(n.since)},
              {"disk_free", n.disk_free},
              {"load", n.load},
              {"formats", formats(n.formats)},
              {"codecs", std::move(codecs)},
              {"actors", n.actors},
              {"restarts", n.restarts},
              {"memory", n.memory},
              {"leaders", n.leaders},
              {"sees", std::move(sees)},
              {"placement",
               {{"of", n.placement.of},
                {"settled", n.placement.settled},
                {"partitions", n.placement.partitions},
                {"files", n.placement.files}}}});
  return out;
}

json role(cluster_picture::replica::part p) {
  using part = cluster_picture::replica::part;
  switch (p) {
    case part::voter: return "voter";
    case part::learner: return "learner";
    case part::none: return "none";
    case part::unknown: break;
  }
  return nullptr;
}

// As text: JSON's numbers are not as wide.
std::string hex_of(std::uint64_t n) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(n));
  return out;
}

json replica(const cluster_picture::replica& r) {
  json out{{"node", r.node}, {"up", r.up},      {"role", role(r.role)}, {"applied", nullptr},
           {"lag", nullptr}, {"hash", nullptr}, {"log", nullptr}};
  if (r.up) {
    out["applied"] = r.applied;
    out["lag"] = r.lag;
    out["log"] = {{"term", r.log_term}, {"index", r.log_index}};
  }
  if (r.hash != 0) out["hash"] = hex_of(r.hash);
  return out;
}

json partition(const cluster_picture::partition& p) {
  json replicas = json::array();
  for (const auto& r : p.replicas) replicas.push_back(replica(r));
  return {{"partition", p.number},
          {"leader", p.leader.empty() ? json{} : json(p.leader)},
          {"term", p.term},
          {"replicas", std::move(replicas)}};
}

}  // namespace

std::string cluster_json(const cluster_picture& c) {
  json out{{"nodes", json::array()}, {"partitions", json::array()}};
  for (const auto& n : c.nodes) out["nodes"].push_back(node(n));
  for (const auto& p : c.partitions) out["partitions"].push_back(partition(p));
  out["console"] = {{"destructive", c.destructive}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace dip::http
