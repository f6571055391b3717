// What the leader of a partition does about who is in its group and who leads it: one step at a time towards
// what cluster.conf says. A pure function; no actor, no clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/membership.hpp"
#include "core/placement.hpp"

namespace dip {

// What the leader knows.
struct group_picture {
  node_id self;
  membership members;
  bool changing = false;  // a change, or a catch-up, is on its way
  partition_place wanted;
  bool to_follow = false;  // this node is to lead nothing: it drains, or its disk is full or slow
  // Of a node: its name in Raft, once it has said it; nothing: it was not heard of yet.
  std::function<std::optional<node_id>(const std::string&)> raft_name_of;
  // Of a member: the node that has, or had, that name; empty: not known.
  std::function<std::string(node_id)> node_of;
  // Whether the node can be reached, and is not to follow either.
  std::function<bool(const std::string&)> able;
  // Whether the learner has caught up.
  std::function<bool(node_id)> caught_up;
  // Whether the member has nearly all of the log.
  std::function<bool(node_id)> is_close;
};

struct group_step {
  enum class kind : std::uint8_t {
    change,    // to `members`
    catch_up,  // watch the learner `id`
    transfer,  // to the voter `id`
  };
  kind what = kind::change;
  membership members;
  node_id id;
  std::string why;  // a sentence, for the log
};

// Whether the group is those that are wanted, all of them voters, and nobody else.
[[nodiscard]] bool is_settled(const group_picture& g);
// The majority is gone for good: who goes on, this node as a voter. `nodes` are those of cluster.conf:
// whoever is not among them is lost, and each of them must be `reachable`, for who may come back must not be
// left out: that would be two groups of one partition. `empty`: no copy is left, and this node begins with
// nothing. Errors: `conflict`, with a sentence, also while a majority is there.
[[nodiscard]] result<membership> who_is_left(const group_picture& g, const std::vector<std::string>& nodes,
                                             const std::function<bool(const std::string&)>& reachable,
                                             bool empty);
// Nothing: all is as it should be, or as near as it can be now.
[[nodiscard]] std::optional<group_step> next_step(const group_picture& g);

}  // namespace dip
