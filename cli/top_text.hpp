// Lines of the terminal console, before anybody knows of a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dip::cli {

// What a piece of text is; the terminal says how that looks. Nothing is told by colour alone.
enum class look : unsigned char { plain, dim, strong, good, bad, busy, title, chosen };

struct span {
  std::string text;  // printable, UTF-8
  look as = look::plain;
};
using text_line = std::vector<span>;

[[nodiscard]] size_t width_of(const text_line& line);
// The beginning that fits into `columns`.
[[nodiscard]] std::string cut(std::string_view text, size_t columns);
[[nodiscard]] text_line cut(const text_line& line, size_t columns);
// `left` and `right` at both ends of `columns`; what is left over goes from `left`'s end.
[[nodiscard]] text_line spread(text_line left, const text_line& right, size_t columns);
// At blanks, where there are any; at least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, size_t columns);
// What a terminal without UTF-8 can show: our own signs as their like, all else as "?".
[[nodiscard]] std::string to_ascii(std::string_view text);
// The last `columns` values as heights, the greatest of them the highest.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, size_t columns);
[[nodiscard]] std::string plain_text(const text_line& line);

}  // namespace dip::cli
