#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/screen.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr std::uint32_t most_at_a_time = 1000;

// "90s", "30m", "12h", "7d" ago, or a time as the API writes it.
result<std::string> time_since(const std::string& text, wall_time now) {
  if (const auto time = parse_rfc3339(text)) return to_rfc3339(*time);
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string unit(end, text.data() + text.size());
  const std::int64_t seconds = unit == "s"   ? 1
                               : unit == "m" ? 60
                               : unit == "h" ? 3600
                               : unit == "d" ? 86400
                                             : 0;
  if (problem != std::errc() || seconds == 0 || count < 0 || count > 100'000)
    return fail(errc::bad_request, "--since " + printable(text) +
                                       " is neither a time ago (30m, 12h, 7d) nor 2026-03-04T05:06:07Z");
  return to_rfc3339(now - std::chrono::seconds(count * seconds));
}

// Pages of the listing, put together until there are as many as were asked for.
answer<json> list_all(node_api& api, const std::string& filter, std::uint32_t limit) {
  json all{{"requests", json::array()}, {"next_cursor", nullptr}};
  std::string cursor;
  do {
    const auto left = limit - static_cast<std::uint32_t>(all["requests"].size());
    std::string query = "limit=" + std::to_string(std::min(left, most_at_a_time)) + filter;
    if (!cursor.empty()) query += "&cursor=" + net::percent_encode(cursor);
    auto page = api.list(query);
    if (!page) return page;
    for (auto& r : (*page)["requests"]) all["requests"].push_back(std::move(r));
    cursor = text_of(*page, "next_cursor");
    (*page)["requests"] = std::move(all["requests"]);
    all = std::move(*page);
  } while (!cursor.empty() && all["requests"].size() < limit);
  return all;
}

void print_table(const json& page) {
  const auto shown = display::of_this_process();
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : page["requests"])
    rows.push_back({text_of(r, "id"), text_of(r, "status"), text_of(r, "file_name"),
                    short_time(text_of(r, "created_at")),
                    std::to_string(r.value("outputs", json::array()).size())});
  const std::string text = rows.empty() ? "no requests\n"
                                        : render_table({{"REQUEST"},
                                                        {"STATUS"},
                                                        {"FILE", false, true, true},
                                                        {"CREATED (UTC)", false, false, true},
                                                        {"OUTPUTS", true, false, true}},
                                                       rows, shown.columns(), shown.out);
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int run_requests(const requests_options& options) {
  std::string filter;
  if (!options.status.empty()) filter += "&status=" + net::percent_encode(options.status);
  if (!options.since.empty()) {
    const auto since = time_since(options.since, system_clock().wall());
    if (!since) {
      complain(since.error().detail);
      return wrong_usage;
    }
    filter += "&since=" + net::percent_encode(*since);
  }
  const interrupt_watch watch;
  node_api api(options.common.node);
  const auto page = list_all(api, filter, options.limit);
  if (!page) {
    complain(page.error().text);
    return exit_code_of(page.error());
  }
  if (options.common.json)
    print_json(*page);
  else
    print_table(*page);
  return done;
}

}  // namespace dip::cli
