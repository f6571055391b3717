// What each command does, its options read already. Each answers with the program's exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/node_api.hpp"

namespace dip::cli {

// interface.md's exit codes, and the shell's word for Ctrl-C.
enum exit_code : int { done = 0, work_failed = 1, wrong_usage = 2, no_node = 3, was_interrupted = 130 };

struct common_options {
  node_address node;
  bool json = false;
};

struct process_options {
  common_options common;
  std::vector<std::string> files;
  std::vector<std::string> operations;  // as --op
  std::string preset, format, email;
  std::optional<std::uint32_t> quality;
  bool wait = false;  // implied by `out`
  std::string out;    // directory, made when it is not there; empty: nothing is downloaded
  bool force = false;
};

[[nodiscard]] int run_upload(const common_options& common, const std::vector<std::string>& files);
[[nodiscard]] int run_process(const process_options& options);
[[nodiscard]] int run_status(const common_options& common, const std::string& id);

struct requests_options {
  common_options common;
  std::string status;
  std::uint32_t limit = 20;
};
[[nodiscard]] int run_requests(const requests_options& options);
[[nodiscard]] int run_check_config(const std::string& file, bool json, const config_check& further);

// The body of POST /process-file, but for `file`. Errors: a sentence about the option that is wrong.
[[nodiscard]] result<nlohmann::json> make_request_template(const process_options& options);

// One line to standard error, after "dip: ".
void complain(const std::string& line);
[[nodiscard]] int exit_code_of(const node_error& problem);

// A member of a JSON object as printable text, "" when it is not there or no text.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);
// One, when it is a number; else 0.
[[nodiscard]] std::uint64_t number_of(const nlohmann::json& object, const char* name);
// "1600×1200", or "" when the object does not say.
[[nodiscard]] std::string pixels_of(const nlohmann::json& object);

}  // namespace dip::cli
