#include "runtime/cluster_command.hpp"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "runtime/cluster_apply.hpp"
#include "runtime/cluster_here.hpp"
#include "runtime/cluster_init.hpp"
#include "runtime/cluster_launch.hpp"
#include "runtime/cluster_recover.hpp"
#include "runtime/config_file.hpp"

namespace dip {
namespace {

using cli::complain;

int refuse(const std::string& why) {
  complain(why);
  return cli::work_failed;
}

bool is_there(const config& conf, const std::string& node) {
  return std::any_of(conf.nodes.begin(), conf.nodes.end(), [&](const auto& n) { return n.name == node; });
}

int refuse_node(const config& conf, const std::string& node) {
  std::string names;
  for (const auto& n : conf.nodes) names += (names.empty() ? "" : ", ") + n.name;
  complain("there is no node \"" + node + "\"; there are " + names);
  return cli::wrong_usage;
}

}  // namespace

struct cluster_command::options {
  std::string config = "cluster.conf", out = "tls", node;
  std::vector<std::string> here;
  unsigned days = 825, timeout = 60, lines = 20;
  std::vector<std::string> urls;
  unsigned change_timeout = 3'600;
  bool foreground = false, follow = false, json = false, dry_run = false, yes = false;
  CLI::App *init = nullptr, *up = nullptr, *down = nullptr, *status = nullptr, *restart = nullptr,
           *upgrade = nullptr, *apply = nullptr, *recover = nullptr, *reload = nullptr, *logs = nullptr,
           *supervise = nullptr;

