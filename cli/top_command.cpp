#include "cli/interrupt.hpp"
#include "cli/operator_commands.hpp"
#include "cli/terminal.hpp"
#include "cli/top_feed.hpp"
#include "core/clock.hpp"

namespace dip::cli {
namespace {

constexpr milliseconds look_again{50};
constexpr std::chrono::seconds redraw{1};  // what is said of the time that passes

// Until q, Ctrl-C, or until the terminal is gone.
int run_on(terminal& screen, const node_address& node) {
  const system_clock time;
  top_model model(screen.ascii());
  top_feed feed(node, model);
  auto drawn = steady_time{};
  bool stale = true;
  while (!interrupted()) {
    stale = feed.changed() || stale || time.steady() - drawn >= redraw;
    if (stale) {
      std::vector<text_line> lines;
      {
        const std::lock_guard lock(feed.mutex());
        lines = model.lines(screen.columns(), screen.rows(), time.wall());
      }
      screen.draw(lines);
      drawn = time.steady();
      stale = false;
    }
    top_key key;
    switch (screen.wait(look_again, key)) {
      case terminal::heard::nothing: continue;
      case terminal::heard::gone: return was_interrupted;
      case terminal::heard::resized: stale = true; continue;
      case terminal::heard::key: break;
    }
    stale = true;
    bool elsewhere = false;
    {
      const std::lock_guard lock(feed.mutex());
      const auto before = model.wants();
      model.press(key);
      if (model.quitting()) return done;
      elsewhere = model.wants() != before || model.has_deeds();
    }
    if (elsewhere) feed.wake();
  }
  return was_interrupted;
}

}  // namespace

int run_top(const node_address& node) {
  const interrupt_watch watch;
  // What is wrong with the address or the key is said before anything is drawn.
  if (const auto there = node_api(node).get("/queues"); !there) return give_up(there.error());
  std::string problem;
  const auto screen = terminal::open(problem);
  if (!screen) {
    complain(problem);
    return wrong_usage;
  }
  return run_on(*screen, node);
}

}  // namespace dip::cli
