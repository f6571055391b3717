// Where each partition's actors are now. Handles change when an actor is made again: ask each time, keep
// none.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"

namespace dip {

// Any thread.
class directory {
public:
  void put(partition_id p, partition_actor h);
  void put(partition_id p, topic_name t, topic_actor h);
  void put(partition_id p, queue_name q, queue_actor h);
  void put(dispatcher_actor h);
  void put(scrubber_actor h);
  void put(relay_actor h);
  // How many messages a queue has; said by the queue, read by the gateway's limit.
  void note_depth(partition_id p, queue_name q, std::uint64_t messages);
  [[nodiscard]] std::uint64_t depth(partition_id p, queue_name q) const;
  // Lets go of all handles; for the end of a node.
  void clear();

  // Nothing while that actor is not there (not led here, or being made again).
  [[nodiscard]] std::optional<partition_actor> partition(partition_id p) const;
  [[nodiscard]] std::optional<topic_actor> topic(partition_id p, topic_name t) const;
  [[nodiscard]] std::optional<queue_actor> queue(partition_id p, queue_name q) const;
  [[nodiscard]] std::optional<dispatcher_actor> dispatcher() const;
  [[nodiscard]] std::optional<scrubber_actor> scrubber() const;
  // Each node's relay; this node's own until there are links to others.
  [[nodiscard]] std::vector<relay_actor> relays() const;
  [[nodiscard]] std::vector<queue_actor> queues() const;

private:
  mutable std::shared_mutex mutex_;
  std::array<std::atomic<std::uint64_t>, std::size_t{max_partitions} * queue_count> depths_{};
  std::map<partition_id, partition_actor> partitions_;
  std::map<std::pair<partition_id, topic_name>, topic_actor> topics_;
  std::map<std::pair<partition_id, queue_name>, queue_actor> queues_;
  std::optional<dispatcher_actor> dispatcher_;
  std::optional<scrubber_actor> scrubber_;
  std::optional<relay_actor> relay_;
};

}  // namespace dip
