// Who replicates a partition, and who of them counts when a majority is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"

namespace dip {

// A learner holds a copy; a voter is also counted in majorities (Raft dissertation, section 4.2.1).
enum class member_role : std::uint8_t { learner, voter };

struct member {
  node_id id;
  member_role role = member_role::learner;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.role);
  }
  bool operator==(const member&) const = default;
};

// A value; `members` are in the order of their ids, each once.
struct membership {
  std::vector<member> members;

  [[nodiscard]] std::optional<member_role> role_of(node_id id) const;
  [[nodiscard]] bool is_voter(node_id id) const { return role_of(id) == member_role::voter; }
  [[nodiscard]] std::vector<node_id> voters() const;
  [[nodiscard]] size_t majority() const { return voters().size() / 2 + 1; }

  // This membership with one member more, less, or in another role.
  [[nodiscard]] membership with(node_id id, member_role role) const;
  [[nodiscard]] membership without(node_id id) const;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.members);
  }
  bool operator==(const membership&) const = default;
};

// All of them voters: what a partition is begun with.
[[nodiscard]] membership make_membership(const std::vector<node_id>& voters);
// Bytes of a membership entry. Errors: `corrupt`, also when a member stands twice or out of order.
[[nodiscard]] result<membership> parse_membership(const std::string& bytes);
// "1 2 3 4?": a learner has a question mark. For traces and logs.
[[nodiscard]] std::string to_string(const membership& m);

}  // namespace dip
