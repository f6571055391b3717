// The client's commands: upload, process, status, requests, check-config.
#pragma once

#include <functional>
#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace dip::cli {

// Puts the commands into an application that may have others, and runs the one that was typed.
class client_commands {
public:
  // `app` outlives it.
  explicit client_commands(CLI::App& app);
  ~client_commands();
  client_commands(const client_commands&) = delete;
  client_commands& operator=(const client_commands&) = delete;

  // After `parse`: the exit code of the command that was typed, nothing when it is none of these.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options;
  std::unique_ptr<options> options_;
};

// Reads the command line into `app`: nothing when a command is to be run, else the exit code, after help or
// one line of error was printed.
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

// A program that has these commands and no others.
[[nodiscard]] int run_client(int argc, const char* const* argv);

}  // namespace dip::cli
