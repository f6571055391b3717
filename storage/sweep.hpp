// Files that no row speaks of: their upload ended between the file's commit and the row's, or their row was
// removed and the file was not.
#pragma once

#include <cstddef>
#include <functional>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/object.hpp"
#include "storage/object_store.hpp"

namespace dip {

// Whether the file, which changed last at `changed`, has a row; has to answer true when that cannot be known.
using row_lookup = std::function<bool(const object_name&, wall_time changed)>;

// Removes the files that changed last before `older_than` and have no row; answers how many. Younger ones
// stay, for their row may still be on its way.
[[nodiscard]] result<std::size_t> sweep_orphans(object_store& objects, const row_lookup& row_exists,
                                                wall_time older_than);

}  // namespace dip
