#include "runtime/cluster_command.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "runtime/cluster_init.hpp"
#include "runtime/config_file.hpp"

namespace dip {
namespace {

int refuse(const std::string& why) {
  std::fprintf(stderr, "dip: %s\n", why.c_str());
  return 1;
}

}  // namespace

cluster_command::cluster_command(CLI::App& app)
    : command_(app.add_subcommand("cluster", "What concerns all nodes of a cluster")),
      init_(command_->add_subcommand("init", "Make the certificates that its nodes know each other by")),
      options_(std::make_unique<options>()) {
  command_->require_subcommand(1);
  init_->add_option("--config", options_->config, "cluster.conf, whose nodes they are for")
      ->capture_default_str();
  init_->add_option("--out", options_->out, "The directory to put them into; what is there is kept")
      ->capture_default_str();
  init_->add_option("--days", options_->days, "How long a node's is valid; the authority's is for ten years")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
}

std::optional<int> cluster_command::run() const {
  if (!init_->parsed()) return std::nullopt;
  const auto conf = read_config(options_->config);
  if (!conf) return refuse(conf.error().detail);
  const auto made = make_cluster_certificates(*conf, options_->out, std::chrono::hours{24} * options_->days);
  if (!made) return refuse(made.error().detail);
  for (const auto& line : *made) std::printf("%s\n", line.c_str());
  if (made->empty()) std::printf("nothing to do: all nodes have certificates in %s\n", options_->out.c_str());
  std::fprintf(stderr,
               "Each node gets its own two files and ca.pem. Keep ca.key away from the nodes: whoever has it "
               "can join.\n");
  return 0;
}

}  // namespace dip
