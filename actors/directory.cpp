#include "actors/directory.hpp"

namespace dip {
namespace {

size_t place(partition_id p, queue_name q) { return size_t{p.value} * queue_count + static_cast<size_t>(q); }

}  // namespace

void directory::note_depth(partition_id p, queue_name q, std::uint64_t messages) {
  depths_.at(place(p, q)).store(messages, std::memory_order_relaxed);
}

std::uint64_t directory::depth(partition_id p, queue_name q) const {
  return depths_.at(place(p, q)).load(std::memory_order_relaxed);
}

template <class Handle>
void directory::enter(const room& r, const Handle& h) {
  auto entry = caf::actor_cast<caf::strong_actor_ptr>(h);
  {
    const std::unique_lock lock{mutex_};
    rooms_[r].swap(entry);
  }
  // Who was there before is let go of outside the lock: that may be its end, which leads to `leave`.
  entry.reset();
  h->attach_functor([this, r, who = h.address()](const caf::error&) { leave(r, who); });
}

void directory::leave(const room& r, const caf::actor_addr& who) {
  caf::strong_actor_ptr gone;
  const std::unique_lock lock{mutex_};
  const auto it = rooms_.find(r);
  // The next one may be in its place already.
  if (it == rooms_.end() || caf::actor_cast<caf::actor_addr>(it->second) != who) return;
  gone.swap(it->second);
  rooms_.erase(it);
}

template <class Handle>
std::optional<Handle> directory::find(const room& r) const {
  const std::shared_lock lock{mutex_};
  const auto it = rooms_.find(r);
  if (it == rooms_.end()) return std::nullopt;
  return caf::actor_cast<Handle>(it->second);
}

void directory::put(partition_id p, const partition_actor& h) { enter({role::partition, p, 0}, h); }
void directory::put(partition_id p, topic_name t, const topic_actor& h) {
  enter({role::topic, p, static_cast<std::uint8_t>(t)}, h);
}
void directory::put(partition_id p, queue_name q, const queue_actor& h) {
  enter({role::queue, p, static_cast<std::uint8_t>(q)}, h);
}
void directory::put(partition_id p, const far_partition_actor& proxy) {
  enter({role::partition_proxy, p, 0}, proxy);
}
void directory::put(partition_id p, topic_name t, const far_topic_actor& proxy) {
  enter({role::topic_proxy, p, static_cast<std::uint8_t>(t)}, proxy);
}
void directory::put(partition_id p, queue_name q, const far_queue_actor& proxy) {
  enter({role::queue_proxy, p, static_cast<std::uint8_t>(q)}, proxy);
}
void directory::put(const dispatcher_actor& h) { enter({role::dispatcher, {}, 0}, h); }
void directory::put(const scrubber_actor& h) { enter({role::scrubber, {}, 0}, h); }
void directory::put(const relay_actor& h) { enter({role::relay, {}, 0}, h); }

void directory::clear() {
  std::map<room, caf::strong_actor_ptr> all;
  const std::unique_lock lock{mutex_};
  all.swap(rooms_);
}

std::optional<partition_actor> directory::partition(partition_id p) const {
  return find<partition_actor>({role::partition, p, 0});
}

std::optional<topic_actor> directory::topic(partition_id p, topic_name t) const {
  return find<topic_actor>({role::topic, p, static_cast<std::uint8_t>(t)});
}

std::optional<queue_actor> directory::queue(partition_id p, queue_name q) const {
  return find<queue_actor>({role::queue, p, static_cast<std::uint8_t>(q)});
}

std::optional<far_partition_actor> directory::leading(partition_id p) const {
  if (auto proxy = find<far_partition_actor>({role::partition_proxy, p, 0})) return proxy;
  return find<far_partition_actor>({role::partition, p, 0});
}

std::optional<far_topic_actor> directory::leading(partition_id p, topic_name t) const {
  const auto number = static_cast<std::uint8_t>(t);
  if (auto proxy = find<far_topic_actor>({role::topic_proxy, p, number})) return proxy;
  return find<far_topic_actor>({role::topic, p, number});
}

std::optional<far_queue_actor> directory::leading(partition_id p, queue_name q) const {
  const auto number = static_cast<std::uint8_t>(q);
  if (auto proxy = find<far_queue_actor>({role::queue_proxy, p, number})) return proxy;
  return find<far_queue_actor>({role::queue, p, number});
}

std::optional<dispatcher_actor> directory::dispatcher() const {
  return find<dispatcher_actor>({role::dispatcher, {}, 0});
}

std::optional<scrubber_actor> directory::scrubber() const {
  return find<scrubber_actor>({role::scrubber, {}, 0});
}

std::optional<relay_actor> directory::relay() const { return find<relay_actor>({role::relay, {}, 0}); }

std::vector<queue_actor> directory::queues() const {
  const std::shared_lock lock{mutex_};
  std::vector<queue_actor> out;
  for (const auto& [r, h] : rooms_)
    if (r.as == role::queue) out.push_back(caf::actor_cast<queue_actor>(h));
  return out;
}

}  // namespace dip
