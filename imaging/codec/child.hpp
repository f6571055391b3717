// One child: confined first, then a loop of jobs.
#pragma once

#include <cstdint>

#include <sys/types.h>

#include "imaging/descriptor.hpp"

namespace dip::pixels {

// What may never be undone: dies with `parent`, gains no rights, and has bounds on memory, files and their
// size. False when the kernel refused; the process must not touch an image then.
[[nodiscard]] bool confine(pid_t parent, std::uint64_t memory_limit);

// Answers jobs until the other end is closed or breaks the protocol.
void serve(descriptor socket);

}  // namespace dip::pixels
