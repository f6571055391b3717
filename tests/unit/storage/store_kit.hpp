// A store on disk, its writer heard, for tests that look at what is left behind.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/node_store.hpp"
#include "tests/support/lone_replica.hpp"

namespace dip::test {

// Opens DIRECTORY with two partitions; `commit` waits until it is applied.
class heard_store {
public:
  explicit heard_store(const std::string& directory, std::uint64_t log_keep = 100'000);

  [[nodiscard]] bool is_open() const { return store_ != nullptr; }
  [[nodiscard]] const error& refusal() const { return refusal_; }
  [[nodiscard]] node_store& store() { return *store_; }
  [[nodiscard]] lone_replica& open(partition_id p);
  // The outcome of `what`; nothing when the writer has called `on_fatal` instead.
  std::optional<apply_outcome> commit(partition_id p, command what) {
    return commit_at(p, std::move(what), wall_time{milliseconds{1'000}});
  }
  std::optional<apply_outcome> commit_at(partition_id p, command what, wall_time now);
  [[nodiscard]] std::optional<error> fatal();

private:
  error refusal_;
  std::mutex mutex_;
  std::optional<error> fatal_;
  std::unique_ptr<node_store> store_;
  std::map<partition_id, std::unique_ptr<lone_replica>> replicas_;
};

[[nodiscard]] command reserve(const std::string& key);

}  // namespace dip::test
