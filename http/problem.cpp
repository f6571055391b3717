#include "http/problem.hpp"

#include <string>

#include <nlohmann/json.hpp>

namespace dip::http {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Internal Server Error";
  }
}

// Seconds; a leader is elected within one or two, a drained node is back after a restart.
std::string_view retry_after(errc code) {
  switch (code) {
    case errc::rate_limited: return "1";
    case errc::no_quorum:
    case errc::overloaded: return "2";
    case errc::draining: return "5";
    default: return {};
  }
}

}  // namespace

int status_of(errc code) noexcept {
  switch (code) {
    case errc::bad_request: return 400;
    case errc::unauthorized: return 401;
    case errc::forbidden: return 403;
    case errc::not_found: return 404;
    case errc::method_not_allowed: return 405;
    case errc::timeout: return 408;
    case errc::headers_too_large: return 431;
    case errc::http_version: return 505;
    case errc::conflict: return 409;
    case errc::length_required: return 411;
    case errc::too_large: return 413;
    case errc::unsupported_media: return 415;
    case errc::precondition_failed: return 412;
    case errc::bad_range: return 416;
    case errc::invalid_image:
    case errc::too_many_pixels:
    case errc::invalid_operation:
    case errc::idempotency_mismatch: return 422;
    case errc::rate_limited: return 429;
    case errc::overloaded:
    case errc::no_quorum:
    case errc::draining: return 503;
    case errc::disk_full: return 507;
    case errc::internal:
    case errc::worker_crashed:
    case errc::stale_lease:
    case errc::stage_lost:
    case errc::corrupt:
    case errc::io:
    case errc::not_leader: return 500;
  }
  return 500;
}

http_response make_problem(const error& e, std::string_view request_id) {
  http_response out;
  out.status = status_of(e.code);
  const bool ours = out.status == 500;
  const auto code = to_string(ours ? errc::internal : e.code);
  nlohmann::ordered_json body{
      {"type", "urn:dip:error:" + std::string{code}},
      {"title", title_of(out.status)},
      {"status", out.status},
      {"detail", ours ? "something went wrong here; the log has the request id" : e.detail},
      {"code", code}};
  if (!e.pointer.empty()) body["pointer"] = e.pointer;
  body["request_id"] = request_id;
  out.content_type = "application/problem+json";
  out.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (const auto seconds = retry_after(e.code); !seconds.empty())
    out.headers.emplace_back("Retry-After", seconds);
  if (e.code == errc::unauthorized) out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"dip\"");
  if (ours) out.fault = std::string{to_string(e.code)} + ": " + e.detail;
  return out;
}

void set_retry_after(http_response& r, std::int64_t seconds) {
  for (auto& [name, value] : r.headers)
    if (name == "Retry-After") value = std::to_string(seconds);
}

}  // namespace dip::http
