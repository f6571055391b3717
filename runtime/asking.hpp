// How a thread that is no actor asks a partition's leader and waits for the answer.
#pragma once

#include <utility>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/messages.hpp"
#include "core/errc.hpp"

namespace dip {

class directory;

// Longer than any healthy commit, and than any healthy change of leaders; beyond it the outcome is unknown,
// and the caller is told so.
inline constexpr std::chrono::seconds commit_deadline{15};

class asking {
public:
  asking(caf::actor_system& system, const directory& where) : system_(system), where_(where) {}

  // Into the partition's log. Errors: the entry's verdict, `no_quorum` when nobody answers.
  [[nodiscard]] result<answer> propose_to(partition_id p, command what) const {
    return checked(try_propose(p, std::move(what)));
  }
  // News, through its topic.
  [[nodiscard]] result<answer> publish_to(partition_id p, topic_name t, command what) const {
    return checked(try_publish(p, t, std::move(what)));
  }
  [[nodiscard]] result<found_rows> read_from(partition_id p, read_rows wanted,
                                             milliseconds within = commit_deadline) const;
  // Many at once; an answer each, in their order.
  [[nodiscard]] std::vector<result<found_rows>> read_each(
      const std::vector<std::pair<partition_id, read_rows>>& wanted, milliseconds within) const;

  // The same with the answer as it came. An error with `maybe_taken` may be that of a second time, when the
  // first was taken and its answer lost.
  [[nodiscard]] answer try_propose(partition_id p, command what) const;
  [[nodiscard]] answer try_publish(partition_id p, topic_name t, command what) const;
  [[nodiscard]] static result<answer> checked(answer a) {
    if (a.ok) return a;
    return fail(a.code, std::move(a.detail), std::move(a.pointer));
  }
  [[nodiscard]] static result<found_rows> rows_of(answer a);

private:
  caf::actor_system& system_;
  const directory& where_;
};

}  // namespace dip
