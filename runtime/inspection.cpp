#include "runtime/inspection.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <caf/all.hpp>

#include "actors/links.hpp"

namespace dip {
namespace {

// Rows of one answer: it has to pass a link.
constexpr std::uint64_t most_actors = 1'000;

std::vector<actor_view> as_tree(std::vector<actor_view> all) {
  std::ranges::sort(all, {}, &actor_view::name);
  std::unordered_map<std::string, std::vector<std::size_t>> below;
  std::unordered_map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < all.size(); ++i) place.emplace(all[i].id, i);
  std::vector<std::size_t> roots;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (place.contains(all[i].parent))
      below[all[i].parent].push_back(i);
    else
      roots.push_back(i);
  std::vector<actor_view> out;
  std::vector<std::size_t> next{roots.rbegin(), roots.rend()};
  while (!next.empty()) {
    const auto i = next.back();
    next.pop_back();
    if (const auto kids = below.find(all[i].id); kids != below.end())
      next.insert(next.end(), kids->second.rbegin(), kids->second.rend());
    out.push_back(std::move(all[i]));
  }
  return out;
}

bool contains_text(const actor_view& a, const std::string& text) {
  return a.name.find(text) != std::string::npos || a.id.find(text) != std::string::npos ||
         a.last_error.find(text) != std::string::npos;
}

bool fits(const actor_view& a, const inspection& what) {
  return (what.actor_kind.empty() || a.kind == what.actor_kind) &&
         (what.state.empty() || to_string(a.state) == what.state) &&
         (what.parent.empty() || a.parent == what.parent) &&
         (what.text.empty() || contains_text(a, what.text));
}

}  // namespace

inspected refused_inspection(errc code, std::string detail) {
  inspected out;
  out.ok = false;
  out.code = code;
  out.detail = std::move(detail);
  return out;
}

std::function<bool(const actor_view&, const actor_view&)> actor_order(const std::string& sort) {
  // Of two that are equal the names decide, so that pages do not overlap.
  const auto most = [](auto of) {
    return [of](const actor_view& a, const actor_view& b) {
      const auto x = of(a), y = of(b);
      if (x != y) return x > y;
      return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    };
  };
  if (sort == "mailbox") return most([](const actor_view& a) { return a.mailbox; });
  if (sort == "rate") return most([](const actor_view& a) { return a.rate; });
  if (sort == "busy") return most([](const actor_view& a) { return a.busy; });
  if (sort == "restarts") return most([](const actor_view& a) { return a.restarts; });
  return [](const actor_view& a, const actor_view& b) {
    return std::tie(a.name, a.id) < std::tie(b.name, b.id);
  };
}

void select_actors(const introspection& look, const inspection& what, inspected& out) {
  auto all = what.state == "dead" ? look.dead_actors() : look.actors();
  if (what.sort.empty() && what.state != "dead") all = as_tree(std::move(all));
  std::erase_if(all, [&](const actor_view& a) { return !fits(a, what); });
  if (!what.sort.empty()) std::ranges::sort(all, actor_order(what.sort));
  out.total = all.size();
  const auto from = std::min<std::uint64_t>(what.from, all.size());
  const auto count = std::min({what.limit, most_actors, all.size() - from});
  out.actors.assign(std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(from)),
                    std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(from + count)));
}

std::map<std::string, inspected> inspect_peers(caf::actor_system& system, const environment& env,
                                               const inspection& what, const std::string& only) {
  std::map<std::string, inspected> out;
  if (!env.linked) return out;
  const auto bytes = encode(what);
  caf::scoped_actor self{system};
  std::vector<std::pair<std::string, caf::response_handle<caf::blocking_actor, caf::message, true>>> asked;
  for (const auto& n : nodes_of(env)) {
    if (n.name == env.node || (!only.empty() && n.name != only)) continue;
    const auto link = env.linked->find(n.name);
    if (!link || !env.linked->up(n.name)) continue;
    asked.emplace_back(n.name,
                       self->request(caf::actor_cast<caf::actor>(*link), 2 * inspection_patience,
                                     link_request{envelope_kind::inspect, {}, bytes, inspection_patience}));
  }
  for (auto& [name, answer] : asked)
    answer.receive(
        [&, node = name](const link_reply& r) {
          if (!r.ok) return;
          if (auto said = decode<inspected>(r.bytes)) out[node] = std::move(*said);
        },
        [](const caf::error&) {});  // it stands among those that cannot be reached
  return out;
}

}  // namespace dip
