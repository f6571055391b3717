#include "http/routes.hpp"

#include "http/console_routes.hpp"
#include "http/doors.hpp"

namespace dip::http {

router make_routes(const route_context& context) {
  router out{context.at};
  add_file_routes(out, context);
  add_request_routes(out, context);
  add_notification_routes(out, context);
  add_queue_routes(out, context);
  add_actor_routes(out, context);
  add_cluster_routes(out, context);
  add_node_routes(out, context);
  add_openapi_route(out, context);
  add_console_routes(out, embedded_console());
  return out;
}

}  // namespace dip::http
