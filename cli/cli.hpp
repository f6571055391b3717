// The client's commands: those of users, of operators, and those that need no node.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace CLI {
class App;
}

namespace dip::cli {

// What is wrong in a file that a configuration names.
struct file_error {
  std::string file;
  config_error what;
};
// What can be wrong beside cluster.conf itself; asked when that is good.
using config_check = std::function<std::vector<file_error>(const config&)>;

class command_list;

// Puts the commands into an application that may have others, and runs the one that was typed.
class client_commands {
public:
  // `app` outlives it.
  explicit client_commands(CLI::App& app, config_check check = {});
  ~client_commands();
  client_commands(const client_commands&) = delete;
  client_commands& operator=(const client_commands&) = delete;

  // After `parse`: the exit code of the command that was typed, nothing when it is none of these.
  [[nodiscard]] std::optional<int> run() const;

private:
  struct options;
  std::unique_ptr<command_list> list_;
  std::unique_ptr<options> options_;
  std::shared_ptr<void> operator_options_;
};

// Reads the command line into `app`: nothing when a command is to be run, else the exit code, after help or
// one line of error was printed.
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

// A program that has these commands and no others.
[[nodiscard]] int run_client(int argc, const char* const* argv);

}  // namespace dip::cli
