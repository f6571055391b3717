#include <optional>
#include <string>
#include <string_view>

#include "core/strict_json.hpp"
#include "http/cluster_json.hpp"
#include "http/operator_port.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/routes.hpp"
#include "http/steering.hpp"

namespace dip::http {
namespace {

result<std::uint16_t> partition_number(const std::string& text) {
  if (const auto p = whole_number<std::uint16_t>(text)) return *p;
  return fail(errc::not_found, "there is no such partition");
}

// {"node": "n2"}
result<std::string> node_in(const http_request& r) {
  const auto body = whole_body(r);
  if (!body) return tl::make_unexpected(body.error());
  const auto json = parse_strict_json(*body);
  if (!json) return tl::make_unexpected(json.error());
  if (!json->is_object() || json->size() != 1 || !json->contains("node") || !json->at("node").is_string())
    return fail(errc::invalid_operation, "must be the name of a node, and nothing else is needed", "/node");
  return json->at("node").get<std::string>();
}

http_response lead(const http_request& r, operator_port& node, deed& told) {
  told = {"move leader", "partition " + r.args.front(), {}};
  const auto number = partition_number(r.args.front());
  if (!number) return make_problem(number.error(), r.id);
  const auto to = node_in(r);
  if (!to) return make_problem(to.error(), r.id);
  told.on += " to " + *to;
  return json_answer(r, node.lead(*number, *to).map([&] {
    return nlohmann::json{{"partition", *number}, {"leader", *to}}.dump();
  }),
                     202);
}

http_response drain(const http_request& r, operator_port& node, deed& told) {
  told = {"drain", "node " + r.args.front(), {}};
  return json_answer(r, node.drain(r.args.front()).map([&] {
    return nlohmann::json{{"node", r.args.front()}, {"draining", true}}.dump();
  }),
                     202);
}

http_response give_up_lost(const http_request& r, node_port& node, deed& told) {
  told = {"give up lost nodes", {}, {}};
  if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
  if (auto done = node.give_up_lost(); !done) return make_problem(done.error(), r.id);
  return {.status = 204};
}

http_response recover(const http_request& r, const route_context& c, deed& told) {
  told = {"recover partition", "partition " + r.args.front(), {}};
  if (auto known = only_params(r, {"term", "empty"}); !known) return make_problem(known.error(), r.id);
  const auto p = whole_number<std::uint16_t>(r.args.front());
  if (!p || *p >= c.conf.cluster.partitions)
    return make_problem({errc::not_found, "there is no such partition", ""}, r.id);
  const auto term = whole_number<std::uint64_t>(r.param("term").value_or(""));
  if (!term || *term == 0) return make_problem({errc::bad_request, "term is a number from 1 on", ""}, r.id);
  const auto empty = r.param("empty").value_or("false");
  if (empty != "true" && empty != "false")
    return make_problem({errc::bad_request, "empty is true or false", ""}, r.id);
  if (auto done = c.node.node.recover({*p}, {*term}, empty == "true"); !done)
    return make_problem(done.error(), r.id);
  return {.status = 204};
}

}  // namespace

// Recovery cannot be switched off: without it there may be nothing left to operate.
void add_cluster_routes(router& to, const route_context& context) {
  auto& node = context.node.node;
  to.add({.method = "GET",
          .pattern = "/cluster",
          .answer =
              [&node](const http_request& r) {
                if (auto known = only_params(r, {"hashes"}); !known) return make_problem(known.error(), r.id);
                const auto hashes = r.param("hashes").value_or("false");
                if (hashes != "true" && hashes != "false")
                  return make_problem({errc::bad_request, "hashes is true or false", ""}, r.id);
                return json_answer(r, cluster_json(node.cluster(hashes == "true")));
              },
          .needs = {scope::admin}});
  auto& steer = context.node.operations;
  to.add({.method = "POST",
          .pattern = "/cluster/partitions/{partition}/leader",
          .answer =
              steered(context, [&steer](const http_request& r, deed& told) { return lead(r, steer, told); }),
          .max_body = [](const http_request&) { return std::uint64_t{1'024}; },
          .needs = {scope::admin}});
  to.add({.method = "POST",
          .pattern = "/cluster/nodes/{node}/drain",
          .answer =
              steered(context, [&steer](const http_request& r, deed& told) { return drain(r, steer, told); }),
          .needs = {scope::admin}});
  to.add({.method = "POST",
          .pattern = "/cluster/recover",
          .answer = steered(
              context, [&node](const http_request& r, deed& told) { return give_up_lost(r, node, told); },
              false),
          .needs = {scope::admin}});
  to.add({.method = "POST",
          .pattern = "/cluster/partitions/{partition}/recover",
          .answer = steered(
              context, [context](const http_request& r, deed& told) { return recover(r, context, told); },
              false),
          .needs = {scope::admin}});
}

}  // namespace dip::http
