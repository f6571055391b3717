// A request's way, put together of what its record, its messages and the nodes' workers remember. Pure.
#pragma once

#include <vector>

#include "core/introspection.hpp"
#include "core/queue_message.hpp"
#include "core/request.hpp"
#include "http/operator_port.hpp"

namespace dip {

// In time order, each step once: what a worker's node remembers of it goes before what the others say.
[[nodiscard]] std::vector<http::trace_hop> hops_of(const request_record& r,
                                                   const std::vector<queue_message>& messages,
                                                   std::vector<done_work> works);

}  // namespace dip
