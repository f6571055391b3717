#include "http/answer_head.hpp"

// None of httplib's macros is set anywhere, so that it is the same library in each translation unit.
#include <httplib.h>

namespace dip::http {
namespace {

void add_line(std::string& to, std::string_view name, std::string_view value) {
  to.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string answer_head(const http_response& r, std::string_view request_id, bool close, wall_time now) {
  std::string out;
  out.reserve(1024);
  out.append("HTTP/1.1 ").append(std::to_string(r.status)).append(" ");
  out.append(httplib::status_message(r.status)).append("\r\n");
  for (const auto& [name, value] : r.headers) add_line(out, name, value);
  if (!r.content_type.empty()) add_line(out, "Content-Type", r.content_type);
  if (r.status >= 200 && r.status != 204 && r.status != 304 && !r.events)
    add_line(out, "Content-Length", std::to_string(r.source_length > 0 ? r.source_length : r.body.size()));
  add_line(out, "Date", to_http_date(now));
  add_line(out, "X-Request-Id", request_id);
  if (close) add_line(out, "Connection", "close");
  return out.append("\r\n");
}

}  // namespace dip::http
