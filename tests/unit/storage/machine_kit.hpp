// One partition's tables without a log: commands go in, outcomes come out, the test turns the clock.
#pragma once

#include <memory>

#include "core/log_entry.hpp"
#include "storage/kv.hpp"
#include "storage/node_store.hpp"

namespace dip::test {

inline constexpr partition_id here{3};

class machine {
public:
  apply_outcome apply(command what);
  void pass(milliseconds time) { now_ += time; }
  [[nodiscard]] wall_time now() const { return now_; }
  [[nodiscard]] std::unique_ptr<state_view> view() const;
  [[nodiscard]] kv_store& kv() { return *kv_; }
  // As an install's own write does: the staged rows are the state.
  void mark_installing();

  // The usual steps, each of which must succeed.
  object_row upload();
  request_record accept(const object_row& input, const std::string& email = {},
                        const std::string& webhook = {});
  // Leases the oldest message that is ready; the claim settles it.
  claim lease(queue_name from);
  object_row preprocess(const request_record& r);
  apply_outcome process(const request_record& r);

  [[nodiscard]] request_record request(const request_record& r) const { return *view()->request(r.id); }
  [[nodiscard]] std::vector<queue_message> messages(queue_name in, bool dead = false) const;
  [[nodiscard]] std::uint32_t pins(const object_row& row) const { return view()->object(row.name)->pins; }

private:
  std::unique_ptr<kv_store> kv_ = make_memory_kv();
  log_index last_;
  std::uint64_t counter_ = 0;
  wall_time now_{milliseconds{1'000'000}};
};

[[nodiscard]] object_row a_file(bucket in, std::string_view extension = "jpg");
[[nodiscard]] complete_process processed_by(const claim& by, wall_time now);
[[nodiscard]] fail_request failed_by(const claim& by, bool dead, wall_time now);

}  // namespace dip::test
