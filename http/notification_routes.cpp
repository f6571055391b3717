#include <string>

#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/record_json.hpp"
#include "http/routes.hpp"
#include "http/steering.hpp"

namespace dip::http {
namespace {

http_response resend(const http_request& r, const route_context& c) {
  const auto id = ulid::parse(r.args.front());
  if (!id) return make_problem({errc::not_found, "there is no such request", {}}, r.id);
  return json_answer(r, c.node.notifications.resend(request_id{*id}).map([&](const request_record& found) {
    return request_json(found, c.node.node.public_url());
  }),
                     202);
}

result<std::string> list(const http_request& r, const route_context& c) {
  if (auto known = only_params(r, {"limit", "cursor"}); !known) return tl::make_unexpected(known.error());
  const auto limit = page_limit(r);
  if (!limit) return tl::make_unexpected(limit.error());
  return c.node.notifications.suppressions(*limit, r.param("cursor").value_or("")).map(suppressions_json);
}

http_response clear(const http_request& r, const route_context& c) {
  const auto cleared = c.node.notifications.clear_suppression(r.args.front());
  if (!cleared) return make_problem(cleared.error(), r.id);
  return {.status = 204};
}

}  // namespace

void add_notification_routes(router& to, const route_context& context) {
  to.add({.method = "POST",
          .pattern = "/requests/{id}/resend",
          .answer = steered(
              context,
              [context](const http_request& r, deed& told) {
                told = {"resend", r.args.front(), {}};
                return resend(r, context);
              },
              false),
          .needs = {scope::admin}});
  to.add({.method = "GET",
          .pattern = "/suppressions",
          .answer = [context](const http_request& r) { return json_answer(r, list(r, context)); },
          .needs = {scope::admin}});
  to.add({.method = "DELETE",
          .pattern = "/suppressions/{address}",
          .answer = steered(context,
                            [context](const http_request& r, deed& told) {
                              told = {"clear suppression", r.args.front(), {}};
                              return clear(r, context);
                            }),
          .needs = {scope::admin}});
}

}  // namespace dip::http
