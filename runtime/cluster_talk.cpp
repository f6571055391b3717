#include "runtime/cluster_talk.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "cli/commands.hpp"

namespace dip {
namespace {

constexpr std::chrono::seconds round{1};

std::string operator_key(const config& conf) {
  if (const char* key = std::getenv("DIP_API_KEY"); key && *key) return key;
  std::string token;
  if (!conf.security.admin_token_file.empty()) {
    std::ifstream in(conf.security.admin_token_file);
    std::getline(in, token);
  }
  return token;
}

}  // namespace

cli::node_api api_of(const config& conf, const std::vector<std::string>& urls) {
  cli::node_address where;
  where.urls = urls;
  where.key = operator_key(conf);
  where.retry_for = std::chrono::seconds{30};
  if (where.urls.empty())
    for (const auto& n : conf.nodes) where.urls.push_back(view_of(conf, n, "").url);
  return cli::node_api{std::move(where)};
}

cli::answer<cluster_now> ask_cluster(cli::node_api& api) {
  auto said = api.cluster();
  if (!said) return tl::make_unexpected(std::move(said.error()));
  auto now = parse_cluster(*said);
  if (now) return std::move(*now);
  return tl::make_unexpected(cli::node_error{.text = now.error().detail});
}

tl::expected<planned, int> plan_now(cli::node_api& api, const config& conf) {
  auto now = ask_cluster(api);
  if (!now) {
    cli::complain(now.error().text);
    return tl::make_unexpected(cli::exit_code_of(now.error()));
  }
  auto plan = plan_change(*now, conf);
  if (!plan) {
    cli::complain(plan.error().detail);
    return tl::make_unexpected(int{cli::work_failed});
  }
  return planned{std::move(*now), std::move(*plan)};
}

bool agreed() {
  if (::isatty(STDIN_FILENO) != 1) {
    cli::complain("nobody is there to be asked: --yes goes ahead, --dry-run only says what it would do");
    return false;
  }
  std::fputs("Go ahead? [y/N] ", stdout);
  std::fflush(stdout);
  std::string word;
  std::getline(std::cin, word);
  return word == "y" || word == "Y" || word == "yes";
}

bool say_problems(const launch_outcome& outcome) {
  for (const auto& line : outcome.problems) cli::complain(line);
  return !outcome.problems.empty();
}

std::string watch_change(cli::node_api& api, const cluster_plan& plan, const config& conf,
                         milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  std::string said;
  for (;;) {
    const auto now = ask_cluster(api);
    const auto left = now ? what_is_left(*now, plan, conf) : now.error().text;
    if (left.empty()) return left;
    if (left != said) std::fprintf(stderr, "%s\n", left.c_str());
    said = left;
    if (std::chrono::steady_clock::now() >= deadline) return left;
    (void)::poll(nullptr, 0, static_cast<int>(milliseconds{round}.count()));
  }
}

}  // namespace dip
