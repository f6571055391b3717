#include "cli/top_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <utility>

#include "core/text.hpp"

namespace dip::cli {
namespace {

// The bytes of the code point that `text` begins with; it is valid UTF-8.
size_t length_of_first(std::string_view text) {
  size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) ++n;
  return n;
}

constexpr std::array<const char*, 8> heights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

struct likeness {
  std::string_view sign, typed;
};
constexpr std::array<likeness, 27> like{
    {{"▁", "_"}, {"▂", "_"}, {"▃", "-"}, {"▄", "-"}, {"▅", "="},  {"▆", "="}, {"▇", "#"},
     {"█", "#"}, {"░", "."}, {"▏", "|"}, {"─", "-"}, {"│", "|"},  {"├", "|"}, {"└", "`"},
     {"→", ">"}, {"▶", ">"}, {"◀", "<"}, {"·", "-"}, {"…", "~"},  {"●", "*"}, {"○", "o"},
     {"×", "x"}, {"↑", "^"}, {"↓", "v"}, {"✓", "x"}, {"“", "\""}, {"”", "\""}}};

}  // namespace

size_t width_of(const text_line& line) {
  size_t width = 0;
  for (const auto& s : line) width += display_width(s.text);
  return width;
}

std::string cut(std::string_view text, size_t columns) {
  std::string out;
  while (!text.empty()) {
    const auto first = text.substr(0, length_of_first(text));
    const size_t width = display_width(first);
    if (width > columns) break;
    columns -= width;
    out += first;
    text.remove_prefix(first.size());
  }
  return out;
}

text_line cut(const text_line& line, size_t columns) {
  text_line out;
  for (const auto& s : line) {
    out.push_back({cut(s.text, columns), s.as});
    columns -= display_width(out.back().text);
    if (out.back().text.size() < s.text.size()) break;
  }
  return out;
}

text_line spread(text_line left, const text_line& right, size_t columns) {
  auto end = cut(right, columns);
  const size_t room = columns - width_of(end);
  left = cut(left, room > 0 && !right.empty() ? room - 1 : room);
  left.push_back({std::string(room - width_of(left), ' '), look::plain});
  std::move(end.begin(), end.end(), std::back_inserter(left));
  return left;
}

std::vector<std::string> wrap(std::string_view text, size_t columns) {
  std::vector<std::string> out{""};
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (!out.back().empty() && display_width(out.back()) + 1 + display_width(word) > columns)
      out.emplace_back();
    if (!out.back().empty()) out.back() += ' ';
    while (columns > 0 && display_width(word) > columns) {
      const auto piece = cut(word, columns);
      if (piece.empty()) break;
      out.back() += piece;
      word.erase(0, piece.size());
      out.emplace_back();
    }
    out.back() += word;
  }
  return out;
}

std::string to_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto first = text.substr(0, length_of_first(text));
    text.remove_prefix(first.size());
    if (first.size() == 1) {
      out += first;
      continue;
    }
    const auto* found =
        std::find_if(like.begin(), like.end(), [&](const likeness& l) { return l.sign == first; });
    if (found != like.end())
      out += found->typed;
    else
      out += std::string(display_width(first), '?');
  }
  return out;
}

std::string sparkline(const std::vector<double>& values, size_t columns) {
  const size_t count = std::min(values.size(), columns);
  const double* const first = values.data() + (values.size() - count);
  double highest = 0;
  for (size_t i = 0; i < count; ++i) highest = std::max(highest, first[i]);
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const double share = highest > 0 ? first[i] / highest : 0;
    out += heights[static_cast<size_t>(std::clamp(std::ceil(share * 8) - 1, 0.0, 7.0))];
  }
  return out;
}

std::string plain_text(const text_line& line) {
  std::string out;
  for (const auto& s : line) out += s.text;
  return out;
}

}  // namespace dip::cli
