// The operators' calls that change something: they can be switched off in cluster.conf, and each is kept in
// the audit, whatever came of it.
#pragma once

#include <functional>
#include <string>

#include "http/routes.hpp"

namespace dip::http {

// What the audit is told of one call.
struct deed {
  std::string what;    // "redrive rtp-request-queue"
  std::string on;      // "3 messages"; may be empty
  std::string reason;  // as given; may be empty
};

// `act` does it, and says in the deed what it did.
using act_function = std::function<http_response(const http_request&, deed&)>;

// `destructive`: [console] destructive = false refuses it.
[[nodiscard]] std::function<http_response(const http_request&)> steered(const route_context& c,
                                                                        act_function act,
                                                                        bool destructive = true);

}  // namespace dip::http
