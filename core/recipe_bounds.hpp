// What a request may hold besides its operations: the bounds that the reader of requests keeps to and the
// API's description names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dip::recipe_bounds {

// Bytes of text.
inline constexpr size_t max_file = 2048;
inline constexpr size_t max_email = 254;  // RFC 5321, section 4.5.3.1.3, without the path's brackets
inline constexpr size_t max_webhook = 2048;
inline constexpr size_t max_language = 16;
inline constexpr size_t max_preset = 64;
inline constexpr size_t max_output_name = 64;

inline constexpr std::uint32_t max_side = 65535;  // pixels
inline constexpr std::uint32_t max_page = 99'999;
inline constexpr std::uint32_t max_quality = 100;
inline constexpr std::uint32_t max_effort = 6;
inline constexpr std::uint32_t most_bytes = 1U << 30;

inline constexpr std::string_view default_output = "result";
inline constexpr std::array<std::string_view, 3> policies{"strip", "keep", "copyright"};

}  // namespace dip::recipe_bounds
