#include "storage/scrub.hpp"

#include <utility>

namespace dip {

// Rows are gathered before files are read: a look at the tables is to be short, and reading is not.
std::vector<object_row> scrubber::next_rows(std::uint64_t budget) {
  // Empty files cost no bytes, but time.
  constexpr std::size_t most = 256;
  std::vector<object_row> rows;
  std::uint64_t bytes = 0;
  bool more = false;
  rows_(last_, [&](const object_row& row) {
    more = !rows.empty() && (rows.size() >= most || bytes >= budget || row.size > budget - bytes);
    if (more) return false;
    bytes += row.size;
    rows.push_back(row);
    return true;
  });
  if (more) {
    last_ = rows.back().name.key;
  } else {
    last_.reset();
    ++rounds_;
  }
  return rows;
}

std::vector<scrubber::finding> scrubber::step(std::uint64_t budget) {
  std::vector<finding> bad;
  for (const auto& row : next_rows(budget)) {
    if (const auto good = objects_.verify(row); !good) bad.push_back({row.name, good.error().code});
  }
  return bad;
}

void each_missing(object_store& objects, const scrubber::row_source& rows,
                  const std::function<bool(const object_row&)>& visit) {
  constexpr std::size_t at_once = 1'024;
  std::optional<std::string> last;
  for (std::vector<object_row> some;; some.clear()) {
    rows(last, [&](const object_row& row) {
      some.push_back(row);
      return some.size() < at_once;
    });
    for (const auto& row : some) {
      const auto there = objects.open(row.name);
      if (!there && there.error().code == errc::not_found && !visit(row)) return;
    }
    if (some.size() < at_once) return;
    last = some.back().name.key;
  }
}

}  // namespace dip
