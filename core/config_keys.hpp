// The keys of cluster.conf as a table: the file's reader and the environment's are two walks over it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.hpp"

namespace dip {

// A value as it was written. A list stands in the file as an array of texts, in the environment with commas.
using config_value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct config_key {
  std::string_view section, name;
  // Stores the value, or answers with what is wrong: "must be between 1 and 1024".
  std::function<std::optional<std::string>(config&, const config_value&)> store;
};

struct node_key {
  std::string_view name;
  std::function<std::optional<std::string>(node_config&, const config_value&)> store;
};

// In the order of cluster.conf.
[[nodiscard]] std::span<const config_key> config_keys();
[[nodiscard]] std::span<const node_key> node_keys();

// What no single key shows: names, ports and directories that two nodes share, a bound below its other bound.
// `key` is the key to point at, "" for the whole section; `node` the index of the node.
struct config_conflict {
  std::string_view section, key;
  size_t node = 0;
  std::string text;
};
[[nodiscard]] std::vector<config_conflict> find_conflicts(const config& c);

}  // namespace dip
