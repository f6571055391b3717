#include "cli/table.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "core/text.hpp"

namespace dip::cli {
namespace {

constexpr size_t gap = 2;

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

// What the columns that are shown need at least.
size_t least_width(const std::vector<column>& columns, const std::vector<size_t>& widths,
                   const std::vector<size_t>& shown) {
  size_t total = gap * (shown.size() - 1);
  for (const size_t i : shown)
    total += columns[i].flexible ? std::min(widths[i], columns[i].least) : widths[i];
  return total;
}

// The columns for which there is room.
std::vector<size_t> choose(const std::vector<column>& columns, const std::vector<size_t>& widths,
                           size_t width) {
  std::vector<size_t> shown(columns.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  while (width != 0 && least_width(columns, widths, shown) > width) {
    const auto last =
        std::find_if(shown.rbegin(), shown.rend(), [&](size_t i) { return columns[i].optional; });
    if (last == shown.rend()) break;
    shown.erase(std::next(last).base());
  }
  return shown;
}

// Takes what is too much from the widest flexible column, again and again.
void fit(std::vector<size_t>& widths, const std::vector<column>& columns, const std::vector<size_t>& shown,
         size_t width) {
  size_t total = gap * (shown.size() - 1);
  for (const size_t i : shown) total += widths[i];
  while (width != 0 && total > width) {
    size_t* widest = nullptr;
    for (const size_t i : shown)
      if (columns[i].flexible && widths[i] > columns[i].least && (!widest || widths[i] > *widest))
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

std::vector<std::string> table_lines(const std::vector<column>& columns,
                                     const std::vector<std::vector<std::string>>& rows, size_t width) {
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i)
      line.push_back(printable(i < row.size() ? row[i] : std::string()));
  }
  auto widths = natural_widths(columns, cells);
  const auto shown = choose(columns, widths, width);
  fit(widths, columns, shown, width);
  const auto line_of = [&](const auto& cell_of) {
    std::string line;
    for (const size_t i : shown) {
      if (!line.empty()) line += std::string(gap, ' ');
      line += padded(shorten(cell_of(i), widths[i]), widths[i], columns[i].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> out{line_of([&](size_t i) { return columns[i].title; })};
  for (const auto& row : cells) out.push_back(line_of([&](size_t i) { return row[i]; }));
  return out;
}

std::string render_table(const std::vector<column>& columns,
                         const std::vector<std::vector<std::string>>& rows, size_t width, const style& with) {
  const auto lines = table_lines(columns, rows, width);
  std::string out = with.dim(lines.front()) + "\n";
  for (size_t i = 1; i < lines.size(); ++i) out += lines[i] + "\n";
  return out;
}

}  // namespace dip::cli
