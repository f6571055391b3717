#include "http/routes.hpp"

namespace dip::http {

router make_routes(const route_context& context) {
  router out;
  add_file_routes(out, context);
  add_request_routes(out, context);
  add_node_routes(out, context);
  return out;
}

}  // namespace dip::http
