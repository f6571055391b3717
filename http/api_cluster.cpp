#include <string>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

api_json text(std::string_view what) { return {{"type", "string"}, {"description", what}}; }

api_json count(std::string_view what) { return {{"type", "integer"}, {"minimum", 0}, {"description", what}}; }

api_json list_of(api_json items, std::string_view what) {
  return {{"type", "array"}, {"items", std::move(items)}, {"description", what}};
}

api_json record(const api_json& properties, std::string_view what) {
  std::vector<std::string_view> all;
  for (const auto& [name, schema] : properties.items()) all.push_back(name);
  auto out = object_schema(properties, all);
  out["description"] = what;
  return out;
}

api_json example_node() {
  return {
      {"name", "n1"},
      {"address", "http://10.0.0.1:8080"},
      {"up", true},
      {"draining", false},
      {"version", "0.1.0"},
      {"since", "2026-03-04T05:06:07.089Z"},
      {"disk_free", 512'000'000'000},
      {"load", 0.42},
      {"formats", {{"read", words({"jpeg", "png"})}, {"write", words({"jpeg", "png"})}}},
      {"codecs", api_json::array({{{"program", "dip-codec"},
                                   {"libvips", "8.18.7"},
                                   {"libraries", {{"png", "1.6.58"}, {"webp", "1.6.0"}}}}})},
      {"placement", {{"of", "8x3:n1,n2,n3"}, {"settled", true}, {"partitions", 0}, {"files", 0}}},
      {"actors", 142},
      {"restarts", 0},
      {"memory", 98'304'000},
      {"leaders", 3},
      {"sees",
       api_json::array(
           {{{"node", "n2"}, {"up", true}, {"since", "2026-03-04T05:06:07.300Z"}, {"last_heard_ms", 12}}})}};
}

}  // namespace

void add_cluster_schemas(api_json& to) {
  to["NodeFormats"] = record({{"read", list_of(schema_ref("Format"), "as files")},
                              {"write", list_of(schema_ref("Format"), "as outputs")}},
                             "what the node's libvips can do");
  to["CodecProgram"] =
      record({{"program", text("dip-codec, or dip-codec-wide for what that one cannot")},
              {"libvips", text("its version")},
              {"libraries",
               {{"type", "object"},
                {"additionalProperties", {{"type", "string"}}},
                {"description",
                 "versions of what it reads and writes with, as far as they were known when it was built"}}}},
             "what touches pixels");
  to["NodePlacement"] = record(
      {{"of", text("the partitions, replicas and nodes that it goes by; empty when there is one node")},
       {"settled", {{"type", "boolean"}, {"description", "all nodes have what they should have by that"}}},
       {"partitions", count("whose members are not yet as they should be here")},
       {"files", count("that are not yet here, as of the last look")}},
      "how far it is with where everything should be");
  to["NodeSight"] =
      record({{"node", text("its name")},
              {"up", {{"type", "boolean"}, {"description", "whether there is a link to it"}}},
              {"since", schema_ref("Time")},
              {"last_heard_ms",
               {{"type", words({"integer", "null"})}, {"minimum", 0}, {"description", "ago; null: never"}}}},
             "how a node sees another");
  to["Node"] = object_schema(
      {{"name", text("of cluster.conf")},
       {"address", text("where it answers")},
       {"up", {{"type", "boolean"}, {"description", "whether it has answered; what follows only then"}}},
       {"draining",
        {{"type", "boolean"}, {"description", "it hands everything over, and takes nothing new"}}},
       {"version", text("of dip")},
       {"since", schema_ref("Time")},
       {"disk_free", count("bytes where its data is")},
       {"load", {{"type", "number"}, {"minimum", 0}, {"description", "of its machine, over a minute"}}},
       {"formats", schema_ref("NodeFormats")},
       {"codecs", list_of(schema_ref("CodecProgram"), "those that were started")},
       {"placement", schema_ref("NodePlacement")},
       {"actors", count("that live there")},
       {"restarts", count("of them, since it began")},
       {"memory", count("bytes, resident")},
       {"leaders", count("partitions that it leads")},
       {"sees", list_of(schema_ref("NodeSight"), "the other nodes, as it sees them")}},
      {"name", "address", "up"});
  to["Node"]["description"] = "a node of the cluster";
  const auto known = [](std::string_view what) {
    return api_json{{"type", words({"integer", "null"})}, {"minimum", 0}, {"description", what}};
  };
  to["LogPosition"] = record({{"term", count("in which it was proposed")}, {"index", count("its place")}},
                             "the last entry of a copy's log, applied or not");
  to["Replica"] =
      record({{"node", text("its name")},
              {"up", {{"type", "boolean"}, {"description", "whether it has answered"}}},
              {"role",
               {{"type", words({"string", "null"})},
                {"enum", api_json::array({"voter", "learner", "none", nullptr})},
                {"description", "as the leader has it; null: there is none"}}},
              {"applied", known("index of the last entry that it has applied; null: not known")},
              {"lag", known("entries behind the leader; null: not known")},
              {"log", {{"oneOf", api_json::array({schema_ref("LogPosition"), {{"type", "null"}}})}}},
              {"hash",
               {{"type", words({"string", "null"})},
                {"description",
                 "of its state as applied, with `hashes=true`: copies that have "
                 "applied the same have the same; null: not asked for"}}}},
             "a copy of a partition");
  to["Partition"] = record(
      {{"partition", count("its number")},
       {"leader",
        {{"type", words({"string", "null"})}, {"description", "a node's name; null: none is known"}}},
       {"term", count("of its leader; it grows with every election")},
       {"replicas", list_of(schema_ref("Replica"), "as cluster.conf has it, and who still has a copy")}},
      "a part of the cluster's state");
  to["Cluster"] =
      record({{"nodes", list_of(schema_ref("Node"), "")},
              {"partitions", list_of(schema_ref("Partition"), "")},
              {"console", record({{"destructive",
                                   {{"type", "boolean"},
                                    {"description", "whether operators' calls may change something here"}}}},
                                 "the node that was asked")}},
             "the cluster, as the answering node sees it");
}

