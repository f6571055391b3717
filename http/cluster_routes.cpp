#include "http/cluster_json.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/routes.hpp"

namespace dip::http {

void add_cluster_routes(router& to, const route_context& context) {
  auto& node = context.node.node;
  to.add({.method = "GET",
          .pattern = "/cluster",
          .answer =
              [&node](const http_request& r) {
                if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
                return json_answer(r, cluster_json(node.cluster()));
              },
          .needs = {scope::admin}});
}

}  // namespace dip::http
