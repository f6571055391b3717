#include "core/membership.hpp"

#include <algorithm>

#include "core/codec.hpp"

namespace dip {
namespace {

auto place_of(const std::vector<member>& members, node_id id) {
  return std::lower_bound(members.begin(), members.end(), id,
                          [](const member& m, node_id wanted) { return m.id < wanted; });
}

}  // namespace

std::optional<member_role> membership::role_of(node_id id) const {
  const auto it = place_of(members, id);
  if (it == members.end() || it->id != id) return std::nullopt;
  return it->role;
}

std::vector<node_id> membership::voters() const {
  std::vector<node_id> out;
  for (const auto& m : members)
    if (m.role == member_role::voter) out.push_back(m.id);
  return out;
}

membership membership::with(node_id id, member_role role) const {
  auto out = without(id);
  out.members.insert(place_of(out.members, id), {id, role});
  return out;
}

membership membership::without(node_id id) const {
  auto out = *this;
  std::erase_if(out.members, [&](const member& m) { return m.id == id; });
  return out;
}

membership make_membership(const std::vector<node_id>& voters) {
  membership out;
  for (const auto id : voters) out = out.with(id, member_role::voter);
  return out;
}

result<membership> parse_membership(const std::string& bytes) {
  auto read = decode<membership>(bytes);
  if (!read) return read;
  const auto& all = read->members;
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].id.value == 0 || all[i].role > member_role::voter || (i > 0 && all[i].id <= all[i - 1].id))
      return fail(errc::corrupt, "a membership that cannot be");
  return read;
}

std::string to_string(const membership& m) {
  std::string out;
  for (const auto& one : m.members) {
    if (!out.empty()) out += ' ';
    out += std::to_string(one.id.value);
    if (one.role == member_role::learner) out += '?';
  }
  return out;
}

}  // namespace dip