  CLI::App* add(CLI::App& to, const char* name, const char* doc) {
    auto* c = to.add_subcommand(name, doc);
    c->add_option("--config", config, "cluster.conf, whose nodes they are")
        ->capture_default_str()
        ->type_name("FILE");
    // What goes over ssh: these nodes are here, whatever their hosts say, and no other is touched.
    c->add_option("--here", here)->delimiter(',')->group("");
    return c;
  }
  void add_json(CLI::App& c) { c.add_flag("--json", json, "JSON on standard output, for scripts"); }
  void add_change(CLI::App& c, const char* dry_run_doc) {
    c.add_flag("--dry-run", dry_run, dry_run_doc);
    c.add_flag("--yes", yes, "Do not ask");
    c.add_option("--url", urls, "Ask this node how the cluster is; default: those of the file")
        ->type_name("URL");
    c.add_option("--timeout", change_timeout, "How long to watch it; it goes on by itself")
        ->check(CLI::Range(1, 7 * 86'400))
        ->capture_default_str()
        ->type_name("SECONDS");
  }
  [[nodiscard]] change_options change() const {
    return {.urls = urls, .dry_run = dry_run, .yes = yes, .within = std::chrono::seconds(change_timeout)};
  }
  void add_timeout(CLI::App& c, const char* doc) {
    c.add_option("--timeout", timeout, doc)
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str()
        ->type_name("SECONDS");
  }
};

cluster_command::cluster_command(CLI::App& app)
    : command_(app.add_subcommand("cluster", "What concerns all nodes of a cluster")),
      options_(std::make_unique<options>()) {
  command_->require_subcommand(1);
  add_init();
  add_start_and_stop();
  add_looks();
}

cluster_command::~cluster_command() = default;

void cluster_command::add_init() {
  options_->init =
      options_->add(*command_, "init", "Make the certificates that its nodes know each other by");
  options_->init->add_option("--out", options_->out, "The directory to put them into; what is there is kept")
      ->capture_default_str()
      ->type_name("DIR");
  options_->init
      ->add_option("--days", options_->days, "How long a node's is valid; the authority's is for ten years")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str()
      ->type_name("DAYS");
}

void cluster_command::add_start_and_stop() {
  auto& o = *options_;
  o.up = o.add(*command_, "up", "Start the nodes that do not run, and wait until all are ready");
  o.add_timeout(*o.up, "How long to wait until they are ready");
  o.up->add_flag("--foreground", o.foreground,
                 "Be the supervisor of this machine's nodes, in the foreground: for systemd, for containers");
  o.add_json(*o.up);
  o.down = o.add(*command_, "down", "Let all nodes finish what they do, and stop them");
  o.add_json(*o.down);
  o.restart = o.add(*command_, "restart", "Let a node drain, and start it again");
  o.restart->add_option("NODE", o.node, "Its name")->required()->type_name("");
  o.add_timeout(*o.restart, "How long to wait until it is ready again");
  o.add_json(*o.restart);
  o.upgrade =
      o.add(*command_, "upgrade", "Restart all nodes, each once all are ready; stop at one that fails");
  o.add_timeout(*o.upgrade, "How long to wait until a node is ready again");
  o.add_json(*o.upgrade);
  o.reload = o.add(*command_, "reload",
                   "Have all nodes read their keys and certificates again, and which nodes there are");
  o.add_json(*o.reload);
  o.apply =
      o.add(*command_, "apply", "Add and remove nodes while the cluster works, as the file has them now");
  o.add_change(*o.apply, "Only say what it would do");
  o.recover = o.add(*command_, "recover",
                    "Go on when a majority is lost for good, without what only the lost nodes had");
  o.add_change(*o.recover, "Only say what would be lost");
  o.supervise = o.add(*command_, "supervise", "")->group("");
}

void cluster_command::add_looks() {
  auto& o = *options_;
  o.status = o.add(*command_, "status", "What its nodes do; 0 when all are ready");
  o.add_json(*o.status);
  o.logs = o.add(*command_, "logs", "Print the end of a node's log");
  o.logs->add_option("NODE", o.node, "Its name")->required()->type_name("");
  o.logs->add_option("-n,--lines", o.lines, "How many lines")->capture_default_str()->type_name("N");
  o.logs->add_flag("-f,--follow", o.follow, "Go on with what is written from now on");
}

std::optional<int> cluster_command::run() const {
  if (!command_->parsed()) return std::nullopt;
  const auto conf = read_config(options_->config);
  if (!conf) return refuse(conf.error().detail);
  if (options_->init->parsed()) return init(*conf);
  if (options_->supervise->parsed()) return supervise(*conf);
  return launch(*conf);
}

int cluster_command::init(const config& conf) const {
  const auto made = make_cluster_certificates(conf, options_->out, std::chrono::hours{24} * options_->days);
  if (!made) return refuse(made.error().detail);
  for (const auto& line : *made) std::printf("%s\n", line.c_str());
  if (made->empty()) std::printf("nothing to do: all nodes have certificates in %s\n", options_->out.c_str());
  std::fprintf(stderr,
               "Each node gets its own two files and ca.pem. Keep ca.key away from the nodes: whoever has it "
               "can join.\n");
  return cli::done;
}

int cluster_command::launch(const config& conf) const {
  const auto& o = *options_;
  const auto place = find_place(o.config, conf.launch);
  if (!place) return refuse(place.error().detail);
  for (const auto& name : o.here)
    if (!is_there(conf, name)) return refuse_node(conf, name);
  const bool elsewhere = !o.here.empty() && std::find(o.here.begin(), o.here.end(), o.node) == o.here.end();
  if (!o.node.empty() && (elsewhere || !is_there(conf, o.node))) return refuse_node(conf, o.node);
  auto machines = o.here.empty() ? machines_of(conf, own_hosts(conf))
                                 : std::vector<cluster_machine>{{std::string(), o.here}};
  if (o.up->parsed() && o.foreground) return stay(conf, *place, machines.front());
  const cluster_launch all(conf, *place, std::move(machines));
  if (o.recover->parsed()) return recover_lost(conf, all, o.change());
  if (o.apply->parsed()) return apply_nodes(conf, all, o.change());
  return carry_out(all);
}

int cluster_command::stay(const config& conf, const cluster_place& place,
                          const cluster_machine& machine) const {
  if (!machine.here()) return refuse("no node of " + options_->config + " is on this machine");
  if (auto ready = cluster_here(conf, place, machine.nodes).prepare(); !ready)
    return refuse(ready.error().detail);
  return supervise(conf);
}

int cluster_command::carry_out(const cluster_launch& all) const {
  const auto& o = *options_;
  const milliseconds within = std::chrono::seconds(o.timeout);
  if (o.logs->parsed()) return refuse(all.show_log(o.node, o.lines, o.follow).error().detail);
  if (o.up->parsed()) {
    const auto outcome = all.up(within);
    return tell(outcome, all_ready(outcome.nodes) && outcome.problems.empty());
  }
  if (o.down->parsed()) {
    const auto outcome = all.down();
    return tell(outcome, std::all_of(outcome.nodes.begin(), outcome.nodes.end(),
                                     [](const auto& v) { return v.is == node_view::state::stopped; }));
  }
  if (o.reload->parsed()) {
    const auto outcome = all.reload();
    return tell(outcome, outcome.problems.empty());
  }
  if (o.status->parsed()) {
    const auto outcome = all.status();
    return tell(outcome, all_ready(outcome.nodes));
  }
  const auto outcome = o.upgrade->parsed() ? all.upgrade(within) : all.restart(o.node, within);
  return tell(outcome, outcome.problems.empty());
}

int cluster_command::supervise(const config& conf) const {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("dip"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  const auto place = find_place(options_->config, conf.launch);
  if (!place) return refuse(place.error().detail);
  const auto code = cluster_here(conf, *place, {}).supervise();
  return code ? *code : refuse(code.error().detail);
}

int cluster_command::tell(const launch_outcome& outcome, bool good) const {
  for (const auto& line : outcome.problems) {
    if (line.starts_with("  "))
      std::fprintf(stderr, "%s\n", line.c_str());  // of a log
    else
      complain(line);
  }
  if (options_->json) {
    cli::print_json(to_json(outcome.nodes));
  } else {
    const auto shown = cli::display::of_this_process();
    std::fputs(render_nodes(outcome.nodes, shown.columns(), shown.out).c_str(), stdout);
    if (options_->up->parsed() && good) std::printf("\n%s\n", door_of(outcome.nodes).c_str());
  }
  if (outcome.unreachable) return cli::no_node;
  return good ? cli::done : cli::work_failed;
}

}  // namespace dip
