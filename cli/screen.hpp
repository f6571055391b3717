// Standard output and error, with the progress below what is printed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "cli/progress.hpp"
#include "cli/table.hpp"

namespace dip::cli {

// What this process can show: NO_COLOR is respected, and nothing is dressed that is not for a terminal.
struct display {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  style out, err;
  [[nodiscard]] static display of_this_process();
  // Of the terminal now; 0 when standard output is none.
  [[nodiscard]] size_t columns() const;
};

// Prints lines while a board is drawn below them, where standard error is a terminal; quiet elsewhere. Any
// thread.
class screen {
public:
  // `board` outlives it. `live` false: nothing is drawn.
  screen(const display& shown, const progress_board& board, bool live);
  ~screen();  // what was drawn is gone
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  void say(const std::string& line);       // to standard output
  void complain(const std::string& line);  // to standard error, after "dip: "
  void note(const std::string& line);      // the same, of what is no error

private:
  void erase();
  void draw();
  void keep_drawing();

  const display& shown_;
  const progress_board& board_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  size_t drawn_ = 0;
  std::thread painter_;
};

}  // namespace dip::cli
