// Commands as a busy and partly confused cluster would propose them, from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "core/log_entry.hpp"
#include "storage/node_store.hpp"

namespace dip::test {

class random_commands {
public:
  random_commands(std::uint32_t seed, partition_id partition) : random_(seed), partition_(partition) {}

  // The next command for tables that look like `view`; about one in ten is stale, doubled or wrong.
  [[nodiscard]] command next(const state_view& view, wall_time now);
  [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
  }

private:
  [[nodiscard]] ulid make_id(wall_time now);
  [[nodiscard]] object_row make_file(bucket in, wall_time now);
  [[nodiscard]] command steer(const state_view& view, wall_time now);
  [[nodiscard]] command accept(const state_view& view, wall_time now);
  [[nodiscard]] command grant(const state_view& view);
  [[nodiscard]] command settle(const state_view& view, wall_time now);
  [[nodiscard]] command settle_stage(const claim& by, const queue_message& m, wall_time now);
  [[nodiscard]] command settle_mail(const claim& by);
  [[nodiscard]] command expire(const state_view& view);

  std::minstd_rand random_;
  partition_id partition_;
  std::uint64_t counter_ = 0;
};

// Everything of a view as lists.
[[nodiscard]] std::vector<request_record> all_requests(const state_view& view);
[[nodiscard]] std::vector<object_row> all_objects(const state_view& view, bucket in);
[[nodiscard]] std::vector<queue_message> all_messages(const state_view& view, queue_name queue, bool dead);

}  // namespace dip::test
