#include "http/conditional.hpp"

#include <cstdint>
#include <ctime>

namespace dip::http {
namespace {

wall_time whole_seconds(wall_time t) { return std::chrono::floor<std::chrono::seconds>(t); }

enum class comparison : std::uint8_t { weak, strong };

// Whether a list of entity tags has this one, which is strong (section 8.8.3.2): compared weakly, W/ does not
// count; compared strongly, a tag with it is never the same.
bool lists(std::string_view tags, std::string_view etag, comparison how) {
  for (size_t from = 0;;) {
    const auto start = tags.find('"', from);
    if (start == std::string_view::npos) return false;
    const auto end = tags.find('"', start + 1);
    if (end == std::string_view::npos) return false;
    const bool weak = start >= 2 && tags.substr(start - 2, 2) == "W/";
    if (tags.substr(start, end - start + 1) == etag && !(weak && how == comparison::strong)) return true;
    from = end + 1;
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

bool precondition_holds(const http_request& r, const validators& v) {
  if (const auto tags = r.header("If-Match")) return *tags == "*" || lists(*tags, v.etag, comparison::strong);
  if (const auto since = r.header("If-Unmodified-Since"))
    if (const auto at = parse_http_date(*since)) return whole_seconds(v.modified) <= *at;
  return true;
}

bool not_modified(const http_request& r, const validators& v) {
  if (const auto tags = r.header("If-None-Match"))
    return *tags == "*" || lists(*tags, v.etag, comparison::weak);
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
