// A file system for processes that need nothing but fonts.
#pragma once

namespace dip::pixels {

// Of a process in a mount namespace of its own, with the right to mount: from here on `/` is read-only and
// holds the machine's fonts with their configuration and nothing else. False, with errno, when the kernel
// refused; what was mounted by then stays.
[[nodiscard]] bool enter_jail();

}  // namespace dip::pixels
