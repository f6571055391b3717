#include "core/request.hpp"

#include <array>
#include <utility>

namespace dip {
namespace {

constexpr std::array<std::string_view, 7> statuses{"accepted",  "preprocessing", "preprocessed", "processing",
                                                   "processed", "failed",        "cancelled"};
constexpr std::array<std::string_view, 4> notification_states{"none", "pending", "sent", "failed"};

}  // namespace

std::string_view to_string(request_status s) { return statuses.at(static_cast<size_t>(s)); }

result<request_status> parse_request_status(std::string_view word) {
  for (size_t i = 0; i < statuses.size(); ++i)
    if (statuses[i] == word) return static_cast<request_status>(i);
  return fail(errc::bad_request, "no such status");
}

std::string_view to_string(notification_state s) { return notification_states.at(static_cast<size_t>(s)); }

bool advance(request_record& r, timeline_event event) {
  // The order of the enum is the high-water mark; the three final ones exclude each other.
  if (is_final(r.status) || event.status <= r.status) return false;
  r.status = event.status;
  r.updated_at = event.at;
  r.timeline.push_back(std::move(event));
  return true;
}

}  // namespace dip
