#pragma once

namespace CLI {
class App;
}

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace dip {

class cluster_launch;
struct cluster_machine;
struct cluster_place;
struct launch_outcome;

// `dip cluster`: what concerns all nodes of a cluster.conf.
class cluster_command {
public:
  // `app` outlives it.
  explicit cluster_command(CLI::App& app);
  ~cluster_command();
  cluster_command(const cluster_command&) = delete;
  cluster_command& operator=(const cluster_command&) = delete;
  // The exit code, when `cluster` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options;

  void add_init();
  void add_start_and_stop();
  void add_looks();
  [[nodiscard]] int init(const config& conf) const;
  [[nodiscard]] int launch(const config& conf) const;
  [[nodiscard]] int stay(const config& conf, const cluster_place& place,
                         const cluster_machine& machine) const;
  [[nodiscard]] int carry_out(const cluster_launch& all) const;
  [[nodiscard]] int supervise(const config& conf) const;
  [[nodiscard]] int tell(const launch_outcome& outcome, bool good) const;

  CLI::App* command_;
  std::unique_ptr<options> options_;
};

}  // namespace dip
