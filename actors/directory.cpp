#include "actors/directory.hpp"

namespace dip {
namespace {

template <class Map, class Key>
auto look_up(std::shared_mutex& mutex, const Map& map, const Key& key)
    -> std::optional<typename Map::mapped_type> {
  const std::shared_lock lock{mutex};
  const auto it = map.find(key);
  if (it == map.end()) return std::nullopt;
  return it->second;
}

size_t place(partition_id p, queue_name q) { return size_t{p.value} * queue_count + static_cast<size_t>(q); }

}  // namespace

void directory::note_depth(partition_id p, queue_name q, std::uint64_t messages) {
  depths_.at(place(p, q)).store(messages, std::memory_order_relaxed);
}

std::uint64_t directory::depth(partition_id p, queue_name q) const {
  return depths_.at(place(p, q)).load(std::memory_order_relaxed);
}

void directory::put(partition_id p, partition_actor h) {
  const std::unique_lock lock{mutex_};
  partitions_.insert_or_assign(p, std::move(h));
}

void directory::put(partition_id p, topic_name t, topic_actor h) {
  const std::unique_lock lock{mutex_};
  topics_.insert_or_assign({p, t}, std::move(h));
}

void directory::put(partition_id p, queue_name q, queue_actor h) {
  const std::unique_lock lock{mutex_};
  queues_.insert_or_assign({p, q}, std::move(h));
}

void directory::put(dispatcher_actor h) {
  const std::unique_lock lock{mutex_};
  dispatcher_ = std::move(h);
}

void directory::put(scrubber_actor h) {
  const std::unique_lock lock{mutex_};
  scrubber_ = std::move(h);
}

void directory::put(relay_actor h) {
  const std::unique_lock lock{mutex_};
  relay_ = std::move(h);
}

void directory::clear() {
  const std::unique_lock lock{mutex_};
  partitions_.clear();
  topics_.clear();
  queues_.clear();
  dispatcher_.reset();
  scrubber_.reset();
  relay_.reset();
}

std::optional<partition_actor> directory::partition(partition_id p) const {
  return look_up(mutex_, partitions_, p);
}

std::optional<topic_actor> directory::topic(partition_id p, topic_name t) const {
  return look_up(mutex_, topics_, std::pair{p, t});
}

std::optional<queue_actor> directory::queue(partition_id p, queue_name q) const {
  return look_up(mutex_, queues_, std::pair{p, q});
}

std::optional<dispatcher_actor> directory::dispatcher() const {
  const std::shared_lock lock{mutex_};
  return dispatcher_;
}

std::optional<scrubber_actor> directory::scrubber() const {
  const std::shared_lock lock{mutex_};
  return scrubber_;
}

std::vector<relay_actor> directory::relays() const {
  const std::shared_lock lock{mutex_};
  if (!relay_) return {};
  return {*relay_};
}

std::vector<queue_actor> directory::queues() const {
  const std::shared_lock lock{mutex_};
  std::vector<queue_actor> out;
  out.reserve(queues_.size());
  for (const auto& [key, h] : queues_) out.push_back(h);
  return out;
}

}  // namespace dip
