// The commands of a program as they are put together, and what they have in common.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"

namespace dip::cli {

class command_list {
public:
  // `root` outlives it.
  explicit command_list(CLI::App& root) : root_(root) {}

  // `run` answers with the exit code; what it reads outlives this list.
  CLI::App* add(const char* name, const char* doc, std::function<int()> run);
  // --url, --retry-for and --json. `common` outlives this list.
  void add_common(CLI::App& command, common_options& common);
  void add_node(CLI::App& command, node_address& node);

  // The exit code of the command that was typed, nothing when it is none of these.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct kept_node {
    node_address* node;
    long retry_for;  // seconds
  };
  CLI::App& root_;
  std::vector<std::pair<CLI::App*, std::function<int()>>> commands_;
  std::list<kept_node> nodes_;  // addresses of what options fill in
};

}  // namespace dip::cli
