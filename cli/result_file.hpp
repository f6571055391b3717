// Files that are whole or not there.
#pragma once

#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip::cli {

// A file under a temporary name beside its own, which it gets by `finish`. Dropped before, it leaves nothing
// behind. One thread at a time.
class result_file {
public:
  // Errors: `conflict` when the file is there and not `replace`, `io`.
  [[nodiscard]] static result<result_file> create(const std::string& path, bool replace);
  ~result_file();
  result_file(result_file&& other) noexcept;
  result_file& operator=(result_file&&) = delete;

  [[nodiscard]] bool write(std::string_view bytes);
  // Back to nothing.
  [[nodiscard]] bool restart();
  // Whether the file of that name that is there already has what was written, byte for byte.
  [[nodiscard]] bool is_there_already() const;
  // Errors: `conflict` when a file of that name came meanwhile and not `replace`, `io`.
  [[nodiscard]] result<void> finish();
  // Why `write` or `restart` failed.
  [[nodiscard]] const std::string& problem() const { return problem_; }

private:
  result_file(std::string path, std::string part, int fd, bool replace);

  std::string path_, part_, problem_;
  int fd_;
  bool replace_;
};

}  // namespace dip::cli