namespace {

api_call cluster_call() {
  return {
      .method = "GET",
      .pattern = "/cluster",
      .path = "/cluster",
      .id = "getCluster",
      .tag = "node",
      .summary = "Nodes and partitions",
      .text = "With the formats that each node reads and writes, and by which versions of which libraries.",
      .parameters = {"hashes"},
      .answers = {{200,
                   "now",
                   {"Cache-Control"},
                   json_content(
                       "Cluster",
                       {{"nodes", api_json::array({example_node()})},
                        {"partitions",
                         api_json::array(
                             {{{"partition", 0},
                               {"leader", "n1"},
                               {"term", 3},
                               {"replicas", api_json::array({{{"node", "n1"},
                                                              {"up", true},
                                                              {"role", "voter"},
                                                              {"applied", 1234},
                                                              {"lag", 0},
                                                              {"log", {{"term", 3}, {"index", 1235}}},
                                                              {"hash", nullptr}}})}}})},
                        {"console", {{"destructive", true}}}})}},
      .scope = "admin"};
}

api_call give_up_call() {
  return {
      .method = "POST",
      .pattern = "/cluster/recover",
      .path = "/cluster/recover",
      .id = "giveUpLostNodes",
      .tag = "node",
      .summary = "Gives up the nodes that are lost",
      .text =
          "When a majority is lost for good, the first step, on each node that is left: those that are "
          "not in its cluster.conf any more are waited for no longer. `dip cluster recover` does all of it.",
      .answers = {{204, "they are given up"}},
      .errors = {errc::conflict},
      .scope = "admin"};
}

api_call recover_call() {
  return {.method = "POST",
          .pattern = "/cluster/partitions/{partition}/recover",
          .path = "/cluster/partitions/{partition}/recover",
          .id = "recoverPartition",
          .tag = "node",
          .summary = "Makes a partition's copy its truth",
          .text =
              "When a majority is lost for good, the second step, for each partition without a leader, asked "
              "of the node whose log goes furthest: it leads from now on, and what only the lost copies had "
              "is lost. `conflict` while a majority may be there.",
          .parameters = {"partition", "term", "empty"},
          .answers = {{204, "it leads"}},
          .errors = {errc::not_found, errc::conflict, errc::no_quorum},
          .scope = "admin"};
}

}  // namespace

std::vector<api_call> cluster_calls() { return {cluster_call(), give_up_call(), recover_call()}; }

}  // namespace dip::http
