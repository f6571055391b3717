// What a partition says of the entries that it has applied.
#pragma once

#include <vector>

#include "actors/environment.hpp"
#include "actors/messages.hpp"

namespace dip {

// To a proposer.
[[nodiscard]] answer error_answer(const error& e);
[[nodiscard]] answer answer_of(const apply_outcome& o);

// To the topics of a house that is awake. A queue's changes go through its topic, so that each queue sees one
// stream in the log's order.
void tell_topics(const environment* env, partition_id p, const std::vector<apply_outcome>& outcomes);
// To this node's scrubber: wherever there is a replica, there are files.
void tell_scrubber(const environment* env, const std::vector<apply_outcome>& outcomes);

}  // namespace dip
