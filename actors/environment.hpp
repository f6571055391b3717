// What the actors of a node share: its settings, its clock, its stores, and where the others are.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/envelope.hpp"
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/membership.hpp"
#include "core/placement.hpp"
#include "storage/node_store.hpp"
#include "storage/object_store.hpp"

namespace dip {

class destinations;
class directory;
class introspection;
class leaders;
class links;
class object_copies;

// Threads for work that blocks. One per slot; tests run the work at once.
class job_threads {
public:
  virtual ~job_threads() = default;
  // Runs `job` on a thread of its own kind, in order of arrival; never blocks the caller.
  virtual void run(std::function<void()> job) = 0;
};

// The other nodes, for what is said to them one way: it may be lost. Never waits; any thread.
class peers {
public:
  virtual ~peers() = default;
  // To the node of that name in Raft, about one partition: bytes of `consensus::to_parcel`, which are to
  // reach that node's partition actor as a `parcel`; possibly late, and twice. One that can wait goes along
  // with those of other partitions.
  virtual void send(node_id to, partition_id about, std::string bytes, bool can_wait) = 0;
  // To each of them: a record of actors/messages.hpp.
  virtual void tell_all(envelope_kind kind, partition_id about, const std::string& bytes) = 0;
};

// Rows of any partition, wherever it is led. Blocks; any thread that is no actor's.
class row_source {
public:
  virtual ~row_source() = default;
  // Errors: `not_found`, `no_quorum`.
  virtual result<object_row> object(const object_name& name) = 0;
  virtual result<suppression_row> suppression(const std::string& address) = 0;
};

// A change of the cluster's nodes, for those who carry it out. Any thread.
class node_changes {
public:
  virtual ~node_changes() = default;
  // Of this node's replica: whether its group has the members that it should have, as far as it knows.
  virtual void group(partition_id p, bool settled) = 0;
  struct walk {
    std::uint64_t change = 0;
    bool groups_settled = false;
  };
  // Nothing: no change is under way. To be asked for before the files are looked through,
  [[nodiscard]] virtual std::optional<walk> begin_walk() const = 0;
  // and answered with how many are missing.
  virtual void end_walk(const walk& w, std::size_t missing) = 0;
  // An operator's word: nodes that are not in cluster.conf any more are gone for good, and nothing waits for
  // what they had. Errors: `conflict` while one that is in it cannot be reached, `io`.
  virtual result<void> give_up_lost() = 0;
};

// As what this node takes part in a partition.
struct seat {
  node_id as;        // its name in Raft (storage/quarantine.hpp, `raft_name`)
  membership first;  // of a partition that has never voted; one that does not name `as` waits to be told
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
  // Nothing: it is not known yet, ask again. Once known it stays.
  std::function<std::optional<seat>(partition_id)> seat_of;
  // A partition is led here and its house is awake, or is not any more; may be empty.
  std::function<void(partition_id, bool)> on_serves;
  peers* to_peers = nullptr;  // nullptr: there is one node, and nothing of the next three
  leaders* leads = nullptr;
  const links* linked = nullptr;
  row_source* rows = nullptr;
  // Who keeps a partition, and who should lead it, as cluster.conf has it.
  std::function<partition_place(partition_id)> place_of;
  // The nodes as cluster.conf has them now; may be empty: those of `cfg`. `nodes_of` asks.
  std::function<std::vector<node_config>()> nodes;
  node_changes* changes = nullptr;  // nullptr: there is one node
  object_store* objects = nullptr;
  object_copies* copies = nullptr;  // nullptr: this node alone has the files
  directory* where = nullptr;
  introspection* look = nullptr;  // nullptr: nobody looks
  job_threads* lists = nullptr;   // for listings, which may look at every row; nullptr: on the spot
  destinations* to = nullptr;     // where notifications go; nullptr: nothing is known of them
  std::string node;               // "n1"
  std::string holder;             // "n1#01J…": this node in this run of its process; who holds a lease
};

[[nodiscard]] inline std::vector<node_config> nodes_of(const environment& env) {
  return env.nodes ? env.nodes() : env.cfg->nodes;
}

}  // namespace dip
