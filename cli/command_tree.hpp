// The commands as data, read off the parser: completions, the man page and docs/cli.md are made from it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dip::cli {

struct option_doc {
  std::vector<std::string> names;  // "--url", "-h"
  std::string value;               // "URL"; "" of a flag
  std::string doc;
  std::string fallback;  // what it is when it is left out, or ""
  std::string variable;  // of the environment, or ""
  bool repeatable = false;
};

struct argument_doc {
  std::string name;
  std::string doc;
  bool required = false;
  bool repeatable = false;
};

struct command_doc {
  std::string name;
  std::string doc;
  std::string footer;  // examples
  std::vector<option_doc> options;
  std::vector<argument_doc> arguments;
  std::vector<command_doc> commands;
};

[[nodiscard]] command_doc read_commands(const CLI::App& app);

// What is typed or written to get from a command to one below it.
[[nodiscard]] std::string path_below(const std::string& path, const char* between,
                                     const command_doc& command);

// The words that a value of this name can be ("FORMAT"), or none.
[[nodiscard]] std::vector<std::string> words_of(const std::string& value);
[[nodiscard]] bool is_file(const std::string& value);
[[nodiscard]] bool is_directory(const std::string& value);

}  // namespace dip::cli
