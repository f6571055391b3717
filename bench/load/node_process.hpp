// A `dip serve` as a process of its own, looked at from outside.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace dip::bench {

// A directory that goes with its owner.
class scratch_folder {
public:
  // Below $TMPDIR, or /tmp.
  scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

// A figure of dip itself, and of the zygote with all its children.
struct use {
  double dip = 0, codecs = 0;
  [[nodiscard]] double all() const { return dip + codecs; }
};

// Killed when this goes. Throws std::runtime_error, with the node's last lines, when it does not come up.
class node_process {
public:
  // Default settings, on a free port of loopback, with its data in `data`; returns when it is ready.
  node_process(const std::string& program, const std::filesystem::path& data);
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;
  ~node_process();

  [[nodiscard]] const std::string& url() const { return url_; }
  // From the start of the process until /readyz said yes.
  [[nodiscard]] double ready_ms() const { return ready_ms_; }

  // Milliseconds of CPU, of processes that have ended as well.
  [[nodiscard]] use cpu() const;
  // MiB of resident memory.
  [[nodiscard]] use memory() const;
  // Until none of its processes has used the CPU for a while: what was begun has ended.
  void wait_quiet() const;
  // SIGTERM, and its end.
  void stop();

private:
  [[nodiscard]] std::vector<pid_t> family() const;

  std::string url_;
  std::filesystem::path log_;
  pid_t pid_ = 0;
  double ready_ms_ = 0;
};

}  // namespace dip::bench
