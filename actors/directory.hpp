// Where each partition's actors are now. Handles change when an actor is made again: ask each time, keep
// none. An actor that ends is taken out by itself.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>

#include "actors/interfaces.hpp"

namespace dip {

// Any thread. Outlives all who are in it.
class directory {
public:
  void put(partition_id p, const partition_actor& h);
  void put(partition_id p, topic_name t, const topic_actor& h);
  void put(partition_id p, queue_name q, const queue_actor& h);
  void put(partition_id p, const far_partition_actor& proxy);
  void put(partition_id p, topic_name t, const far_topic_actor& proxy);
  void put(partition_id p, queue_name q, const far_queue_actor& proxy);
  void put(const dispatcher_actor& h);
  void put(const scrubber_actor& h);
  void put(const relay_actor& h);
  // How many messages a queue has; said by the queue, read by the gateway's limit.
  void note_depth(partition_id p, queue_name q, std::uint64_t messages);
  [[nodiscard]] std::uint64_t depth(partition_id p, queue_name q) const;
  // Lets go of all handles; for the end of a node.
  void clear();

  // Nothing while that actor is not there (not led here, or being made again).
  [[nodiscard]] std::optional<partition_actor> partition(partition_id p) const;
  [[nodiscard]] std::optional<topic_actor> topic(partition_id p, topic_name t) const;
  [[nodiscard]] std::optional<queue_actor> queue(partition_id p, queue_name q) const;
  // Of the partition's leader: the proxy where there is one, which finds it; else this node's own, if it is
  // there.
  [[nodiscard]] std::optional<far_partition_actor> leading(partition_id p) const;
  [[nodiscard]] std::optional<far_topic_actor> leading(partition_id p, topic_name t) const;
  [[nodiscard]] std::optional<far_queue_actor> leading(partition_id p, queue_name q) const;
  [[nodiscard]] std::optional<dispatcher_actor> dispatcher() const;
  [[nodiscard]] std::optional<scrubber_actor> scrubber() const;
  [[nodiscard]] std::optional<relay_actor> relay() const;
  [[nodiscard]] std::vector<queue_actor> queues() const;

private:
  enum class role : std::uint8_t {
    partition,
    topic,
    queue,
    partition_proxy,
    topic_proxy,
    queue_proxy,
    dispatcher,
    scrubber,
    relay
  };
  struct room {
    role as = role::partition;
    partition_id partition;
    std::uint8_t number = 0;  // of the topic or queue
    auto operator<=>(const room&) const = default;
  };

  template <class Handle>
  void enter(const room& r, const Handle& h);
  void leave(const room& r, const caf::actor_addr& who);
  template <class Handle>
  [[nodiscard]] std::optional<Handle> find(const room& r) const;

  mutable std::shared_mutex mutex_;
  std::array<std::atomic<std::uint64_t>, std::size_t{max_partitions} * queue_count> depths_{};
  std::map<room, caf::strong_actor_ptr> rooms_;
};

}  // namespace dip
