#pragma once

#include "core/log_entry.hpp"
#include "storage/table_changes.hpp"

namespace dip {

// Applies one entry to the tables of partition `p`. Deterministic: it looks at nothing but the entry and the
// rows. What is refused changes nothing; the outcome's verdict says why. Throws `damaged_state`.
[[nodiscard]] apply_outcome apply(partition_id p, const log_entry& entry, table_changes& rows);

}  // namespace dip
