// One child: confined first, then a loop of jobs.
#pragma once

#include <sys/types.h>

#include "imaging/codec/walls.hpp"
#include "imaging/descriptor.hpp"
#include "imaging/protocol.hpp"

namespace dip::pixels {

// Libraries write to standard error what a file makes them write: from here on it goes nowhere. Not where a
// sanitizer would report there. False when it could not be.
[[nodiscard]] bool silence();

// What may never be undone: dies with `parent`, gains no rights, has bounds on memory, CPU, files and their
// size, and asks the kernel for nothing else than it needs. False when the kernel refused; the process must
// not touch an image then.
[[nodiscard]] bool confine(pid_t parent, const protocol::child_bounds& bounds, const walls& around);

// Answers jobs until the other end is closed or breaks the protocol.
void serve(descriptor socket);

}  // namespace dip::pixels
