// Places where a crash tells most: tests have the process end there.
#pragma once

#include <atomic>
#include <string_view>

namespace dip {

// Called on the thread that comes by, with the name of the place. Nobody listens in the program that is
// shipped. Set before there are threads.
inline std::atomic<void (*)(std::string_view name)> failpoint_listener{nullptr};

inline void failpoint(std::string_view name) {
  if (auto* const listen = failpoint_listener.load(std::memory_order_relaxed)) listen(name);
}

}  // namespace dip
