// What happened, line by line. Kept only when somebody will read it: a run is made again from its seed for
// that.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace dip::simulation {

class trace {
public:
  explicit trace(size_t keep) : keep_(keep) {}
  [[nodiscard]] bool kept() const { return keep_ > 0; }

  template <class Words>
  void line(std::int64_t now, Words words) {
    if (keep_ == 0) return;
    auto text = std::to_string(now) + " " + words();
    digest_ = (digest_ ^ std::hash<std::string>{}(text)) * 0x100000001b3ULL;
    lines_.push_back(std::move(text));
    if (lines_.size() > keep_) lines_.pop_front();
  }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }

private:
  size_t keep_;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
  std::deque<std::string> lines_;
};

}  // namespace dip::simulation
