// Words for people: names that cannot do harm on a screen or in a message, and sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dip {

// The same text as valid UTF-8 on one line: line breaks and tabs become spaces; other control characters,
// those that turn the direction of writing, and bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

// How many columns a terminal needs for `text`, which is printable: 2 for East Asian wide characters and
// emoji, 0 for combining ones.
[[nodiscard]] size_t display_width(std::string_view text);

// At most `columns` wide: the middle gives way to "…", so that both ends, and a file's extension, stay.
[[nodiscard]] std::string shorten(std::string_view text, size_t columns);

// "0 B", "999 B", "1.5 kB", "182 kB", "4.2 MB": powers of 1,000, as file managers show them.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

}  // namespace dip
