// What `read_rows` finds in a partition's tables.
#pragma once

#include "actors/messages.hpp"
#include "storage/node_store.hpp"

namespace dip {

[[nodiscard]] constexpr bool is_listing(row_kind k) { return k >= row_kind::requests; }
[[nodiscard]] answer find_rows(const state_view& view, const read_rows& wanted);

}  // namespace dip
