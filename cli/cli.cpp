#include "cli/cli.hpp"

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "core/operation_table.hpp"

namespace dip::cli {
namespace {

constexpr const char* default_url = "http://127.0.0.1:8080";

constexpr const char* process_examples = R"(Examples:
  dip process holiday.jpg --op resize:width=800 --format webp --out small
  dip process *.jpg --op resize:width=1600,fit=inside --op sharpen --quality 82 --out web
  dip process cat.png --op 'text:text="Hello, cat",size=40' --wait
  dip process photo.jpg --preset avatar --email owner@example.org)";

constexpr const char* all_examples = R"(Examples:
  dip upload holiday.jpg
  dip process *.jpg --op resize:width=800,fit=cover --format webp --out small
  dip status 01JABCDEFGHJKMNPQRSTVWXYZ0
  dip requests --status failed

DIP_URL names the node, DIP_API_KEY has the key. Exit codes: 0 done, 1 the work failed,
2 wrong usage, 3 no node could be reached.)";

void add_common(CLI::App& command, common_options& common) {
  command.add_option("--url", common.node.url, "a node of the cluster")
      ->envname("DIP_URL")
      ->default_str(default_url)
      ->type_name("URL");
  command.add_flag("--json", common.json, "JSON on standard output, for scripts");
}

std::string all_operations() {
  std::string names;
  for (const auto& op : operation_table()) names += (names.empty() ? "" : " ") + std::string(op.name);
  return names;
}

}  // namespace

struct client_commands::options {
  common_options upload_common, status_common;
  std::vector<std::string> upload_files;
  process_options process;
  std::uint32_t quality = 0;
  std::string status_id;
  requests_options requests;
  std::string config_file = "cluster.conf";
  bool config_json = false;
  config_check check_further;
  CLI::App *upload_command = nullptr, *process_command = nullptr, *status_command = nullptr,
           *requests_command = nullptr, *check_command = nullptr;
  CLI::Option* quality_option = nullptr;

  void add_upload(CLI::App& app) {
    upload_command = app.add_subcommand("upload", "store images, print their URLs");
    upload_command->add_option("FILE", upload_files, "images")->required()->type_name("");
    add_common(*upload_command, upload_common);
  }

  void add_process(CLI::App& app) {
    auto* c = process_command =
        app.add_subcommand("process", "upload images, have them worked on, fetch the results");
    c->add_option("FILE", process.files, "images")->required()->type_name("");
    c->add_option("--op", process.operations,
                  "an operation, in the order given: NAME or NAME:PARAM=VALUE,…\n" + all_operations())
        ->allow_extra_args(false)
        ->type_name("OP");
    c->add_option("--preset", process.preset, "a preset of cluster.conf")->type_name("NAME");
    c->add_option("--format", process.format, "jpeg, png, webp, avif, gif, tiff; without it, the input's")
        ->type_name("FORMAT");
    quality_option =
        c->add_option("--quality", quality, "1 to 100")->check(CLI::Range(1, 100))->type_name("N");
    c->add_option("--email", process.email, "who is told of the result")->type_name("ADDRESS");
    c->add_flag("--wait", process.wait, "wait for the results");
    c->add_option("--out", process.out, "download the results into DIR (waits)")->type_name("DIR");
    c->add_flag("--force", process.force, "replace files that are in DIR already");
    add_common(*c, process.common);
    c->footer(process_examples);
  }

  void add_status(CLI::App& app) {
    status_command = app.add_subcommand("status", "what became of a request");
    status_command->add_option("ID", status_id, "the request's id")->required()->type_name("");
    add_common(*status_command, status_common);
  }

  void add_requests(CLI::App& app) {
    requests_command = app.add_subcommand("requests", "the newest requests");
    requests_command
        ->add_option(
            "--status", requests.status,
            "only those: accepted, preprocessing, preprocessed, processing, processed, failed, cancelled")
        ->type_name("STATUS");
    requests_command->add_option("--limit", requests.limit, "how many")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str()
        ->type_name("N");
    add_common(*requests_command, requests.common);
  }

  void add_check(CLI::App& app) {
    check_command = app.add_subcommand("check-config", "say what is wrong in a cluster.conf, with the line");
    check_command->add_option("FILE", config_file, "the file")->capture_default_str()->type_name("");
    check_command->add_flag("--json", config_json, "JSON on standard output, for scripts");
  }
};

client_commands::client_commands(CLI::App& app, config_check check) : options_(std::make_unique<options>()) {
  options_->check_further = std::move(check);
  options_->add_upload(app);
  options_->add_process(app);
  options_->add_status(app);
  options_->add_requests(app);
  options_->add_check(app);
}

client_commands::~client_commands() = default;

std::optional<int> client_commands::run() const {
  auto& o = *options_;
  const char* key = std::getenv("DIP_API_KEY");
  for (auto* common : {&o.upload_common, &o.process.common, &o.status_common, &o.requests.common}) {
    if (key) common->node.key = key;
    if (common->node.url.empty()) common->node.url = default_url;
  }
  if (o.quality_option->count() > 0) o.process.quality = o.quality;
  if (o.upload_command->parsed()) return run_upload(o.upload_common, o.upload_files);
  if (o.process_command->parsed()) return run_process(o.process);
  if (o.status_command->parsed()) return run_status(o.status_common, o.status_id);
  if (o.requests_command->parsed()) return run_requests(o.requests);
  if (o.check_command->parsed()) return run_check_config(o.config_file, o.config_json, o.check_further);
  return std::nullopt;
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  app.require_subcommand(1);
  if (app.get_footer().empty()) app.footer(all_examples);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);
    std::string line = problem.what();
    for (char& c : line)
      if (c == '\n') c = ' ';
    std::string command;
    for (const auto* used : app.get_subcommands()) command += " " + used->get_name();
    complain(line + "; see dip" + command + " --help");
    return wrong_usage;
  }
}

int run_client(int argc, const char* const* argv) {
  CLI::App app("DIP, the Distributed Image Processor", "dip");
  const client_commands commands(app);
  if (const auto code = parse(app, argc, argv)) return *code;
  return commands.run().value_or(wrong_usage);
}

}  // namespace dip::cli
