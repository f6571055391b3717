#include "cli/actor_tree.hpp"

#include <unordered_map>
#include <unordered_set>

#include "cli/commands.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

struct strokes {
  const char *child, *last, *through, *blank;
};
constexpr strokes drawn{"├─ ", "└─ ", "│  ", "   "};
constexpr strokes typed{"|- ", "`- ", "|  ", "   "};

class forest {
public:
  forest(const json& actors, const strokes& with) : with_(with) {
    for (const auto& a : actors) all_.emplace(text_of(a, "id"), &a);
    for (const auto& a : actors) {
      const auto parent = text_of(a, "parent");
      if (!parent.empty() && all_.count(parent) > 0)
        children_[parent].push_back(&a);
      else
        roots_.push_back(&a);
    }
  }

  std::vector<tree_line> lines() {
    for (const auto* root : roots_) add(*root, "", "");
    return std::move(out_);
  }

private:
  // A node that was asked twice while it changed could show an actor below itself: each is taken once.
  void add(const json& actor, const std::string& branch, const std::string& below) {
    const auto id = text_of(actor, "id");
    if (!taken_.insert(id).second) return;
    out_.push_back({branch, &actor});
    const auto& children = children_[id];
    for (size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      add(*children[i], below + (last ? with_.last : with_.child),
          below + (last ? with_.blank : with_.through));
    }
  }

  const strokes& with_;
  std::unordered_map<std::string, const json*> all_;
  std::unordered_map<std::string, std::vector<const json*>> children_;
  std::unordered_set<std::string> taken_;
  std::vector<const json*> roots_;
  std::vector<tree_line> out_;
};

}  // namespace

std::vector<tree_line> tree_of(const json& actors, bool ascii) {
  return forest(actors, ascii ? typed : drawn).lines();
}

}  // namespace dip::cli
