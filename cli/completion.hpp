// Shell completions, made from the commands as they are.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace dip::cli {

// Scripts to be sourced; `root` is the program.
[[nodiscard]] std::string bash_completion(const command_doc& root);
[[nodiscard]] std::string zsh_completion(const command_doc& root);
[[nodiscard]] std::string fish_completion(const command_doc& root);

}  // namespace dip::cli
