#pragma once

namespace CLI {
class App;
}

#include <memory>
#include <optional>
#include <string>

namespace dip {

// `dip cluster`: what concerns all nodes of a cluster.conf.
class cluster_command {
public:
  // `app` outlives it.
  explicit cluster_command(CLI::App& app);
  // The exit code, when `cluster` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options {
    std::string config = "cluster.conf", out = "tls";
    unsigned days = 825;
  };

  CLI::App *command_, *init_;
  std::unique_ptr<options> options_;
};

}  // namespace dip
