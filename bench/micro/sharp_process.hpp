// sharp in a process of its own (bench/sharp), asked for one image at a time.
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace dip::bench {

class sharp_process {
public:
  // With this JPEG, which may go when the constructor is back.
  explicit sharp_process(const std::filesystem::path& photo);
  sharp_process(const sharp_process&) = delete;
  sharp_process& operator=(const sharp_process&) = delete;
  ~sharp_process();

  // Whether sharp is installed.
  explicit operator bool() const { return !version_.empty(); }
  [[nodiscard]] const std::string& version() const { return version_; }
  // Milliseconds of CPU. Throws std::runtime_error when there is no answer.
  double resize();

private:
  // Without its end; empty: the process is gone.
  std::string line();

  pid_t pid_ = 0;
  int socket_ = -1;
  std::string version_;
};

}  // namespace dip::bench
