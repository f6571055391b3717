// Who the nodes of the cluster are: as cluster.conf has it, and while that changes, as it had it before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/membership.hpp"
#include "core/placement.hpp"

namespace dip {

// All that placement depends on.
struct node_list {
  std::vector<node_config> nodes;
  std::uint16_t replicas = 3, partitions = 8;
  // The same for all lists that place alike: "8x3:n1,n2,n3", partitions, replicas and names.
  [[nodiscard]] std::string id() const;
};

// What one node knows of the nodes, kept in DATA/roster.json, so that neither a restart in the middle of a
// change nor one with another cluster.conf forgets where files may still be. Any thread.
//
// A list that takes the place of another is *settled* for a node when all nodes of it are complete: each
// replica's group has the members that it should have, and no file of it is missing. Until then, the majority
// of every list that is not settled counts for a file, and all of them keep what they have.
class roster {
public:
  struct view {
    node_list wanted;
    std::string id;
    std::vector<node_config> leaving;  // of earlier lists, no longer wanted
    std::vector<partition_place> places;
    std::vector<std::vector<partition_place>> earlier;

    // The replicas of each list, without those that are the same; the wanted first.
    [[nodiscard]] std::vector<std::vector<std::string>> quorums_of(partition_id p) const;
    // Nothing: nobody has that name.
    [[nodiscard]] const node_config* find(const std::string& node) const;
  };
  struct progress {
    std::string of;  // the list's id
    bool settled = true;
    std::uint64_t partitions = 0;  // of this node, whose members are not yet as they should be
    std::uint64_t files = 0;       // of this node, that are not yet here
  };

  // `data` is the node's directory: one that never took part has nothing yet and waits for `begin`.
  // Errors: `corrupt`, `io`; `bad_request` for another number of partitions than before.
  [[nodiscard]] static result<std::unique_ptr<roster>> open(const std::string& data, const std::string& self,
                                                            const config& conf);

  [[nodiscard]] std::shared_ptr<const view> now() const;
  // This node begins the cluster with the others, or joins one that has begun: then it has nothing yet.
  // Durable. Errors: `io`.
  [[nodiscard]] result<void> begin(bool joins);
  // Takes another list; false: it is the same. Durable before it counts. Errors: `bad_request` for what needs
  // a restart, `io`.
  [[nodiscard]] result<bool> change(const config& conf);
  // From this node's replica: whether the members of its group are those that are wanted.
  void group(partition_id p, bool settled);
  // The number of the change that is under way; 0: none.
  [[nodiscard]] std::uint64_t under_way() const;
  // How many files were found missing, of all partitions that this node is to keep, in a walk that began
  // while that change was under way and all groups `were_settled`.
  void missing(std::uint64_t change, bool were_settled, std::size_t files);
  [[nodiscard]] bool groups_settled() const;
  // Whether this node has all that it should have.
  [[nodiscard]] bool complete() const;
  // All nodes are complete: earlier lists are forgotten. Errors: `io`.
  [[nodiscard]] result<void> settle();
  // Nothing waits for nodes of earlier lists any more: what is left may lack what they had. Errors: `io`.
  [[nodiscard]] result<void> forget_earlier();
  [[nodiscard]] progress told() const;

private:
  struct state {
    std::vector<node_list> lists;  // the wanted one last
    bool settled = true;
  };

  roster(std::string file, std::string self, std::uint16_t partitions);
  [[nodiscard]] result<void> load(const std::string& data, const config& conf);
  void show();
  [[nodiscard]] bool open_groups() const;
  [[nodiscard]] result<void> write(const state& s) const;
  [[nodiscard]] static state read(const std::string& text);

  const std::string file_, self_;
  const std::uint16_t partitions_;
  mutable std::mutex mutex_;
  state state_;
  std::shared_ptr<const view> view_;
  std::uint64_t change_ = 0;
  std::vector<bool> group_settled_;
  bool whole_ = false;
  std::size_t missing_ = 0;
};

}  // namespace dip
