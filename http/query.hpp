// What a call's query string says, checked.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

inline constexpr std::uint32_t default_page = 50;
inline constexpr std::uint32_t max_page = 1000;

// Digits and nothing else, that fit.
template <class Number>
[[nodiscard]] std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of a route that bounds it. Blocks while it comes.
[[nodiscard]] result<std::string> whole_body(const http_request& r);

// `bad_request` that names a parameter which is not in `known`, or stands twice.
[[nodiscard]] result<void> only_params(const http_request& r, std::initializer_list<std::string_view> known);

// ?limit, 1 to max_page; default_page without it.
[[nodiscard]] result<std::uint32_t> page_limit(const http_request& r);

// ?wait as "30s", "1500ms" or "30" (seconds), no longer than `most`; 0 without it.
[[nodiscard]] result<milliseconds> wait_param(const http_request& r, milliseconds most);

// 200 with JSON, or the problem.
[[nodiscard]] http_response json_answer(const http_request& r, const result<std::string>& json,
                                        int status = 200);

}  // namespace dip::http
