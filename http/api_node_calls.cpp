#include <string>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

api_call plain_call(std::string path, std::string id, std::string summary, std::string text,
                    api_answer answer) {
  return {.method = "GET",
          .pattern = path,
          .path = path,
          .id = std::move(id),
          .tag = "node",
          .summary = std::move(summary),
          .text = std::move(text),
          .answers = {std::move(answer)},
          .counted = false};
}

api_call readiness() {
  auto call =
      plain_call("/readyz", "getReadiness", "Whether the node takes work",
                 "What a load balancer asks. Not ready: it is stopping, or cannot reach a majority.",
                 {200, "it does", {"Cache-Control"}, json_content("NodeState", {{"status", "ready"}})});
  call.errors = {errc::no_quorum, errc::draining};
  return call;
}

api_call metrics() {
  const api_json content{{"text/plain", {{"schema", {{"type", "string"}}}, {"example", "dip_up 1\n"}}}};
  return plain_call("/metrics", "getMetrics", "Figures for Prometheus", "Text format 0.0.4.",
                    {200, "now", {}, content});
}

api_call description() {
  const api_json content{
      {"application/json", {{"schema", {{"type", "object"}, {"description", "an OpenAPI 3.1 document"}}}}}};
  auto call =
      plain_call("/openapi.json", "getOpenapi", "This description",
                 "With the bounds that this node is configured with, and the formats that it can write.",
                 {200, "OpenAPI 3.1", {"ETag", "Cache-Control"}, content});
  call.parameters = {"If-None-Match"};
  call.answers.push_back({304, "as it was", {"ETag", "Cache-Control"}});
  return call;
}

}  // namespace

std::vector<api_call> node_calls(const api_facts& /*facts*/) {
  std::vector<api_call> out{
      plain_call("/healthz", "getHealth", "Whether the node lives", "",
                 {200, "it does", {"Cache-Control"}, json_content("NodeState", {{"status", "ok"}})}),
      readiness(), metrics()};
  for (auto& call : cluster_calls()) out.push_back(std::move(call));
  out.push_back(description());
  return out;
}

}  // namespace dip::http
