#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "http/conditional.hpp"
#include "http/openapi.hpp"
#include "http/routes.hpp"

namespace dip::http {
namespace {

struct document {
  std::string text;
  validators current;
};

document make_document(const route_context& c) {
  auto& node = c.node.node;
  document out{make_openapi({c.conf, node.public_url(), node.formats()}), {}};
  char tag[17];
  std::snprintf(tag, sizeof tag, "%016zx", std::hash<std::string>{}(out.text));
  // It has no date of its own: If-Modified-Since never holds.
  out.current = {'"' + std::string{tag} + '"', wall_time::max()};
  return out;
}

}  // namespace

// What it depends on does not change while a node runs.
void add_openapi_route(router& to, const route_context& context) {
  const auto made = std::make_shared<const document>(make_document(context));
  to.add({.method = "GET",
          .pattern = "/openapi.json",
          .answer =
              [made](const http_request& r) {
                http_response out{.headers = {{"ETag", made->current.etag}, {"Cache-Control", "no-cache"}}};
                if (not_modified(r, made->current)) {
                  out.status = 304;
                  return out;
                }
                out.content_type = "application/json";
                out.body = made->text;
                return out;
              },
          .counted = false});
}

}  // namespace dip::http
