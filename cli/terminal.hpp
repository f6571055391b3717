// The terminal itself, over ncurses.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/top_model.hpp"

namespace dip::cli {

// One at a time, by one thread. The terminal is as it was when this is gone.
class terminal {
public:
  // nullptr, and why in `problem`, where it cannot be drawn on.
  [[nodiscard]] static std::unique_ptr<terminal> open(std::string& problem);
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  [[nodiscard]] bool ascii() const { return ascii_; }
  [[nodiscard]] size_t columns() const;
  [[nodiscard]] size_t rows() const;
  void draw(const std::vector<text_line>& lines);

  enum class heard : unsigned char { nothing, key, resized, gone };
  // Waits so long at most. `gone`: nobody is there any more.
  [[nodiscard]] heard wait(std::chrono::milliseconds time, top_key& key);

private:
  struct state;
  explicit terminal(std::unique_ptr<state> s, bool ascii);
  std::unique_ptr<state> state_;
  bool ascii_;
};

}  // namespace dip::cli
