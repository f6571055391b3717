// Rows in columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dip::cli {

// How text is dressed on a terminal; plain, it adds nothing.
struct style {
  bool colour = false;
  [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return paint("31", text); }
  [[nodiscard]] std::string busy(std::string_view text) const { return paint("36", text); }

private:
  [[nodiscard]] std::string paint(const char* code, std::string_view text) const {
    if (!colour) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
};

struct column {
  std::string title;
  bool right = false;     // numbers
  bool flexible = false;  // gives up its middle when the terminal is narrow
  bool optional = false;  // goes when that is not enough, the last one first
  size_t least = 8;       // columns of a flexible one
};

// Cells are made printable here. `width` 0: as wide as it needs to be. The last line ends with a line break
// too.
[[nodiscard]] std::string render_table(const std::vector<column>& columns,
                                       const std::vector<std::vector<std::string>>& rows, size_t width,
                                       const style& with);

// The same undressed, line by line: the titles, then each row.
[[nodiscard]] std::vector<std::string> table_lines(const std::vector<column>& columns,
                                                   const std::vector<std::vector<std::string>>& rows,
                                                   size_t width);

// `text` in `columns` columns, filled with blanks.
[[nodiscard]] std::string padded(std::string_view text, size_t columns, bool right = false);

}  // namespace dip::cli
