#pragma once

#include <optional>
#include <random>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/queue_lines.hpp"
#include "actors/retry_policy.hpp"

namespace dip {

// A mailbox over one partition's rows: at least once, one holder at a time.
//
//   ready ──lease──▶ leased ──settled──▶ gone
//     ▲                │ gives back, or runs out
//     └──── delayed ◀──┴──▶ dead letter, after the last try
//
// Each arrow is an entry of the log. A lease is handed out before its entry is durable: the log's order makes
// that safe, for a settlement comes later in the same log and needs the lease's token.
struct queue_state {
  static inline const char* name = "queue";
  queue_lines lines{milliseconds{30'000}};
  retry_policy retry;
  log_index rebuilt_at;  // deltas up to here are in the rows already
  std::uint64_t term = 0;
  std::uint64_t counter = 0;
  std::optional<steady_time> armed;
  std::uint64_t epoch = 0;
  std::optional<steady_time> told;  // when the dispatchers heard that there is something, and none has come
  std::optional<steady_time> others_at;  // when those of other nodes are to hear of what is ready then
  std::optional<std::uint64_t> left;     // one has, and what had become ready until then was for others
  std::mt19937_64 dice{std::random_device{}()};
};

queue_actor::behavior_type queue(counted_actor<queue_actor, queue_state>* self, const environment* env,
                                 partition_id p, queue_name name, term_number term, partition_actor log);

}  // namespace dip
