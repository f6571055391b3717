// What stands around the zygote, and so around all of its children, before any of them sees an image.
#pragma once

#include <cstdint>
#include <string>

namespace dip::pixels {

struct walls {
  // Files can be opened, and there is nothing but the machine's fonts: without it no file may be opened at
  // all, and no text be drawn.
  bool jail = false;
  bool filter = false;  // the kernel filters system calls
  std::string missing;  // what the kernel refused, for a person; empty: the sandbox is whole
  // Bytes of address space before any image: a sanitizer's shadow takes terabytes.
  std::uint64_t address_space = 0;
};

// Namespaces of its own, an empty network, a read-only file system of fonts, no user's rights, no capability.
// Of a process with one thread, before it forks; what cannot be had is said and left out. Forks: what returns
// is the first process of its own process namespace, while the caller's own one waits for it, and then exits
// as it did.
[[nodiscard]] walls build_walls();

}  // namespace dip::pixels
