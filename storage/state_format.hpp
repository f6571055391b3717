// DATA/state/FORMAT: written last when the state is made, so that whatever stands beside it is whole.
#pragma once

#include <cstdint>
#include <string>

#include "core/errc.hpp"

namespace dip {

// Whether FORMAT is there. Errors: `conflict` when it is of another version or number of partitions,
// `corrupt`, `io`.
[[nodiscard]] result<bool> check_format(const std::string& directory, std::uint16_t partitions);
// Durable afterwards, and with it every name in the directory.
[[nodiscard]] result<void> write_format(const std::string& directory, std::uint16_t partitions);

}  // namespace dip
