#include <string>

#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/routes.hpp"

namespace dip::http {
namespace {

http_response alive(const http_request& r) { return json_answer(r, std::string{R"({"status":"ok"})"}); }

http_response readiness(const http_request& r, node_port& node) {
  std::string why_not;
  if (node.ready(why_not)) return json_answer(r, std::string{R"({"status":"ready"})"});
  return make_problem({node.draining() ? errc::draining : errc::no_quorum, why_not, {}}, r.id);
}

}  // namespace

void add_node_routes(router& to, const route_context& context) {
  auto& node = context.node.node;
  to.add({.method = "GET", .pattern = "/healthz", .answer = alive, .counted = false, .at_once = alive});
  to.add({.method = "GET",
          .pattern = "/readyz",
          .answer = [&node](const http_request& r) { return readiness(r, node); },
          .counted = false});
  to.add({.method = "GET",
          .pattern = "/metrics",
          .answer =
              [&node](const http_request&) {
                return http_response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                     .body = node.metrics()};
              },
          .counted = false});
}

}  // namespace dip::http
