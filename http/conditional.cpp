#include "http/conditional.hpp"

#include <ctime>

namespace dip::http {
namespace {

wall_time whole_seconds(wall_time t) { return std::chrono::floor<std::chrono::seconds>(t); }

// A list of entity tags, compared weakly (section 8.8.3.2): W/ does not count.
bool lists(std::string_view tags, std::string_view etag) {
  for (;;) {
    const auto start = tags.find('"');
    if (start == std::string_view::npos) return false;
    const auto end = tags.find('"', start + 1);
    if (end == std::string_view::npos) return false;
    if (tags.substr(start, end - start + 1) == etag) return true;
    tags.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<wall_time> parse_http_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end && *end == '\0') return wall_time{std::chrono::seconds{::timegm(&parts)}};
  }
  return std::nullopt;
}

bool not_modified(const http_request& r, const validators& v) {
  if (const auto tags = r.header("If-None-Match")) return *tags == "*" || lists(*tags, v.etag);
  if (const auto since = r.header("If-Modified-Since"))
    if (const auto at = parse_http_date(*since)) return whole_seconds(v.modified) <= *at;
  return false;
}

bool range_applies(const http_request& r, const validators& v) {
  const auto condition = r.header("If-Range");
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == v.etag;
  const auto at = parse_http_date(*condition);
  return at && *at == whole_seconds(v.modified);
}

}  // namespace dip::http
