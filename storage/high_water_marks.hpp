// When the marks of the logs are written. They lag behind the log, never lead: a log that ends before its
// mark has lost something. Two things must be in the file before they are in the log: that the log gets
// shorter, and that it gets entries of a later term.
#pragma once

#include <utility>
#include <vector>

#include "storage/high_water.hpp"
#include "storage/log_change.hpp"

namespace dip {

// A value without a file. One owner.
class high_water_marks {
public:
  explicit high_water_marks(std::vector<high_water_mark> marks) : marks_(std::move(marks)) {}

  // Before `turn` is written. Answers whether the marks must be durable first.
  [[nodiscard]] bool before(const std::vector<log_change>& turn);
  // `turn` is durable.
  void after(const std::vector<log_change>& turn);

  [[nodiscard]] bool late() const { return late_; }
  // They are in the file.
  void written() { late_ = false; }
  [[nodiscard]] const std::vector<high_water_mark>& all() const { return marks_; }

private:
  std::vector<high_water_mark> marks_;
  bool late_ = false;
};

}  // namespace dip
