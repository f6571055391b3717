#include "cli/screen.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace dip::cli {
namespace {

constexpr std::chrono::milliseconds redraw{100};
constexpr size_t most_files = 6;

bool colour_on(int fd) {
  const char* none = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (none && *none != '\0') return false;
  return ::isatty(fd) == 1 && term && std::string_view(term) != "dumb";
}

size_t columns_of(int fd) {
  winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void put(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace

display display::of_this_process() {
  return {::isatty(STDOUT_FILENO) == 1,
          ::isatty(STDERR_FILENO) == 1,
          {colour_on(STDOUT_FILENO)},
          {colour_on(STDERR_FILENO)}};
}

size_t display::columns() const { return out_is_terminal ? columns_of(STDOUT_FILENO) : 0; }

screen::screen(const display& shown, const progress_board& board, bool live) : shown_(shown), board_(board) {
  const char* term = std::getenv("TERM");
  const bool can_move = term && std::string_view(term) != "dumb";
  if (live && shown.err_is_terminal && can_move) painter_ = std::thread([this] { keep_drawing(); });
}

screen::~screen() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    erase();
  }
  ended_.notify_all();
  if (painter_.joinable()) painter_.join();
}

void screen::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  erase();
  put(stdout, line + "\n");
}

void screen::complain(const std::string& line) {
  const std::lock_guard lock(mutex_);
  erase();
  put(stderr, shown_.err.bad("dip:") + " " + line + "\n");
}

void screen::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  erase();
  put(stderr, shown_.err.dim("dip: " + line) + "\n");
}

void screen::erase() {
  std::string moves;
  for (; drawn_ > 0; --drawn_) moves += "\x1b[1A\x1b[2K";
  if (!moves.empty()) put(stderr, "\r" + moves);
}

void screen::draw() {
  // Up over the old lines and over each of them: clearing first would flicker.
  std::string text = drawn_ == 0 ? "" : "\x1b[" + std::to_string(drawn_) + "A\r";
  const auto lines = board_.lines(columns_of(STDERR_FILENO) - 1, most_files, shown_.err);
  for (const auto& line : lines) text += line + "\x1b[K\n";
  put(stderr, text + "\x1b[J");
  drawn_ = lines.size();
}

void screen::keep_drawing() {
  std::unique_lock lock(mutex_);
  // What is done at once needs no picture.
  ended_.wait_for(lock, 2 * redraw, [this] { return ending_; });
  while (!ending_) {
    draw();
    ended_.wait_for(lock, redraw, [this] { return ending_; });
  }
}

}  // namespace dip::cli
