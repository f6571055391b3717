// Answers that follow a request as it changes.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "http/message.hpp"
#include "http/routes.hpp"

namespace dip::http {

// The record once it is final, or as it is at `until`.
[[nodiscard]] http_response wait_for_request(const http_request& r, const route_context& c,
                                             const request_id& id, steady_time until);

// GET /requests/{id}/events: an event `status` for each entry of the timeline, its id the entry's index;
// those after Last-Event-ID only. Ends after the final one; 204, which tells an EventSource to come no more,
// where that was seen already.
[[nodiscard]] http_response request_events(const http_request& r, const route_context& c,
                                           const request_id& id);

}  // namespace dip::http
