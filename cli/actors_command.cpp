#include <cstdio>
#include <limits>

#include "cli/actor_tree.hpp"
#include "cli/interrupt.hpp"
#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"
#include "cli/screen.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

std::vector<std::string> row_of(const json& a, const std::string& branch) {
  const auto error = text_of(a, "reason").empty() ? text_of(a, "last_error") : text_of(a, "reason");
  return {branch + text_of(a, "name"),
          text_of(a, "id"),
          text_of(a, "kind"),
          text_of(a, "state"),
          std::to_string(number_of(a, "mailbox")),
          std::to_string(number_of(a, "processed")),
          rate_text(real_of(a, "rate")),
          percent_text(real_of(a, "busy")),
          short_span(real_of(a, "busy_ms_p99")),
          std::to_string(number_of(a, "restarts")),
          error};
}

void print_actors(const json& page, bool as_tree) {
  const auto& actors = list_of(page, "actors");
  std::vector<std::vector<std::string>> rows;
  if (as_tree)
    for (const auto& line : tree_of(actors, false)) rows.push_back(row_of(*line.actor, line.branch));
  else
    for (const auto& a : actors) rows.push_back(row_of(a, ""));
  const auto shown = display::of_this_process();
  const std::string text = rows.empty() ? "no actors\n"
                                        : render_table({{"ACTOR"},
                                                        {"ID"},
                                                        {"KIND", false, false, true},
                                                        {"STATE"},
                                                        {"MAILBOX", true},
                                                        {"HANDLED", true, false, true},
                                                        {"A SECOND", true, false, true},
                                                        {"BUSY", true, false, true},
                                                        {"P99", true, false, true},
                                                        {"RESTARTS", true, false, true},
                                                        {"LAST ERROR", false, true, true}},
                                                       rows, shown.columns(), shown.out);
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int run_actors(const actors_options& options) {
  std::string path = "/actors";
  const auto filter = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    path += (path.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" +
            net::percent_encode(value);
  };
  filter("node", options.node);
  filter("kind", options.kind);
  filter("state", options.state);
  filter("sort", options.sort);
  const interrupt_watch watch;
  node_api api(options.common.node);
  const auto page = get_pages(api, path, "actors", std::numeric_limits<std::uint32_t>::max());
  if (!page) return give_up(page.error());
  say_unreachable(*page);
  if (options.common.json)
    print_json(*page);
  else
    print_actors(*page, options.sort.empty());
  return done;
}

}  // namespace dip::cli
