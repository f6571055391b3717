#include <algorithm>
#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "cli/interrupt.hpp"
#include "cli/numbers.hpp"
#include "cli/operator_commands.hpp"
#include "cli/screen.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr size_t ids_at_a_time = 1000;

std::string path_of(const std::string& queue, const char* what) {
  return "/queues/" + net::percent_encode(queue) + what;
}

void print_letters(const json& page) {
  const auto shown = display::of_this_process();
  const auto total = number_of(page, "total");
  if (total == 0) {
    std::puts("no dead letters");
    return;
  }
  std::vector<std::vector<std::string>> groups, rows;
  for (const auto& g : list_of(page, "groups"))
    groups.push_back({std::to_string(number_of(g, "count")), text_of(g, "code")});
  std::string text = render_table({{"COUNT", true}, {"ERROR"}}, groups, shown.columns(), shown.out);
  for (const auto& m : list_of(page, "messages"))
    rows.push_back({text_of(m, "id"), text_of(m, "request"), text_of(m, "kind"),
                    span_text(maybe_number(m, "age_ms")), std::to_string(number_of(m, "acquired")),
                    text_of(part_of(m, "error"), "code"), text_of(part_of(m, "error"), "detail")});
  if (!rows.empty())
    text += "\n" + render_table({{"ID"},
                                 {"REQUEST"},
                                 {"KIND", false, false, true},
                                 {"AGE", true},
                                 {"TRIES", true},
                                 {"ERROR"},
                                 {"DETAIL", false, true, true}},
                                rows, shown.columns(), shown.out);
  std::fputs(text.c_str(), stdout);
}

// How many a redrive without ids would take.
answer<std::uint64_t> count_letters(node_api& api, const redrive_options& options, bool& more) {
  const auto page = api.get(path_of(options.queue, "/dead-letters?limit=1"));
  if (!page) return tl::make_unexpected(page.error());
  more = flag_of(*page, "more");
  if (options.error.empty()) return number_of(*page, "total");
  for (const auto& g : list_of(*page, "groups"))
    if (text_of(g, "code") == options.error) return number_of(g, "count");
  return std::uint64_t{0};
}

bool agreed(const std::string& question) {
  std::fputs((question + " [y/N] ").c_str(), stderr);
  std::string word;
  std::getline(std::cin, word);
  return word == "y" || word == "Y" || word == "yes";
}

// Nothing: go ahead.
std::optional<int> ask(node_api& api, const redrive_options& options) {
  if (options.yes) return std::nullopt;
  if (::isatty(STDIN_FILENO) != 1) {
    complain("nobody is there to be asked: --yes redrives without");
    return wrong_usage;
  }
  std::uint64_t many = options.ids.size();
  bool more = false;
  if (options.ids.empty()) {
    const auto count = count_letters(api, options, more);
    if (!count) return give_up(count.error());
    many = *count;
  }
  if (many == 0) return std::nullopt;
  const std::string question = "Put " + std::string(more ? "more than " : "") + counted(many, "dead letter") +
                               (options.error.empty() ? "" : " with " + printable(options.error)) + " of " +
                               printable(options.queue) + " back to work?";
  if (agreed(question)) return std::nullopt;
  complain("nothing was redriven");
  return work_failed;
}

answer<json> redrive(node_api& api, const redrive_options& options) {
  const auto path = path_of(options.queue, "/redrive");
  if (options.ids.empty()) {
    json body = json::object();
    if (!options.error.empty()) body["error"] = options.error;
    return api.send("POST", path, body);
  }
  json all{{"redriven", 0}, {"refused", json::array()}};
  for (size_t from = 0; from < options.ids.size(); from += ids_at_a_time) {
    const auto to = std::min(options.ids.size(), from + ids_at_a_time);
    const std::vector<std::string> some(options.ids.begin() + static_cast<std::ptrdiff_t>(from),
                                        options.ids.begin() + static_cast<std::ptrdiff_t>(to));
    auto told = api.send("POST", path, {{"ids", some}});
    if (!told) return told;
    all["redriven"] = number_of(all, "redriven") + number_of(*told, "redriven");
    for (const auto& r : list_of(*told, "refused")) all["refused"].push_back(r);
  }
  return all;
}

// One object or line for each, like `dip cancel`; `call` answers what the object has beside the id.
template <class Call>
int run_each(const common_options& common, const std::vector<std::string>& ids, const char* outcome,
             const Call& call) {
  int worst = done;
  for (const auto& id : ids) {
    const answer<json> told = call(id);
    json line{{"id", printable(id)}};
    if (told) {
      line.update(*told);
      if (!common.json) std::puts((printable(id) + "\t" + outcome).c_str());
    } else {
      const auto& problem = told.error();
      line["error"] = {{"detail", problem.text}};
      worst = std::max<int>(worst, exit_code_of(problem));
      if (problem.what == node_error::kind::interrupted) return worst;
      complain((problem.what == node_error::kind::refused ? printable(id) + ": " : "") + problem.text);
    }
    if (common.json) std::puts(line.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    if (!told && told.error().what == node_error::kind::unreachable) return worst;
  }
  return worst;
}

}  // namespace

int run_dead_letters(const dead_letters_options& options) {
  const interrupt_watch watch;
  node_api api(options.common.node);
  std::string path = path_of(options.queue, "/dead-letters");
  if (!options.error.empty()) path += "?error=" + net::percent_encode(options.error);
  const auto page = get_pages(api, path, "messages", options.limit);
  if (!page) return give_up(page.error());
  say_unreachable(*page);
  if (options.common.json)
    print_json(*page);
  else
    print_letters(*page);
  return done;
}

int run_redrive(const redrive_options& options) {
  if (options.ids.empty() != (options.all || !options.error.empty()) ||
      (options.all && !options.error.empty())) {
    complain("which dead letters: ids, --error CODE, or --all, and one of these only");
    return wrong_usage;
  }
  const interrupt_watch watch;
  node_api api(options.common.node);
  if (const auto code = ask(api, options)) return *code;
  const auto told = redrive(api, options);
  if (!told) return give_up(told.error());
  const auto& refused = list_of(*told, "refused");
  if (options.common.json)
    print_json(*told);
  else
    std::puts((counted(number_of(*told, "redriven"), "dead letter") + " redriven").c_str());
  for (const auto& r : refused)
    complain(text_of(r, "id") + ": " + text_of(r, "detail") + " (" + text_of(r, "code") + ")");
  return refused.empty() ? done : work_failed;
}

int run_discard(const discard_options& options) {
  const interrupt_watch watch;
  node_api api(options.common.node);
  return run_each(options.common, options.ids, "discarded", [&](const std::string& id) -> answer<json> {
    auto told = api.send("DELETE", path_of(options.queue, "/dead-letters/") + net::percent_encode(id) +
                                       "?reason=" + net::percent_encode(options.reason));
    if (!told) return told;
    return json{{"queue", printable(options.queue)}, {"status", "discarded"}};
  });
}

int run_retry(const retry_options& options) {
  const interrupt_watch watch;
  node_api api(options.common.node);
  return run_each(options.common, options.ids, "runs again", [&](const std::string& id) -> answer<json> {
    return api.send("POST", "/requests/" + net::percent_encode(id) + "/retry");
  });
}

}  // namespace dip::cli
