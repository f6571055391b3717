// What --help prints.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace CLI {
class App;
}

namespace dip::cli {

// `path` is what is typed to get to the command: "dip process". No line is wider than 80 columns but those of
// its footer.
[[nodiscard]] std::string help_text(const command_doc& command, const std::string& path);

// Makes --help of `app` and of the commands that it has print that.
void use_help_text(CLI::App& app);

}  // namespace dip::cli
