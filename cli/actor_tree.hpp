// Actors under those that made them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace dip::cli {

struct tree_line {
  std::string branch;  // "│  ├─ ", or in ASCII "|  |- "; "" of a root
  const nlohmann::json* actor = nullptr;
};

// Each actor of the list once, parents before their children. One whose parent is not in the list is a root.
// Points into `actors`.
[[nodiscard]] std::vector<tree_line> tree_of(const nlohmann::json& actors, bool ascii);

}  // namespace dip::cli
