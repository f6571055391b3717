// Names of files, as uploaders give them and as browsers are told them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dip::http {

inline constexpr size_t max_file_name = 255;  // bytes

// What is safe to store and show of a name from outside: the part after the last slash or backslash, valid
// UTF-8 (other bytes become U+FFFD), without control and text-direction characters, 255 bytes at most. May be
// empty.
[[nodiscard]] std::string sanitised_file_name(std::string_view raw);

// A parameter of a header like `form-data; name="file"; filename="a \"b\".png"`; the value of `filename*`
// (RFC 8187, UTF-8) comes decoded when `name` is asked for and it is there.
[[nodiscard]] std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

// "inline; filename=\"b.png\"; filename*=UTF-8''%C3%BC.png" (RFC 6266, RFC 8187).
[[nodiscard]] std::string content_disposition(std::string_view kind, std::string_view file_name);

}  // namespace dip::http
