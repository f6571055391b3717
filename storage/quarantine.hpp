// A replica whose log is damaged must never vote again under its name: it may have forgotten a vote, or an
// entry that it had confirmed. The node sets its state aside, begins empty, and has another name in Raft; the
// others remove the old one, and take the new one as a learner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/membership.hpp"

namespace dip {

struct incarnation {
  std::uint64_t value = 0;
  auto operator<=>(const incarnation&) const = default;
};

// Of the node whose data is in `data`; nothing when it never took part in a cluster, or has lost all that it
// had. Errors: `corrupt`, `io`.
[[nodiscard]] result<std::optional<incarnation>> read_incarnation(const std::string& data);
// Durably. `value` is greater than all that the node had before.
[[nodiscard]] result<void> write_incarnation(const std::string& data, incarnation value);

// The cluster as it was when it began. Who its partitions began with follows from this for ever, whatever
// cluster.conf says later: a partition that begins twice has two truths.
struct founding {
  std::uint16_t replicas = 1;
  std::vector<std::string> nodes;
  bool operator==(const founding&) const = default;
};
// Incarnation 0, durably, of a node that has no data and nobody has data of.
[[nodiscard]] result<void> write_founding(const std::string& data, const founding& f);
// Nothing: the node joined later, or has another incarnation by now. Errors: `corrupt`, `io`.
[[nodiscard]] result<std::optional<founding>> read_founding(const std::string& data);
// Of each partition: the names in Raft of those that it began with; none without a founding.
[[nodiscard]] std::vector<membership> first_members(const std::optional<founding>& f,
                                                    std::uint16_t partitions);
// Gives DATA/state another name and the node another incarnation, durably; answers the name that the state
// has now. Nothing may have it open. Errors: `io`, `corrupt`.
[[nodiscard]] result<std::string> set_aside(const std::string& data);
// Who else has what this node has.
enum class other_copies : std::uint8_t { none, replicas };

struct entered_state {
  std::optional<incarnation> as;
  std::string why;    // what is wrong with the state that it had; empty: nothing
  std::string aside;  // the name that this one has now; empty: it is sound, or gone
};

// Every start of a node goes through here. `open` opens DATA/state and checks it; when it fails it has
// nothing open. A state that is damaged (`corrupt`) is set aside where replicas have it, and an empty one is
// opened in its place, under another incarnation, and so it is when the state is gone and the incarnation is
// not; where this node is the only one, nothing is touched and nothing is served. Errors: `corrupt`, with
// what to do; those of `open`; `io`.
[[nodiscard]] result<entered_state> enter_state(const std::string& data, other_copies others,
                                                const std::function<result<void>()>& open);

// The node's name in Raft: never 0, the same everywhere.
[[nodiscard]] node_id raft_name(const std::string& node, incarnation of);

}  // namespace dip
