// The topics and queues of a partition.
#pragma once

#include <vector>

#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/supervision.hpp"

namespace dip {

// For the term in which `me` leads; to be started by it.
[[nodiscard]] std::vector<child_spec> house_of(const environment* env, partition_id p, term_number term,
                                               const partition_actor& me);

}  // namespace dip
