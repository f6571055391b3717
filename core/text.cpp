#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <vector>

namespace dip {
namespace {

struct range {
  char32_t first, last;
};

constexpr char32_t bad = 0xfffd;

// The next code point, which is taken off `text`; `bad` for a byte that no well-formed sequence starts with
// (Unicode 15, table 3-7: shortest forms only, no surrogates).
char32_t next(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  size_t more = 0;
  char32_t point = lead;
  if (lead >= 0xc2 && lead <= 0xdf) {
    more = 1;
    point = lead & 0x1fU;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    more = 2;
    point = lead & 0x0fU;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    more = 3;
    point = lead & 0x07U;
  } else if (lead >= 0x80) {
    text.remove_prefix(1);
    return bad;
  }
  for (size_t i = 1; i <= more; ++i) {
    if (i >= text.size() || (byte(i) & 0xc0) != 0x80) {
      text.remove_prefix(1);
      return bad;
    }
    point = (point << 6) | (byte(i) & 0x3fU);
  }
  const bool shortest = more < 2 || point >= (more == 2 ? 0x800U : 0x10000U);
  const bool possible = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  text.remove_prefix(shortest && possible ? more + 1 : 1);
  return shortest && possible ? point : bad;
}

void append(std::string& out, char32_t point) {
  const auto put = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

template <size_t N>
bool in(const std::array<range, N>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const range& r) { return point >= r.first && point <= r.last; });
}

constexpr std::array<range, 8> harmful{{{0x00, 0x1f},
                                        {0x7f, 0x9f},
                                        {0x061c, 0x061c},
                                        {0x200e, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2066, 0x2069},
                                        {0xfff9, 0xfffb},
                                        {0xfeff, 0xfeff}}};
constexpr std::array<range, 8> widthless{{{0x0300, 0x036f},
                                          {0x0591, 0x05bd},
                                          {0x0610, 0x061a},
                                          {0x064b, 0x065f},
                                          {0x1ab0, 0x1aff},
                                          {0x200b, 0x200d},
                                          {0x20d0, 0x20ff},
                                          {0xfe00, 0xfe0f}}};
constexpr std::array<range, 10> wide{{{0x1100, 0x115f},
                                      {0x2e80, 0x303e},
                                      {0x3041, 0xa4cf},
                                      {0xac00, 0xd7a3},
                                      {0xf900, 0xfaff},
                                      {0xfe30, 0xfe6f},
                                      {0xff00, 0xff60},
                                      {0xffe0, 0xffe6},
                                      {0x1f300, 0x1faff},
                                      {0x20000, 0x3fffd}}};

size_t width_of(char32_t point) {
  if (in(widthless, point)) return 0;
  return in(wide, point) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t point = next(text);
    if (point == '\n' || point == '\r' || point == '\t' || point == 0x2028 || point == 0x2029)
      out += ' ';
    else
      append(out, in(harmful, point) ? bad : point);
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) width += width_of(next(text));
  return width;
}

std::string shorten(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::vector<char32_t> points;
  while (!text.empty()) points.push_back(next(text));

  const size_t room = columns - 1;  // the rest is "…"
  const size_t tail_room = room / 2;
  size_t head = 0, tail = points.size(), used = 0;
  for (; tail > 0 && used + width_of(points[tail - 1]) <= tail_room; --tail)
    used += width_of(points[tail - 1]);
  for (; head < tail && used + width_of(points[head]) <= room; ++head) used += width_of(points[head]);

  std::string out;
  for (size_t i = 0; i < head; ++i) append(out, points[i]);
  out += "…";
  for (size_t i = tail; i < points.size(); ++i) append(out, points[i]);
  return out;
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  // 999.5 kB would be shown as 1000 kB.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), value < 9.95 ? "%.1f %s" : "%.0f %s", value, units.at(unit));
  return out.data();
}

}  // namespace dip
