// What the operators' commands share.
#include <algorithm>

#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr std::uint32_t most_at_a_time = 1000;

}  // namespace

int give_up(const node_error& problem) {
  if (problem.what != node_error::kind::interrupted) complain(problem.text);
  return exit_code_of(problem);
}

void say_unreachable(const json& page) {
  const auto away = words_in(list_of(page, "unreachable"));
  if (!away.empty())
    complain(joined(away) + (away.size() == 1 ? " does" : " do") +
             " not answer: what is there is missing here");
}

answer<json> get_pages(node_api& api, const std::string& path, const char* name, std::uint32_t limit) {
  json all;
  std::string cursor;
  json items = json::array();
  do {
    const auto left = limit - static_cast<std::uint32_t>(items.size());
    std::string asked = path + (path.find('?') == std::string::npos ? "?" : "&") +
                        "limit=" + std::to_string(std::min(left, most_at_a_time));
    if (!cursor.empty()) asked += "&cursor=" + net::percent_encode(cursor);
    auto page = api.get(asked);
    if (!page) return page;
    for (const auto& item : list_of(*page, name)) items.push_back(item);
    cursor = text_of(*page, "next_cursor");
    all = std::move(*page);
  } while (!cursor.empty() && items.size() < limit);
  all[name] = std::move(items);
  return all;
}

}  // namespace dip::cli
