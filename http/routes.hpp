// All calls of the API, over what a node offers. api_calls describes each, and so docs/api.md.
#pragma once

#include "core/clock.hpp"
#include "core/config.hpp"
#include "http/ports.hpp"
#include "http/router.hpp"

namespace dip::http {

// What the routes stand on; must outlive the server that serves them.
struct route_context {
  ports node;
  const config& conf;
  const clock& time;
  doors* at = nullptr;  // nullptr: all is open
};

[[nodiscard]] router make_routes(const route_context& context);

void add_file_routes(router& to, const route_context& context);
void add_request_routes(router& to, const route_context& context);
void add_notification_routes(router& to, const route_context& context);
void add_node_routes(router& to, const route_context& context);
void add_queue_routes(router& to, const route_context& context);
void add_actor_routes(router& to, const route_context& context);
void add_cluster_routes(router& to, const route_context& context);
void add_openapi_route(router& to, const route_context& context);

}  // namespace dip::http
