#include "cli/terminal.hpp"

#include <array>
#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace dip::cli {
namespace {

constexpr int escape_delay = 25;  // ms: what comes later than that is another key

bool wants_colour() {
  const char* none = std::getenv("NO_COLOR");
  return (!none || *none == '\0') && ::has_colors();
}

// Of the terminal that was opened last.
bool moves_its_cursor() {
  const char* how = ::tigetstr("cup");
  return how && reinterpret_cast<std::intptr_t>(how) != -1;  // -1: it has no such thing
}

std::string utf8_of(wint_t c) {
  std::array<char, 16> out{};
  std::mbstate_t state{};
  const auto n = std::wcrtomb(out.data(), static_cast<wchar_t>(c), &state);
  return n == static_cast<size_t>(-1) ? "" : std::string(out.data(), n);
}

std::optional<top_key::kind> known_key(wint_t c) {
  using enum top_key::kind;
  switch (c) {
    case KEY_UP: return up;
    case KEY_DOWN: return down;
    case KEY_PPAGE: return page_up;
    case KEY_NPAGE: return page_down;
    case KEY_HOME: return home;
    case KEY_END: return end;
    case KEY_ENTER: return enter;
    case KEY_BTAB: return back_tab;
    case KEY_BACKSPACE: return backspace;
    default: return std::nullopt;
  }
}

std::optional<top_key> typed(wint_t c, bool ascii) {
  using enum top_key::kind;
  if (c == '\r' || c == '\n') return top_key{enter, ""};
  if (c == 27) return top_key{escape, ""};
  if (c == '\t') return top_key{tab, ""};
  if (c == 127 || c == 8) return top_key{backspace, ""};
  if (c < 32 || (ascii && c > 126)) return std::nullopt;
  auto text = utf8_of(c);
  if (text.empty()) return std::nullopt;
  return top_key{character, std::move(text)};
}

}  // namespace

struct terminal::state {
  SCREEN* screen = nullptr;
  bool colour = false;

  [[nodiscard]] chtype attributes(look as) const {
    const auto pair = [&](int n, chtype without) {
      return colour ? static_cast<chtype>(COLOR_PAIR(n)) : without;
    };
    switch (as) {
      case look::plain: return A_NORMAL;
      case look::dim: return A_DIM;
      case look::strong: return A_BOLD;
      case look::good: return pair(1, A_NORMAL);
      case look::bad: return pair(2, A_BOLD);
      case look::busy: return pair(3, A_NORMAL);
      case look::title: return pair(4, A_UNDERLINE);
      case look::chosen: return A_REVERSE;
    }
    return A_NORMAL;
  }
};

terminal::terminal(std::unique_ptr<state> s, bool ascii) : state_(std::move(s)), ascii_(ascii) {}

std::unique_ptr<terminal> terminal::open(std::string& problem) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
    problem = "dip top draws on a terminal, and this is none; dip queues, dip actors and the like print once";
    return nullptr;
  }
  std::setlocale(LC_CTYPE, "");
  const bool ascii = std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0;
  const char* name = std::getenv("TERM");
  auto s = std::make_unique<state>();
  s->screen = ::newterm(nullptr, stdout, stdin);
  if (!s->screen || !moves_its_cursor()) {
    if (s->screen) {
      ::endwin();
      ::delscreen(s->screen);
    }
    problem = "the terminal " + std::string(name && *name ? name : "that TERM does not name") +
              " is not known, or cannot move its cursor: set TERM to what it is, as in TERM=xterm";
    return nullptr;
  }
  ::set_escdelay(escape_delay);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::curs_set(0);
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  if (wants_colour()) {
    ::start_color();
    ::use_default_colors();
    ::init_pair(1, COLOR_GREEN, -1);
    ::init_pair(2, COLOR_RED, -1);
    ::init_pair(3, COLOR_CYAN, -1);
    ::init_pair(4, COLOR_BLACK, COLOR_CYAN);
    s->colour = true;
  }
  return std::unique_ptr<terminal>(new terminal(std::move(s), ascii));
}

terminal::~terminal() {
  ::endwin();
  ::delscreen(state_->screen);
}

size_t terminal::columns() const { return static_cast<size_t>(getmaxx(stdscr)); }
size_t terminal::rows() const { return static_cast<size_t>(getmaxy(stdscr)); }

void terminal::draw(const std::vector<text_line>& lines) {
  ::erase();
  for (size_t y = 0; y < lines.size(); ++y) {
    ::move(static_cast<int>(y), 0);
    for (const auto& s : lines[y]) {
      ::attrset(static_cast<int>(state_->attributes(s.as)));
      ::addstr(s.text.c_str());
    }
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

terminal::heard terminal::wait(std::chrono::milliseconds time, top_key& key) {
  wint_t c = 0;
  int got = ::get_wch(&c);
  if (got == ERR) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, static_cast<int>(time.count()));
    if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return heard::gone;
    // A signal ends the wait too: that of a new size is read as a key.
    got = ::get_wch(&c);
  }
  if (got == ERR) return heard::nothing;
  if (got == KEY_CODE_YES && c == KEY_RESIZE) return heard::resized;
  if (got == KEY_CODE_YES) {
    const auto known = known_key(c);
    if (!known) return heard::nothing;
    key = {*known, ""};
    return heard::key;
  }
  auto pressed = typed(c, ascii_);
  if (!pressed) return heard::nothing;
  key = std::move(*pressed);
  return heard::key;
}

}  // namespace dip::cli
