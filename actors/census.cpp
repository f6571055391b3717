#include "actors/census.hpp"

#include <utility>

namespace dip {

std::string actor_counters::name() const {
  const std::lock_guard lock{mutex_};
  return name_;
}

void actor_counters::set_name(std::string name) {
  const std::lock_guard lock{mutex_};
  name_ = std::move(name);
}

std::string actor_counters::last_error() const {
  const std::lock_guard lock{mutex_};
  return last_error_;
}

void actor_counters::set_last_error(std::string text) {
  const std::lock_guard lock{mutex_};
  last_error_ = std::move(text);
}

std::uint64_t actor_counters::depth() const {
  // Read in this order, a message that is handled in between cannot make the difference negative.
  const auto done = handled.load(std::memory_order_relaxed);
  const auto came = arrived.load(std::memory_order_relaxed);
  return came > done ? came - done : 0;
}

census& census::here() {
  static census one;
  return one;
}

std::shared_ptr<actor_counters> census::add(std::uint64_t id, std::uint64_t parent) {
  auto counters = std::make_shared<actor_counters>();
  counters->id = id;
  counters->parent = parent;
  const std::lock_guard lock{mutex_};
  actors_[id] = counters;
  return counters;
}

void census::remove(std::uint64_t id) {
  const std::lock_guard lock{mutex_};
  actors_.erase(id);
}

std::vector<std::shared_ptr<actor_counters>> census::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<actor_counters>> out;
  out.reserve(actors_.size());
  for (const auto& [id, counters] : actors_) out.push_back(counters);
  return out;
}

void census::note_restart(const std::string& name, const std::string& why) {
  const std::lock_guard lock{mutex_};
  auto& r = restarts_[name];
  r.name = name;
  ++r.count;
  r.last_error = why;
}

std::vector<census::restarts> census::all_restarts() const {
  const std::lock_guard lock{mutex_};
  std::vector<restarts> out;
  out.reserve(restarts_.size());
  for (const auto& [name, r] : restarts_) out.push_back(r);
  return out;
}

}  // namespace dip
