// What each command does, its options read already. Each answers with the program's exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/input_files.hpp"
#include "cli/node_api.hpp"
#include "cli/table.hpp"

namespace dip::cli {

// interface.md's exit codes, and the shell's word for Ctrl-C.
enum exit_code : int { done = 0, work_failed = 1, wrong_usage = 2, no_node = 3, was_interrupted = 130 };

struct common_options {
  node_address node;
  bool json = false;
};

struct upload_options {
  common_options common;
  std::vector<std::string> files;  // also directories and globs
  unsigned parallel = 4;           // files on their way at a time
  std::string resume;              // a file; empty: none
};

struct process_options {
  common_options common;
  std::vector<std::string> files;       // also directories and globs
  std::vector<std::string> operations;  // as --op
  std::string preset, format, email, webhook;
  std::optional<std::uint32_t> quality;
  bool wait = false;  // implied by `out`
  std::string out;    // as out_template reads it; empty: nothing is downloaded
  bool force = false;
  unsigned parallel = 4;
  std::string resume;  // a file; empty: the one beside the results, where there are any
};

struct requests_options {
  common_options common;
  std::string status, since;
  std::uint32_t limit = 20;
};

[[nodiscard]] int run_upload(const upload_options& options);
[[nodiscard]] int run_process(const process_options& options);
[[nodiscard]] int run_status(const common_options& common, const std::string& id);
[[nodiscard]] int run_watch(const common_options& common, const std::string& id);
[[nodiscard]] int run_cancel(const common_options& common, const std::vector<std::string>& ids);
[[nodiscard]] int run_info(const common_options& common, const std::string& file);
[[nodiscard]] int run_requests(const requests_options& options);
[[nodiscard]] int run_check_config(const std::string& file, bool json, const config_check& further);

// An exit code where there is nothing to do, after it was said.
[[nodiscard]] std::optional<int> refuse_empty(const input_list& inputs,
                                              const std::vector<std::string>& arguments);

// The body of POST /process-file, but for `file`. Errors: a sentence about the option that is wrong.
[[nodiscard]] result<nlohmann::json> make_request_template(const process_options& options);

// One line to standard error, after "dip: ".
void complain(const std::string& line);
[[nodiscard]] int exit_code_of(const node_error& problem);

// A member of a JSON object as printable text, "" when it is not there or no text.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);
// One, when it is a number; else 0.
[[nodiscard]] std::uint64_t number_of(const nlohmann::json& object, const char* name);
// JSON for people and scripts: two blanks deep, a line break at the end.
void print_json(const nlohmann::json& document);
// "2026-03-04 05:06:07" of "2026-03-04T05:06:07.089Z".
[[nodiscard]] std::string short_time(std::string text);
// A status in its colour.
[[nodiscard]] std::string dressed(const std::string& status, const style& with);
// A request's results as a table; nothing where there are none.
void print_outputs(const nlohmann::json& record, size_t width, const style& with);
// "1600×1200", or "" when the object does not say.
[[nodiscard]] std::string pixels_of(const nlohmann::json& object);

}  // namespace dip::cli
