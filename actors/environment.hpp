// What the actors of a node share: its settings, its clock, its stores, and where the others are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/membership.hpp"
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

// The other nodes, for what replicas say to each other.
class peers {
public:
  virtual ~peers() = default;
  // To the node of that name in Raft, about one partition: bytes of `consensus::to_parcel`, which are to
  // reach that node's partition actor as a `parcel`. They may be lost, late and doubled. Never waits; any
  // thread.
  virtual void send(node_id to, partition_id about, std::string bytes) = 0;
};

// Outlives every actor; whatever is behind the pointers is safe for any thread.
struct environment {
  const config* cfg = nullptr;
  const clock* time = nullptr;
  node_store* store = nullptr;
  // How a partition actor gets what is stored, at the start and when the actor is made again:
  // `node_store::open_partition`.
  std::function<result<std::unique_ptr<stored_partition>>(partition_id, const membership&,
                                                          node_store::poster)>
      open_partition;
  // Who a partition that has never voted begins with (storage/quarantine.hpp, `raft_name`). One that does not
  // name this node's replica is not begun: others will tell it.
  std::function<membership(partition_id)> first_members;
  // A partition is led here and its house is awake, or is not any more; may be empty.
  std::function<void(partition_id, bool)> on_serves;
  peers* to_peers = nullptr;  // nullptr: there is one node
  node_id replica;            // this node's name in Raft
  object_store* objects = nullptr;
  directory* where = nullptr;
  destinations* to = nullptr;  // where notifications go; nullptr: nothing is known of them
  std::string node;            // "n1"
  std::string holder;          // "n1#01J…": this node in this run of its process; who holds a lease
};

}  // namespace dip
