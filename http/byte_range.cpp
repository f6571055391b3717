#include "http/byte_range.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "http/message.hpp"

namespace dip::http {
namespace {

// A number too large for 64 bits lies beyond every file.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  return done.ec == std::errc{} ? value : UINT64_MAX;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

result<std::optional<byte_range>> parse_range(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(header.substr(0, equals), "bytes"))
    return std::nullopt;
  const auto spec = trim(header.substr(equals + 1));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;

  const auto outside = [] { return fail(errc::bad_range, "the range lies outside of the file"); };
  const auto last = number(spec.substr(dash + 1));
  if (dash == 0) {  // the last n bytes
    if (!last) return std::nullopt;
    if (*last == 0 || size == 0) return outside();
    const auto length = std::min(*last, size);
    return byte_range{size - length, length};
  }
  const auto first = number(spec.substr(0, dash));
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return outside();
  return byte_range{*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1};
}

void give_range(http_response& out, const byte_range& range, std::uint64_t size) {
  out.status = 206;
  out.source_offset = range.first;
  out.source_length = range.length;
  out.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + '-' +
                                                std::to_string(range.first + range.length - 1) + '/' +
                                                std::to_string(size));
}

}  // namespace dip::http
