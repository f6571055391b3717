#include <algorithm>
#include <cstdio>

#include "cli/interrupt.hpp"
#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"
#include "cli/screen.hpp"
#include "cli/waterfall.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr size_t bar_columns = 24;
constexpr size_t widest_bar = 60;

// What a terminal has left for the bars, when all else is as wide as it needs to be.
size_t room_for_bars(const waterfall& w, size_t columns) {
  if (columns == 0) return bar_columns;
  size_t what = 4, node = 4, actor = 5, waited = 6, worked = 6;
  for (const auto& r : w.rows) {
    what = std::max(what, display_width(r.what));
    node = std::max(node, display_width(r.node));
    actor = std::max(actor, display_width(r.actor));
    waited = std::max(waited, display_width(r.waited));
    worked = std::max(worked, display_width(r.worked));
  }
  const size_t taken = what + node + actor + 3 + waited + worked + 6 * 2;
  return std::clamp(columns > taken ? columns - taken : 0, size_t{10}, widest_bar);
}

void print_trace(const json& trace) {
  const auto shown = display::of_this_process();
  const auto now = system_clock().wall();
  const auto columns = shown.columns();
  const auto w =
      make_waterfall(trace, room_for_bars(make_waterfall(trace, 0, now, false), columns), now, false);
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : w.rows)
    rows.push_back({r.what, r.node, r.actor, r.attempt, r.waited, r.worked, r.bar});
  const auto run = number_of(trace, "run");
  std::string text = text_of(trace, "id") + "  " + dressed(text_of(trace, "status"), shown.out) +
                     (run > 1 ? ", run " + std::to_string(run) : "") + ", " + span_text(w.whole_ms) + "\n\n" +
                     render_table({{"STEP"},
                                   {"NODE"},
                                   {"ACTOR", false, true},
                                   {"TRY", true, false, true},
                                   {"WAITED", true},
                                   {"WORKED", true},
                                   {""}},
                                  rows, columns, shown.out);
  std::string errors;
  for (const auto& r : w.rows)
    if (!r.error.empty())
      errors +=
          r.what + (r.attempt.empty() ? "" : ", try " + r.attempt) + ": " + shown.out.bad(r.error) + "\n";
  std::fputs((text + (errors.empty() ? "" : "\n" + errors)).c_str(), stdout);
}

}  // namespace

int run_trace(const trace_options& options) {
  const interrupt_watch watch;
  const auto trace =
      node_api(options.common.node).get("/requests/" + net::percent_encode(options.id) + "/trace");
  if (!trace) return give_up(trace.error());
  say_unreachable(*trace);
  if (options.common.json)
    print_json(*trace);
  else
    print_trace(*trace);
  return done;
}

}  // namespace dip::cli
