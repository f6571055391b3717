#include "runtime/cluster_apply.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/node_api.hpp"
#include "runtime/cluster_plan.hpp"

namespace dip {
namespace {

using cli::complain;

constexpr std::chrono::seconds round{1};
constexpr milliseconds until_ready{120'000};

// DIP_API_KEY, or the admin's token where this user may read it.
std::string operator_key(const config& conf) {
  if (const char* key = std::getenv("DIP_API_KEY"); key && *key) return key;
  std::string token;
  if (!conf.security.admin_token_file.empty()) {
    std::ifstream in(conf.security.admin_token_file);
    std::getline(in, token);
  }
  return token;
}

cli::node_api api_of(const config& conf, const std::vector<std::string>& urls) {
  cli::node_address where;
  where.urls = urls;
  where.key = operator_key(conf);
  where.retry_for = std::chrono::seconds{30};
  if (where.urls.empty())
    for (const auto& n : conf.nodes) where.urls.push_back(view_of(conf, n, "").url);
  return cli::node_api{std::move(where)};
}

bool agreed() {
  if (::isatty(STDIN_FILENO) != 1) {
    complain("nobody is there to be asked: --yes goes ahead, --dry-run only says what it would do");
    return false;
  }
  std::fputs("Go ahead? [y/N] ", stdout);
  std::fflush(stdout);
  std::string word;
  std::getline(std::cin, word);
  return word == "y" || word == "Y" || word == "yes";
}

bool say_problems(const launch_outcome& outcome) {
  for (const auto& line : outcome.problems) complain(line);
  return !outcome.problems.empty();
}

// The line that is still left, empty when all is done; nothing: nobody answers.
std::string watch(cli::node_api& api, const cluster_plan& plan, const config& conf, milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  std::string said;
  for (;;) {
    const auto answer = api.cluster();
    const auto now =
        answer ? parse_cluster(*answer) : result<cluster_now>{fail(errc::io, answer.error().text)};
    const auto left = now ? what_is_left(*now, plan, conf) : now.error().detail;
    if (left.empty()) return left;
    if (left != said) std::fprintf(stderr, "%s\n", left.c_str());
    said = left;
    if (std::chrono::steady_clock::now() >= deadline) return left;
    (void)::poll(nullptr, 0, static_cast<int>(milliseconds{round}.count()));
  }
}

// New nodes are started last: those that run dial them, and turn nobody away whom they know already.
bool carry_out(const cluster_launch& all) {
  if (const auto ready = all.prepare_here(); !ready) {
    complain(ready.error().detail);
    return false;
  }
  return !say_problems(all.reload()) && !say_problems(all.up(until_ready));
}

void stop_removed(const cluster_launch& all, const cluster_plan& plan) {
  const auto stopped = all.stop_others_here();
  for (const auto& name : stopped) std::printf("%s is stopped; its data may go\n", name.c_str());
  for (const auto& name : plan.removed)
    if (std::find(stopped.begin(), stopped.end(), name) == stopped.end())
      std::printf("%s is not needed any more: stop it if it runs elsewhere\n", name.c_str());
}

}  // namespace

int apply_nodes(const config& conf, const cluster_launch& all, const apply_options& options) {
  auto api = api_of(conf, options.urls);
  const auto answer = api.cluster();
  if (!answer) {
    complain(answer.error().text);
    return cli::exit_code_of(answer.error());
  }
  const auto now = parse_cluster(*answer);
  const auto plan = now ? plan_change(*now, conf) : tl::make_unexpected(now.error());
  if (!plan) {
    complain(plan.error().detail);
    return cli::work_failed;
  }
  if (what_is_left(*now, *plan, conf).empty() && plan->removed.empty()) {
    stop_removed(all, *plan);
    std::printf("nothing to do: the cluster is as the file has it\n");
    return cli::done;
  }
  std::fputs(to_text(*plan).c_str(), stdout);
  std::fflush(stdout);
  if (options.dry_run) return cli::done;
  if (!options.yes && !agreed()) return cli::work_failed;
  if (!carry_out(all)) return cli::work_failed;
  if (const auto left = watch(api, *plan, conf, options.within); !left.empty()) {
    complain("not done in time: " + left + "; it goes on by itself, and the same command watches it again");
    return cli::work_failed;
  }
  stop_removed(all, *plan);
  std::printf("the cluster is as the file has it\n");
  return cli::done;
}

}  // namespace dip
