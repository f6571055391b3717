// The log of a node that a supervisor runs: a file that the node itself appends to, so that it never waits
// for its supervisor, and whose size the supervisor bounds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dip {

// Beyond `most` bytes the file is copied to `path` + ".1", in the place of the one before, and emptied. A
// line that is written between the two may be lost; where the copy cannot be written, all of it is: the disk
// is full.
void bound_log(const std::string& path, std::uint64_t most);

// The last lines of the file, and of the one before it where it has fewer; the oldest first.
[[nodiscard]] std::vector<std::string> last_lines(const std::string& path, size_t count);

}  // namespace dip
