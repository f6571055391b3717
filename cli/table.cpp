#include "cli/table.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace dip::cli {
namespace {

constexpr size_t gap = 2;
constexpr size_t narrowest = 8;

std::vector<size_t> natural_widths(const std::vector<column>& columns,
                                   const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t widest = display_width(columns[i].title);
    for (const auto& row : rows) widest = std::max(widest, display_width(row[i]));
    widths.push_back(widest);
  }
  return widths;
}

// Takes what is too much from the widest flexible column, again and again.
void fit(std::vector<size_t>& widths, const std::vector<column>& columns, size_t width) {
  size_t total = gap * (columns.size() - 1);
  for (const size_t w : widths) total += w;
  while (width != 0 && total > width) {
    size_t* widest = nullptr;
    for (size_t i = 0; i < columns.size(); ++i)
      if (columns[i].flexible && widths[i] > narrowest && (!widest || widths[i] > *widest))
        widest = &widths[i];
    if (!widest) return;
    --*widest;
    --total;
  }
}

}  // namespace

std::string padded(std::string_view text, size_t columns, bool right) {
  const size_t own = display_width(text);
  const std::string blanks(own < columns ? columns - own : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string render_table(const std::vector<column>& columns,
                         const std::vector<std::vector<std::string>>& rows, size_t width, const style& with) {
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i)
      line.push_back(printable(i < row.size() ? row[i] : std::string()));
  }
  auto widths = natural_widths(columns, cells);
  fit(widths, columns, width);
  const auto line_of = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) line += std::string(gap, ' ');
      line += padded(shorten(cell_of(i), widths[i]), widths[i], columns[i].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::string out = with.dim(line_of([&](size_t i) { return columns[i].title; })) + "\n";
  for (const auto& row : cells) out += line_of([&](size_t i) { return row[i]; }) + "\n";
  return out;
}

}  // namespace dip::cli
