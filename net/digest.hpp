// SHA-256 of a file, as the nodes tell it of what they keep.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dip::net {

// In hex, lower case.
[[nodiscard]] std::string sha256_of(std::string_view bytes);
// Of all of an open file; its position is not touched. Nothing when it cannot be read: `errno` says why.
[[nodiscard]] std::optional<std::string> sha256_of_file(int fd);

}  // namespace dip::net
