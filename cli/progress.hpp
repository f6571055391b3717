// What is going on, as a few lines that are drawn again and again.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "cli/table.hpp"
#include "core/clock.hpp"

namespace dip::cli {

// The state of many files on their way. Any thread.
class progress_board {
public:
  // `total_bytes` are those of all files. With `work_follows` a file's upload is half of its way, else all of
  // it.
  progress_board(const clock& time, size_t files, std::uint64_t total_bytes, bool work_follows);

  using handle = size_t;
  handle begin(const std::string& name, std::uint64_t bytes);
  // Bytes of the upload that are done; never goes back.
  void uploaded(handle file, std::uint64_t bytes);
  // What happens after the upload: "processing", "downloading".
  void phase(handle file, const std::string& word);
  void end(handle file, bool good);

  // The whole first, then the files that are busy, at most `most_files` of them; no line is wider than
  // `columns`.
  [[nodiscard]] std::vector<std::string> lines(size_t columns, size_t most_files, const style& with) const;

  // "14 files in 0:09, 1 failed"
  [[nodiscard]] std::string summary() const;

private:
  struct file {
    handle id;
    std::string name, phase;
    std::uint64_t bytes = 0, done = 0;
  };
  struct sample {
    steady_time at;
    std::uint64_t bytes;
  };
  file* find(handle id);
  void note_bytes(std::uint64_t more);
  [[nodiscard]] double fraction() const;
  [[nodiscard]] double rate() const;  // bytes a second, over the last seconds
  [[nodiscard]] std::string overall_line(size_t columns, const style& with) const;
  [[nodiscard]] std::string file_line(const file& f, size_t columns, const style& with) const;

  const clock& clock_;
  const size_t files_;
  const std::uint64_t total_bytes_;
  const bool work_follows_;
  const steady_time started_;
  mutable std::mutex mutex_;
  std::list<file> busy_;
  std::deque<sample> samples_;
  handle next_ = 0;
  size_t good_ = 0, bad_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t finished_bytes_ = 0;
};

// "0:07", "12:30", "1:02:03".
[[nodiscard]] std::string clock_text(std::uint64_t seconds);
// `columns` wide, `fraction` of it full.
[[nodiscard]] std::string bar(double fraction, size_t columns, const style& with);

}  // namespace dip::cli
