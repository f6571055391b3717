#include "cli/cli.hpp"

#include <cstdio>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_list.hpp"
#include "cli/command_tree.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/help_text.hpp"
#include "cli/man_page.hpp"
#include "cli/operator_commands.hpp"
#include "core/operation_table.hpp"

namespace dip::cli {
namespace {

constexpr const char* upload_examples = R"(Examples:
  dip upload holiday.jpg
  dip upload photos --parallel 8 --resume photos.state
  curl -s https://example.org/cat.png | dip upload - --json)";

constexpr const char* process_examples = R"(Examples:
  dip process holiday.jpg --op resize:width=800 --format webp --out small
  dip process photos --op resize:width=1600,fit=inside --op sharpen --quality 82 --out web
  dip process '2026/**/*.jpg' --preset avatar --out 'thumbs/{dir}/{stem}-{name}.{ext}'
  dip process cat.png --op 'text:text="Hello, cat",size=40' --out cat.webp
  dip process - --op resize:width=200 --format png --out - < in.jpg > out.png)";

constexpr const char* all_examples = R"(Examples:
  dip upload holiday.jpg
  dip process photos --op resize:width=800,fit=cover --format webp --out small
  dip watch 01JABCDEFGHJKMNPQRSTVWXYZ0
  dip requests --status failed --since 12h

DIP_URL names the nodes, DIP_API_KEY has the key. Exit codes: 0 done, 1 the work failed,
2 wrong usage, 3 no node could be reached, 130 interrupted.)";

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : between) + w;
  return out;
}

}  // namespace

struct client_commands::options {
  CLI::App& root;
  command_list& list;
  common_options status_common, watch_common, cancel_common, info_common;
  upload_options upload;
  process_options process;
  requests_options requests;
  std::string status_id, watch_id, info_file, shell;
  std::vector<std::string> cancel_ids;
  std::string config_file = "cluster.conf";
  bool config_json = false;
  config_check check_further;

  explicit options(CLI::App& app, command_list& all) : root(app), list(all) {}

  static void add_files(CLI::App& c, std::vector<std::string>& files) {
    c.add_option("FILE", files, "images, directories, globs, or - for standard input")
        ->required()
        ->type_name("");
  }

  static void add_batch(CLI::App& c, unsigned& parallel, std::string& resume, const char* doc) {
    c.add_option("--parallel", parallel, "files on their way at a time, 1 to 64")
        ->check(CLI::Range(1, 64))
        ->capture_default_str()
        ->type_name("N");
    c.add_option("--resume", resume, doc)->type_name("FILE");
  }

  static void add_id(CLI::App& c, std::string& id) {
    c.add_option("ID", id, "the request's id")->required()->type_name("");
  }

  void add_upload() {
    auto* c = list.add("upload", "store images, print their URLs", [this] { return run_upload(upload); });
    add_files(*c, upload.files);
    add_batch(*c, upload.parallel, upload.resume, "keep in FILE what is done, and pass over it next time");
    list.add_common(*c, upload.common);
    c->footer(upload_examples);
  }

  void add_process() {
    auto* c = list.add("process", "upload images, have them worked on, fetch the results",
                       [this] { return run_process(process); });
    add_files(*c, process.files);
    c->add_option(
         "--op", process.operations,
         "an operation, in the order given: NAME or NAME:PARAM=VALUE,… of " + joined(words_of("OP"), " "))
        ->allow_extra_args(false)
        ->type_name("OP");
    c->add_option("--preset", process.preset, "a preset of cluster.conf")->type_name("NAME");
    c->add_option("--format", process.format, joined(words_of("FORMAT"), ", ") + "; without it, the input's")
        ->type_name("FORMAT");
    c->add_option("--quality", process.quality, "1 to 100")->check(CLI::Range(1, 100))->type_name("N");
    c->add_option("--email", process.email, "who is told of the result")->type_name("ADDRESS");
    c->add_option("--webhook", process.webhook, "what is told of the result")->type_name("URL");
    c->add_flag("--wait", process.wait, "wait for the results");
    c->add_option(
         "--out", process.out,
         "download the results (waits) into a directory, to one file (small.webp), to standard output\n"
         "(-), or to names made of {dir} {file} {stem} {name} {ext} {width} {height} {id}")
        ->type_name("OUT");
    c->add_flag("--force", process.force, "replace files that are there already");
    add_batch(*c, process.parallel, process.resume,
              "keep in FILE what is done, and pass over it next time; without it, in OUT until all is done");
    list.add_common(*c, process.common);
    c->footer(process_examples);
  }

