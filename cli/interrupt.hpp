// Ctrl-C: the first asks the work to stop and clean up, the second ends the program.
#pragma once

namespace dip::cli {

// Catches SIGINT and SIGTERM while it lives. One at a time.
class interrupt_watch {
public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;
};

// Whether one came since the watch began. Any thread.
[[nodiscard]] bool interrupted();

}  // namespace dip::cli
