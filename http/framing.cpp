#include "http/framing.hpp"

#include <algorithm>
#include <charconv>

namespace dip::http {
namespace {

std::ptrdiff_t count(const http_request& r, std::string_view name) {
  return std::ranges::count_if(r.headers,
                               [&](const name_value& h) { return equal_ignoring_case(h.first, name); });
}

// Whether a comma-separated list holds `token`.
bool lists(std::string_view values, std::string_view token) {
  while (!values.empty()) {
    const auto end = std::min(values.find(','), values.size());
    auto item = values.substr(0, end);
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (equal_ignoring_case(item, token)) return true;
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  return false;
}

}  // namespace

result<body_framing> parse_framing(const http_request& r, std::string_view version) {
  const auto hosts = count(r, "Host");
  if (hosts > 1 || (hosts == 0 && version == "HTTP/1.1"))
    return fail(errc::bad_request, "the request needs exactly one Host");
  const auto lengths = count(r, "Content-Length"), codings = count(r, "Transfer-Encoding");
  if (lengths + codings > 1) return fail(errc::bad_request, "the body's length is given more than once");
  if (codings == 1) {
    if (!equal_ignoring_case(*r.header("Transfer-Encoding"), "chunked"))
      return fail(errc::bad_request, "the only Transfer-Encoding here is chunked");
    return body_framing{true, std::nullopt};
  }
  if (lengths == 0) return body_framing{};
  const auto text = *r.header("Content-Length");
  std::uint64_t length = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (ec != std::errc{} || end != text.data() + text.size())
    return fail(errc::bad_request, "Content-Length is not a number");
  return body_framing{true, length};
}

bool wants_close(const http_request& r, std::string_view version) {
  return version == "HTTP/1.0" || lists(r.header("Connection").value_or(""), "close");
}

}  // namespace dip::http
