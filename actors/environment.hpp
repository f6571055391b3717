// What the actors of a node share: its settings, its clock, its stores, and where the others are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "storage/node_store.hpp"
#include "storage/object_store.hpp"

namespace dip {

class destinations;
class directory;

// Threads for work that blocks. One per slot; tests run the work at once.
class job_threads {
public:
  virtual ~job_threads() = default;
  // Runs `job` on a thread of its own kind, in order of arrival; never blocks the caller.
  virtual void run(std::function<void()> job) = 0;
};

// Outlives every actor; whatever is behind the pointers is safe for any thread.
struct environment {
  const config* cfg = nullptr;
  const clock* time = nullptr;
  node_store* store = nullptr;
  // How a partition actor gets its replica: opened beforehand at the node's start, anew when the actor is
  // made again.
  std::function<result<std::unique_ptr<replica>>(partition_id)> open_replica;
  object_store* objects = nullptr;
  directory* where = nullptr;
  destinations* to = nullptr;  // where notifications go; nullptr: nothing is known of them
  std::string node;            // "n1"
  std::string holder;          // "n1#01J…": this node in this run of its process; who holds a lease
};

}  // namespace dip
