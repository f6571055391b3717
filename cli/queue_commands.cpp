#include <algorithm>
#include <cstdio>

#include "cli/interrupt.hpp"
#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"
#include "cli/screen.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

// All of it, some of it, or nothing is paused.
std::string pause_word(const json& queue) {
  if (flag_of(queue, "paused")) return "paused";
  const auto& parts = list_of(queue, "partitions");
  return std::any_of(parts.begin(), parts.end(), [](const json& p) { return flag_of(p, "paused"); })
             ? "paused in part"
             : "";
}

void print_topics(const json& page) {
  const auto shown = display::of_this_process();
  std::vector<std::vector<std::string>> rows;
  for (const auto& t : list_of(page, "topics"))
    rows.push_back({text_of(t, "name"), joined(words_in(list_of(t, "subscribers"))),
                    std::to_string(number_of(t, "published")), rate_text(real_of(t, "rate"))});
  std::fputs(
      render_table({{"TOPIC"}, {"SUBSCRIBERS", false, true, true}, {"PUBLISHED", true}, {"A SECOND", true}},
                   rows, shown.columns(), shown.out)
          .c_str(),
      stdout);
}

void print_queues(const json& page) {
  const auto shown = display::of_this_process();
  std::vector<std::vector<std::string>> rows;
  const auto count = [](const json& q, const char* name) { return std::to_string(number_of(q, name)); };
  for (const auto& q : list_of(page, "queues"))
    rows.push_back({text_of(q, "name"), count(q, "visible"), count(q, "in_flight"), count(q, "delayed"),
                    count(q, "dead"), span_text(maybe_number(q, "oldest_ms")),
                    rate_text(real_of(q, "in_rate")), rate_text(real_of(q, "out_rate")), pause_word(q)});
  std::fputs(render_table({{"QUEUE"},
                           {"VISIBLE", true},
                           {"IN FLIGHT", true},
                           {"DELAYED", true},
                           {"DEAD", true},
                           {"OLDEST", true},
                           {"IN/S", true, false, true},
                           {"OUT/S", true, false, true},
                           {""}},
                          rows, shown.columns(), shown.out)
                 .c_str(),
             stdout);
}

int run_listing(const common_options& common, const char* path, void (*print)(const json&)) {
  const interrupt_watch watch;
  const auto page = node_api(common.node).get(path);
  if (!page) return give_up(page.error());
  say_unreachable(*page);
  if (common.json)
    print_json(*page);
  else
    print(*page);
  return done;
}

}  // namespace

int run_topics(const common_options& common) { return run_listing(common, "/topics", &print_topics); }

int run_queues(const common_options& common) { return run_listing(common, "/queues", &print_queues); }

int run_pause(const queue_options& options, bool paused) {
  const interrupt_watch watch;
  const auto told =
      node_api(options.common.node)
          .send("POST", "/queues/" + net::percent_encode(options.queue) + (paused ? "/pause" : "/resume"));
  if (!told) return give_up(told.error());
  if (options.common.json)
    print_json(*told);
  else
    std::puts((text_of(*told, "name") + (paused ? "\tpaused" : "\tresumed")).c_str());
  return done;
}

}  // namespace dip::cli
