#include "runtime/serve.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/config_file.hpp"
#include "runtime/node.hpp"

// jemalloc's own name for how it is to be. Hundreds of threads that mostly wait: an arena for several of them
// would hold what each once needed, and what is not needed any more goes back to the system, also while
// nothing happens.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace dip {
namespace {

constexpr milliseconds drain_time{30'000};

int refuse(const std::string& why) {
  std::fprintf(stderr, "dip: %s\n", why.c_str());
  return 1;
}

// Before any thread is made, so that all of them inherit it.
int block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_CLOEXEC);
}

void reload(node& n) {
  if (auto done = n.reload())
    spdlog::info("reloaded");
  else
    spdlog::error("not reloaded: {}", done.error().detail);
}

// True when it was asked to stop; false when the node failed.
bool wait_for_end(node& n, int signals) {
  std::array<pollfd, 2> fds{{{signals, POLLIN, 0}, {n.failure_descriptor(), POLLIN, 0}}};
  for (;;) {
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if ((fds[1].revents & POLLIN) != 0) return false;
    signalfd_siginfo received{};
    if (::read(signals, &received, sizeof received) != sizeof received) continue;
    if (received.ssi_signo != SIGHUP) return true;
    reload(n);
  }
}

}  // namespace

serve_command::serve_command(CLI::App& app, stand_ins with)
    : command_(app.add_subcommand("serve", "Run one node in the foreground")),
      stand_ins_(std::move(with)),
      options_(std::make_unique<options>()) {
  command_->add_option("--config", options_->config, "cluster.conf; without one: one node on 127.0.0.1:8080")
      ->type_name("FILE");
  command_->add_option("--node", options_->node, "Which [[node]] of it to be; default: the first")
      ->type_name("NAME");
  command_->add_option("--data", options_->data, "Directory for all that the node keeps; default: ./dip-data")
      ->type_name("DIR");
  command_
      ->add_option("--access-log", options_->access_log,
                   "A line of JSON for each request goes to this file; - is stdout. SIGHUP opens it anew")
      ->type_name("FILE");
  command_
      ->add_option("--health-port", options_->health,
                   "A port of its own for /healthz, /readyz and /metrics, which no overload hides")
      ->type_name("PORT");
}

std::optional<int> serve_command::run() const {
  if (!command_->parsed()) return std::nullopt;
  return serve();
}

int serve_command::serve() const {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("dip"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  auto conf = read_config(options_->config);
  if (!conf) return refuse(conf.error().detail);
  const int signals = block_signals();
  node_options o;
  o.node = options_->node.empty() ? conf->nodes.front().name : options_->node;
  o.data = options_->data;
  o.access_log = options_->access_log;
  o.config_file = options_->config;
  o.health = options_->health;
  o.stand_ins = stand_ins_;
  o.conf = std::move(*conf);
  auto n = start_node(std::move(o));
  if (!n) return refuse(n.error().detail);
  spdlog::info("ready on {}", (*n)->public_url());
  if (const auto missing = (*n)->missing_walls(); !missing.empty())
    spdlog::warn("images are worked on in a weaker sandbox, as the system refuses: {}", missing);
  if (!(*n)->outbox().empty()) spdlog::info("no [smtp] url: e-mail is written to {}", (*n)->outbox());
  const bool asked = wait_for_end(**n, signals);
  if (!asked) {
    // Nothing that is in memory can be trusted to be durable: end at once, as a crash would.
    std::fprintf(stderr, "dip: %s\n", (*n)->failure().c_str());
    ::_exit(1);
  }
  spdlog::info("stopping: what runs is finished first");
  (*n)->stop(drain_time);
  spdlog::info("stopped");
  return 0;
}

}  // namespace dip
