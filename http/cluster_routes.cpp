#include <charconv>
#include <optional>
#include <string_view>

#include "http/cluster_json.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/routes.hpp"

namespace dip::http {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number n{};
  const auto* end = text.data() + text.size();
  const auto [read, wrong] = std::from_chars(text.data(), end, n);
  if (wrong != std::errc{} || read != end) return std::nullopt;
  return n;
}

http_response recover(const http_request& r, const route_context& c) {
  if (auto known = only_params(r, {"term", "empty"}); !known) return make_problem(known.error(), r.id);
  const auto p = number<std::uint16_t>(r.args.front());
  if (!p || *p >= c.conf.cluster.partitions)
    return make_problem({errc::not_found, "there is no such partition", ""}, r.id);
  const auto term = number<std::uint64_t>(r.param("term").value_or(""));
  if (!term || *term == 0) return make_problem({errc::bad_request, "term is a number from 1 on", ""}, r.id);
  const auto empty = r.param("empty").value_or("false");
  if (empty != "true" && empty != "false")
    return make_problem({errc::bad_request, "empty is true or false", ""}, r.id);
  if (auto done = c.node.node.recover({*p}, {*term}, empty == "true"); !done)
    return make_problem(done.error(), r.id);
  return {.status = 204};
}

}  // namespace

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
  to.add({.method = "POST",
          .pattern = "/cluster/recover",
          .answer =
              [&node](const http_request& r) {
                if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
                if (auto done = node.give_up_lost(); !done) return make_problem(done.error(), r.id);
                return http_response{.status = 204};
              },
          .needs = {scope::admin}});
  to.add({.method = "POST",
          .pattern = "/cluster/partitions/{partition}/recover",
          .answer = [context](const http_request& r) { return recover(r, context); },
          .needs = {scope::admin}});
}

}  // namespace dip::http
