// dip(1), made from the commands as they are.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace dip::cli {

// In the man macros of groff and mandoc.
[[nodiscard]] std::string man_page(const command_doc& root);

}  // namespace dip::cli
