#include "cli/command_list.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

namespace dip::cli {
namespace {

constexpr const char* default_url = "http://127.0.0.1:8080";

}  // namespace

CLI::App* command_list::add(const char* name, const char* doc, std::function<int()> run) {
  auto* c = root_.add_subcommand(name, doc);
  commands_.emplace_back(c, std::move(run));
  return c;
}

void command_list::add_common(CLI::App& command, common_options& common) {
  add_node(command, common.node);
  command.add_flag("--json", common.json, "JSON on standard output, for scripts");
}

void command_list::add_node(CLI::App& command, node_address& node) {
  auto& kept = nodes_.emplace_back(kept_node{&node, static_cast<long>(node.retry_for.count())});
  command.add_option("--url", node.urls, "a node of the cluster; several are tried in turn")
      ->envname("DIP_URL")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->default_str(default_url)
      ->type_name("URL");
  command
      .add_option("--retry-for", kept.retry_for,
                  "how long a call is tried again while nodes are gone or have no room, at most a day")
      ->check(CLI::Range(0L, 86'400L))
      ->capture_default_str()
      ->type_name("SECONDS");
}

std::optional<int> command_list::run() const {
  for (const auto& [command, run] : commands_) {
    if (!command->parsed()) continue;
    const char* key = std::getenv("DIP_API_KEY");
    for (const auto& kept : nodes_) {
      if (key) kept.node->key = key;
      std::erase(kept.node->urls, "");
      if (kept.node->urls.empty()) kept.node->urls = {default_url};
      kept.node->retry_for = std::chrono::seconds(kept.retry_for);
    }
    return run();
  }
  return std::nullopt;
}

}  // namespace dip::cli