  void add_requests() {
    auto* status = list.add("status", "what became of a request",
                            [this] { return run_status(status_common, status_id); });
    add_id(*status, status_id);
    list.add_common(*status, status_common);
    auto* watch = list.add("watch", "follow a request until it is final",
                           [this] { return run_watch(watch_common, watch_id); });
    add_id(*watch, watch_id);
    list.add_common(*watch, watch_common);
    auto* c = list.add("requests", "the newest requests", [this] { return run_requests(requests); });
    c->add_option("--status", requests.status, "only those: " + joined(words_of("STATUS"), ", "))
        ->type_name("STATUS");
    c->add_option("--since", requests.since,
                  "only those since then: 30m, 12h, 7d ago, or 2026-03-04T05:06:07Z")
        ->type_name("TIME");
    c->add_option("--limit", requests.limit, "how many")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str()
        ->type_name("N");
    list.add_common(*c, requests.common);
    auto* cancel = list.add("cancel", "cancel requests that are not final",
                            [this] { return run_cancel(cancel_common, cancel_ids); });
    cancel->add_option("ID", cancel_ids, "their ids")->required()->type_name("");
    list.add_common(*cancel, cancel_common);
    auto* about = list.add("info", "what a stored file is, without its pixels",
                           [this] { return run_info(info_common, info_file); });
    about->add_option("URL", info_file, "its public URL, or an upload's key")->required()->type_name("");
    list.add_common(*about, info_common);
  }

  void add_local() {
    auto* check = list.add("check-config", "say what is wrong in a cluster.conf, with the line",
                           [this] { return run_check_config(config_file, config_json, check_further); });
    check->add_option("FILE", config_file, "the file")->capture_default_str()->type_name("");
    check->add_flag("--json", config_json, "JSON on standard output, for scripts");
    auto* completion =
        list.add("completion", "print a shell's completions", [this] { return print_completion(); });
    completion->add_option("SHELL", shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("");
    completion->footer("Examples:\n  source <(dip completion bash)\n  dip completion fish | source");
    auto* man = list.add("man", "print the manual page", [this] {
      std::fputs(man_page(read_commands(root)).c_str(), stdout);
      return static_cast<int>(done);
    });
    man->footer("Examples:\n  dip man | man -l -");
  }

  [[nodiscard]] int print_completion() const {
    const auto tree = read_commands(root);
    const auto text = shell == "bash"  ? bash_completion(tree)
                      : shell == "zsh" ? zsh_completion(tree)
                                       : fish_completion(tree);
    std::fputs(text.c_str(), stdout);
    return done;
  }
};

client_commands::client_commands(CLI::App& app, config_check check)
    : list_(std::make_unique<command_list>(app)), options_(std::make_unique<options>(app, *list_)) {
  options_->check_further = std::move(check);
  options_->add_upload();
  options_->add_process();
  options_->add_requests();
  operator_options_ = add_operator_commands(*list_);
  options_->add_local();
}

client_commands::~client_commands() = default;

std::optional<int> client_commands::run() const { return list_->run(); }

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  app.require_subcommand(1);
  use_help_text(app);
  if (app.get_footer().empty() || app.get_footer() == "\n") app.footer(all_examples);
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
    // Monitors read 2 as critical.
    return command == " check" ? static_cast<int>(health::unknown) : wrong_usage;
  }
}

int run_client(int argc, const char* const* argv) {
  CLI::App app("DIP, the Distributed Image Processor", "dip");
  const client_commands commands(app);
  if (const auto code = parse(app, argc, argv)) return *code;
  return commands.run().value_or(wrong_usage);
}

}  // namespace dip::cli
