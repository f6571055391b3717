// How far each partition's log is known to reach, kept outside of the log: a log that ends before its mark
// has lost something, and must not be trusted. Two slots, written in turn, so that one is always whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"

namespace dip {

struct high_water_mark {
  log_index index;
  std::uint64_t checksum = 0;  // of the entry there
  term_number term;            // durable beside the log: it must not be forgotten
  term_number latest_term;     // no entry of a later one is in the log, or else the mark is older than it
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.checksum, s.term, s.latest_term);
  }
};

// One thread at a time.
class high_water_file {
public:
  // Makes the file, all marks zero, durable.
  [[nodiscard]] static result<std::unique_ptr<high_water_file>> make(const std::string& path,
                                                                     std::uint16_t partitions);
  // `corrupt` when it is missing or neither slot can be read, `io`.
  [[nodiscard]] static result<std::unique_ptr<high_water_file>> open(const std::string& path,
                                                                     std::uint16_t partitions);
  high_water_file(const high_water_file&) = delete;
  high_water_file& operator=(const high_water_file&) = delete;
  ~high_water_file();

  [[nodiscard]] const std::vector<high_water_mark>& marks() const { return marks_; }
  // Durable when it returns. `io`.
  result<void> write(std::vector<high_water_mark> marks);

private:
  explicit high_water_file(int fd) : fd_(fd) {}
  result<void> load(std::uint16_t partitions);

  int fd_;
  std::uint64_t sequence_ = 0;
  std::vector<high_water_mark> marks_;
};

}  // namespace dip
