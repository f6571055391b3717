#include "tests/unit/storage/store_kit.hpp"

#include <catch2/catch_test_macros.hpp>

namespace dip::test {

heard_store::heard_store(const std::string& directory, std::uint64_t log_keep) {
  node_store::options o;
  o.partitions = 2;
  o.free_disk = 0;
  o.ballast = 0;
  o.log_keep = log_keep;
  o.on_durable = [this](partition_id p, log_index i) {
    const std::lock_guard lock{mutex_};
    durable_[p] = i;
    changed_.notify_all();
  };
  o.on_fatal = [this](const error& e) {
    const std::lock_guard lock{mutex_};
    fatal_ = e;
    changed_.notify_all();
  };
  auto opened = open_node_store(directory, std::move(o));
  if (opened)
    store_ = std::move(*opened);
  else
    refusal_ = opened.error();
}

replica& heard_store::open(partition_id p) {
  auto& place = replicas_[p];
  if (place) return *place;
  auto opened = store_->open_replica(p);
  if (!opened) FAIL(opened.error().detail);
  place = std::move(*opened);
  return *place;
}

std::optional<apply_outcome> heard_store::commit_at(partition_id p, command what, wall_time now) {
  auto& owner = open(p);
  const auto index = owner.propose(std::move(what), now);
  if (!index) return std::nullopt;
  {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return fatal_ || durable_[p] >= *index; });
    if (durable_[p] < *index) return std::nullopt;
  }
  auto outcomes = owner.persisted(*index);
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
