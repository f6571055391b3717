// Scrubbing: stored files are read again and again, so that damage is found while there is another copy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/object.hpp"
#include "storage/object_store.hpp"

namespace dip {

// Walks through the rows of one bucket, a few at a time, and starts over at the end. One thread at a time.
class scrubber {
public:
  // As `state_view::each_object`: the rows after `before` in the walk's order; ends when `visit` answers
  // false.
  using row_source = std::function<void(const std::optional<std::string>& before,
                                        const std::function<bool(const object_row&)>& visit)>;
  // `not_found` may also be a file whose row was removed during the step: whoever mends looks at the row
  // first.
  struct finding {
    object_name name;
    errc code = errc::corrupt;
    bool operator==(const finding&) const = default;
  };

  scrubber(object_store& objects, row_source rows) : objects_(objects), rows_(std::move(rows)) {}

  // Verifies the next objects, of `budget` bytes together but at least one; answers what was bad.
  [[nodiscard]] std::vector<finding> step(std::uint64_t budget);
  // How often the walk came to its end.
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

private:
  [[nodiscard]] std::vector<object_row> next_rows(std::uint64_t budget);

  object_store& objects_;
  row_source rows_;
  std::optional<std::string> last_;  // the key that the walk has come to
  std::uint64_t rounds_ = 0;
};

// Every row whose file is not there, whatever is in the others; ends when `visit` answers false.
void each_missing(object_store& objects, const scrubber::row_source& rows,
                  const std::function<bool(const object_row&)>& visit);

}  // namespace dip
