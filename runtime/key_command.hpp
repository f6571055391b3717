#pragma once

namespace CLI {
class App;
}

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dip {

// `dip key`: a new API key, and its table for the file of keys.
class key_command {
public:
  // `app` outlives it.
  explicit key_command(CLI::App& app);
  // The exit code, when `key` was typed.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options {
    std::string name, file;
    std::vector<std::string> scopes;
  };

  CLI::App* command_;
  std::unique_ptr<options> options_;
};

}  // namespace dip
