// Rows for the gateway and the stages: of this node's own tables where it is alone, else as the partition's
// leader has them.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "actors/environment.hpp"
#include "http/ports.hpp"
#include "runtime/asking.hpp"

namespace dip {

// Any thread that is no actor's; blocks.
class node_rows final : public row_source {
public:
  node_rows(const environment& env, asking ask) : env_(env), ask_(ask) {}

  // As of now. Errors: `not_found`, `no_quorum` when it cannot be known.
  result<object_row> object(const object_name& name) override;
  result<suppression_row> suppression(const std::string& address) override;
  [[nodiscard]] result<request_record> request(const request_id& id) const;
  // Where nobody can say, what is applied here.
  [[nodiscard]] result<http::found_request> request_or_copy(const request_id& id) const;
  [[nodiscard]] result<idempotency_row> idempotency(partition_id p, const std::string& key) const;

  struct listing {
    found_rows rows;
    bool stale = false;  // of a partition without a leader this node's copy was read
  };
  // The first `wanted.limit` rows of each partition, as of now where leaders answer. `no_quorum`: one does
  // not, and there is no copy here.
  [[nodiscard]] result<listing> list(const read_rows& wanted) const;
  // The key's requests that are not final, as far as this node knows.
  [[nodiscard]] result<std::uint64_t> live(const std::string& key) const;
  // What this node has applied.
  [[nodiscard]] std::unique_ptr<state_view> view(partition_id p) const { return env_.store->view(p); }
  [[nodiscard]] std::uint16_t partitions() const { return env_.store->partitions(); }
  [[nodiscard]] bool knows(partition_id p) const { return p.value < partitions(); }

private:
  // Whether what is applied here is as good as elsewhere.
  [[nodiscard]] bool keeps(partition_id p) const;
  [[nodiscard]] std::vector<result<found_rows>> read_here(
      const std::vector<std::pair<partition_id, read_rows>>& wanted) const;

  const environment& env_;
  asking ask_;
};

// The newest `limit` of all partitions' rows, in the order of `newer`; and whether there are more.
template <class Row, class Newer>
[[nodiscard]] bool cut_to(std::vector<Row>& rows, std::uint32_t limit, Newer newer) {
  std::sort(rows.begin(), rows.end(), newer);
  if (rows.size() <= limit) return false;
  rows.resize(limit);
  return true;
}

}  // namespace dip
