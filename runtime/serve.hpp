#pragma once

namespace CLI {
class App;
}

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace dip {

// `dip serve`: one node in the foreground, until SIGTERM or SIGINT.
class serve_command {
public:
  // `app` outlives it.
  explicit serve_command(CLI::App& app);
  // The exit code, when `serve` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options {
    std::string config, node, data, access_log;
    std::uint16_t health = 0;
  };
  [[nodiscard]] int serve() const;

  CLI::App* command_;
  std::unique_ptr<options> options_;
};

}  // namespace dip
