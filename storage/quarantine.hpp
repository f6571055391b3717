// A replica whose log is damaged must never vote again under its name: it may have forgotten a vote, or an
// entry that it had confirmed. The node sets its state aside, begins empty, and has another name in Raft; the
// others remove the old one, and take the new one as a learner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/errc.hpp"
#include "core/ids.hpp"

namespace dip {

struct incarnation {
  std::uint64_t value = 0;
  auto operator<=>(const incarnation&) const = default;
};

// Of the node whose data is in `data`; nothing when it never took part in a cluster, or has lost all that it
// had. Errors: `corrupt`, `io`.
[[nodiscard]] result<std::optional<incarnation>> read_incarnation(const std::string& data);
// Durably. `value` is one that the node never had: 0 when the cluster is new, and so is nothing that anybody
// could have been told; else greater than all before.
[[nodiscard]] result<void> write_incarnation(const std::string& data, incarnation value);
// Gives DATA/state another name and the node another incarnation, durably; answers the name that the state
// has now. Nothing may have it open. Errors: `io`, `corrupt`.
[[nodiscard]] result<std::string> set_aside(const std::string& data);
// Who else has what this node has.
enum class other_copies : std::uint8_t { none, replicas };

struct entered_state {
  std::optional<incarnation> as;
  std::string aside;  // the name that a damaged state has now; empty: it was sound
  std::string why;    // what was wrong with it
};

// Every start of a node goes through here. `open` opens DATA/state and checks it; when it fails it has
// nothing open. A state that is damaged (`corrupt`) is set aside where replicas have it, and an empty one is
// opened in its place, under another incarnation; where this node is the only one, nothing is touched and
// nothing is served. Errors: `corrupt`, with what to do; those of `open`; `io`.
[[nodiscard]] result<entered_state> enter_state(const std::string& data, other_copies others,
                                                const std::function<result<void>()>& open);

// The node's name in Raft: never 0, the same everywhere.
[[nodiscard]] node_id raft_name(const std::string& node, incarnation of);

}  // namespace dip
