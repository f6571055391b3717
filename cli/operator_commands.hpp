// What operators' commands do, their options read already. Each answers with the program's exit code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/health_check.hpp"

namespace dip::cli {

class command_list;

// Adds them all. What comes back outlives the list.
[[nodiscard]] std::shared_ptr<void> add_operator_commands(command_list& to);

struct queue_options {
  common_options common;
  std::string queue;
};

struct dead_letters_options {
  common_options common;
  std::string queue, error;
  std::uint32_t limit = 50;
};

struct redrive_options {
  common_options common;
  std::string queue, error;
  std::vector<std::string> ids;  // none: those of `error`, or all
  bool all = false;
  bool yes = false;  // nobody is asked
};

struct discard_options {
  common_options common;
  std::string queue, reason;
  std::vector<std::string> ids;
};

struct retry_options {
  common_options common;
  std::vector<std::string> ids;
};

struct actors_options {
  common_options common;
  std::string node, kind, state, sort;
};

struct trace_options {
  common_options common;
  std::string id;
};

struct audit_options {
  common_options common;
  std::uint32_t limit = 20;
};

struct check_options {
  common_options common;
  // As typed: "N" or "N:M".
  std::vector<std::string> thresholds = std::vector<std::string>(health_measures().size());
};

[[nodiscard]] int run_topics(const common_options& common);
[[nodiscard]] int run_queues(const common_options& common);
[[nodiscard]] int run_pause(const queue_options& options, bool paused);
[[nodiscard]] int run_dead_letters(const dead_letters_options& options);
[[nodiscard]] int run_redrive(const redrive_options& options);
[[nodiscard]] int run_discard(const discard_options& options);
[[nodiscard]] int run_retry(const retry_options& options);
[[nodiscard]] int run_actors(const actors_options& options);
[[nodiscard]] int run_trace(const trace_options& options);
[[nodiscard]] int run_audit(const audit_options& options);
[[nodiscard]] int run_check(const check_options& options);
[[nodiscard]] int run_top(const node_address& node);

// Says what is in the way; the exit code.
[[nodiscard]] int give_up(const node_error& problem);
// To standard error: nodes that did not answer, whose part is missing in the answer.
void say_unreachable(const nlohmann::json& page);
// Pages of a listing as one, until `limit` items of the list `name` are there. `path` has its query already,
// but for limit and cursor.
[[nodiscard]] answer<nlohmann::json> get_pages(node_api& api, const std::string& path, const char* name,
                                               std::uint32_t limit);

}  // namespace dip::cli
