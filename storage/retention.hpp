// What retention lets go of, found by looking at the tables.
#pragma once

#include <optional>

#include "core/config.hpp"
#include "storage/node_store.hpp"

namespace dip {

// The next command of at most a few hundred names, or nothing. Pure.
[[nodiscard]] std::optional<remove_expired> find_expired(const state_view& view, wall_time now,
                                                         const retention_config& keep);

}  // namespace dip
