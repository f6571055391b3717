#include "tests/unit/storage/store_kit.hpp"

#include <catch2/catch_test_macros.hpp>

namespace dip::test {

heard_store::heard_store(const std::string& directory, std::uint64_t log_keep) {
  node_store::options o;
  o.partitions = 2;
  o.free_disk = 0;
  o.ballast = 0;
  o.log_keep = log_keep;
  o.on_fatal = [this](const error& e) {
    const std::lock_guard lock{mutex_};
    fatal_ = e;
    for (const auto& [p, owner] : replicas_) owner->log_failed();
  };
  auto opened = open_node_store(directory, std::move(o));
  if (opened)
    store_ = std::move(*opened);
  else
    refusal_ = opened.error();
}

lone_replica& heard_store::open(partition_id p) {
  if (const auto it = replicas_.find(p); it != replicas_.end()) return *it->second;
  auto opened = lone_replica::open(*store_, p);
  if (!opened) FAIL(opened.error().detail);
  const std::lock_guard lock{mutex_};
  return *replicas_.emplace(p, std::move(*opened)).first->second;
}

std::optional<apply_outcome> heard_store::commit_at(partition_id p, command what, wall_time now) {
  auto& owner = open(p);
  const auto index = owner.propose(std::move(what), now);
  if (!index) return std::nullopt;
  if (!owner.settle()) return std::nullopt;
  auto outcomes = owner.take_outcomes();
  REQUIRE_FALSE(outcomes.empty());
  return std::move(outcomes.back());
}

std::optional<error> heard_store::fatal() {
  const std::lock_guard lock{mutex_};
  return fatal_;
}

command reserve(const std::string& key) {
  return reserve_idempotency{
      {key, std::string(200, 'b'), {}, {}, wall_time{milliseconds{1'000'000'000'000}}}};
}

}  // namespace dip::test
