#pragma once

namespace CLI {
class App;
}

#include <memory>
#include <optional>
#include <string>

namespace dip {

// `dip openapi`: what GET /openapi.json answers, without a node; with every format that some node may write.
class openapi_command {
public:
  // `app` outlives it.
  explicit openapi_command(CLI::App& app);
  // The exit code, when `openapi` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  CLI::App* command_;
  std::unique_ptr<std::string> config_;
};

}  // namespace dip
