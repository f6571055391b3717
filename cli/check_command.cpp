#include <cstdio>

#include "cli/health_check.hpp"
#include "cli/interrupt.hpp"
#include "cli/operator_commands.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

// A monitor must not wait for a node that hangs.
constexpr std::chrono::seconds patience{10};

// Not knowing is a state of its own, on standard output like the others.
int say_unknown(const check_options& options, const std::string& why) {
  if (options.common.json)
    print_json({{"state", to_string(health::unknown)}, {"error", {{"detail", why}}}});
  else
    std::puts(("DIP UNKNOWN: " + why).c_str());
  return static_cast<int>(health::unknown);
}

}  // namespace

int run_check(const check_options& options) {
  const auto measures = health_measures();
  std::vector<threshold> limits;
  for (size_t i = 0; i < measures.size(); ++i) {
    const auto& typed = options.thresholds[i];
    const auto parsed =
        parse_threshold(measures[i], typed.empty() ? std::string(measures[i].fallback) : typed);
    if (!parsed) return say_unknown(options, parsed.error().detail);
    limits.push_back(*parsed);
  }
  const interrupt_watch watch;
  auto where = options.common.node;
  where.timeout = patience;
  node_api api(where);
  health_answers told;
  for (const auto& [path, into] : {std::pair{"/cluster", &told.cluster},
                                   {"/queues", &told.queues},
                                   {"/actors?state=stuck&limit=10", &told.stuck}}) {
    auto got = api.get(path);
    if (!got) return say_unknown(options, got.error().text);
    *into = std::move(*got);
  }
  const auto all = examine(told, limits);
  if (options.common.json)
    print_json(health_json(all));
  else
    std::fputs(health_text(all).c_str(), stdout);
  return static_cast<int>(worst_of(all));
}

}  // namespace dip::cli
