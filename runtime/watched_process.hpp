// A process by its descriptor (pidfd): a pid that was given to another process is never taken for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/errc.hpp"

namespace dip {

// When a process was started, in ticks since the machine was; nothing when there is none with that pid.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_of(pid_t pid);
// Another one after each start of the machine.
[[nodiscard]] std::string boot_id();

// Move-only; that it goes does not end the process. One thread at a time.
class watched_process {
public:
  // `words[0]` is the program's file. It runs in `directory`, in a session of its own, with no signal
  // blocked, reads nothing, and writes to the end of `log`, which is made. Errors: `io`.
  [[nodiscard]] static result<watched_process> start(const std::vector<std::string>& words,
                                                     const std::string& directory, const std::string& log);
  // One that somebody else started; nothing when it has ended, or the pid is another's by now.
  [[nodiscard]] static std::optional<watched_process> find(pid_t pid, std::uint64_t start_ticks);

  watched_process(watched_process&& other) noexcept;
  watched_process& operator=(watched_process&& other) noexcept;
  ~watched_process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint64_t start_ticks() const { return start_ticks_; }
  // Readable when the process has ended.
  [[nodiscard]] int descriptor() const { return fd_; }
  void send(int signal) const;

  struct end {
    bool well = false;  // exit status 0
    std::string text;   // "ended with 1", "was ended by SIGKILL"
  };
  // Whether it has ended, and how. How a process ended that was started elsewhere is not known.
  [[nodiscard]] std::optional<end> ended() const;
  // Waits for that, at most so long.
  [[nodiscard]] bool wait_for_end(int timeout_ms) const;

private:
  watched_process(pid_t pid, std::uint64_t start_ticks, int fd)
      : pid_(pid), start_ticks_(start_ticks), fd_(fd) {}

  pid_t pid_ = 0;
  std::uint64_t start_ticks_ = 0;
  int fd_ = -1;
};

}  // namespace dip
