#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/node.hpp"

namespace CLI {
class App;
}

namespace dip {

// `dip serve`: one node in the foreground, until SIGTERM or SIGINT.
class serve_command {
public:
  // `app` outlives it.
  explicit serve_command(CLI::App& app, stand_ins with = {});
  // The exit code, when `serve` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options {
    std::string config, node, data, access_log;
    std::uint16_t health = 0;
  };
  [[nodiscard]] int serve() const;

  CLI::App* command_;
  stand_ins stand_ins_;
  std::unique_ptr<options> options_;
};

}  // namespace dip
