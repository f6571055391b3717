// Which node leads each partition, as far as this one has heard, and who is who in Raft.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/membership.hpp"

namespace dip {

// Any thread.
class leaders {
public:
  leaders(std::string here, std::uint16_t partitions);

  // A node has said who it is in Raft, and whether it is to lead nothing: it drains, or its disk is unfit.
  // One that was damaged comes back under another name.
  void met(const std::string& node, node_id as, bool to_follow = false);
  // This node's own replica says who leads; 0: it does not know.
  void heard(partition_id p, node_id leader, std::uint64_t term);
  // What else it says of itself, now and then.
  struct copy {
    membership group;  // as it knows it; none: it has no replica, or knows nothing yet
    term_number last_term;
    log_index last;  // of its log
  };
  void describe(partition_id p, copy own);
  // Somebody who was asked in vain says who leads. What this node's own replica knows weighs more.
  void hint(partition_id p, const std::string& node);

  // An operator wants the partition to be led by that node until then, whatever cluster.conf says.
  void wish(partition_id p, const std::string& node, steady_time until);
  // Empty: nobody has such a wish, or its time is over.
  [[nodiscard]] std::string wished(partition_id p, steady_time now) const;

  // The leader's node; empty: not known.
  [[nodiscard]] std::string of(partition_id p) const;
  // The newest term that this node's replica has heard of.
  [[nodiscard]] std::uint64_t term(partition_id p) const;
  [[nodiscard]] bool is_here(partition_id p) const { return of(p) == here_; }
  // Nothing: nobody of that name has been met.
  [[nodiscard]] std::string node_of(node_id as) const;
  [[nodiscard]] std::optional<node_id> raft_name_of(const std::string& node) const;
  [[nodiscard]] bool is_to_follow(const std::string& node) const;
  [[nodiscard]] copy described(partition_id p) const;

private:
  struct known {
    node_id by_replica;
    std::uint64_t term = 0;
    std::string by_hint;
    std::string wished;
    steady_time wished_until{};
    copy own;
  };

  const std::string here_;
  mutable std::mutex mutex_;
  struct person {
    node_id as;
    bool to_follow = false;
  };
  std::map<std::string, person> names_;
  std::map<node_id, std::string> nodes_;  // also of names that were given up
  std::vector<known> places_;
};

}  // namespace dip
