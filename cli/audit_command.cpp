#include <cstdio>

#include "cli/interrupt.hpp"
#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"
#include "cli/screen.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

void print_audit(const json& page) {
  const auto shown = display::of_this_process();
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : list_of(page, "entries"))
    rows.push_back({short_time(text_of(e, "at")), text_of(e, "who"), text_of(e, "what"), text_of(e, "on"),
                    text_of(e, "outcome"), text_of(e, "from"), text_of(e, "node"), text_of(e, "reason")});
  const std::string text = rows.empty() ? "no operator has done anything\n"
                                        : render_table({{"TIME (UTC)"},
                                                        {"WHO", false, true},
                                                        {"WHAT"},
                                                        {"ON", false, true},
                                                        {"OUTCOME", false, true},
                                                        {"FROM", false, false, true},
                                                        {"NODE", false, false, true},
                                                        {"REASON", false, true, true}},
                                                       rows, shown.columns(), shown.out);
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int run_audit(const audit_options& options) {
  const interrupt_watch watch;
  node_api api(options.common.node);
  const auto page = get_pages(api, "/audit", "entries", options.limit);
  if (!page) return give_up(page.error());
  if (options.common.json)
    print_json(*page);
  else
    print_audit(*page);
  return done;
}

}  // namespace dip::cli
