#include "runtime/cluster_supervisor.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/node_log.hpp"

namespace dip {
namespace {

// How often the logs' sizes are looked at.
constexpr milliseconds log_round{2'000};

int block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool same_file(const char* a, const char* b) {
  struct stat one{}, other{};
  // What is not there (it is being replaced right now) is not newer.
  if (::stat(a, &one) != 0 || ::stat(b, &other) != 0) return true;
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

cluster_supervisor::cluster_supervisor(cluster_place place, std::vector<std::string> words)
    : place_(std::move(place)), words_(std::move(words)) {}

result<int> cluster_supervisor::run() {
  // Whoever sees the lock may send signals.
  signals_ = block_signals();
  const auto lock = supervisor_lock::take(place_);
  if (!lock) return tl::make_unexpected(lock.error());
  take_over();
  read_wanted();
  while (!stopping_) {
    look_at_ends();
    start_what_is_due();
    bound_logs();
    wait();
  }
  stop_all();
  return 0;
}

void cluster_supervisor::take_over() {
  // Children that ended while this process went over to another program.
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  for (auto& facts : read_state(place_).nodes) {
    auto process = watched_process::find(facts.pid, facts.start_ticks);
    if (!process) continue;
    spdlog::info("{} runs already (pid {})", facts.name, facts.pid);
    child c{std::move(facts)};
    c.process = std::move(process);
    c.started = clock_.steady();
    children_.push_back(std::move(c));
  }
}

void cluster_supervisor::read_wanted() {
  const auto names = read_names(place_);
  for (auto& c : children_) {
    c.wanted = std::find(names.begin(), names.end(), c.facts.name) != names.end();
    c.next_start = {};
  }
  for (const auto& name : names) {
    const bool known =
        std::any_of(children_.begin(), children_.end(), [&](const child& c) { return c.facts.name == name; });
    if (known) continue;
    child fresh;
    fresh.facts.name = name;
    children_.push_back(std::move(fresh));
  }
  std::erase_if(children_, [](const child& c) { return !c.wanted && !c.process; });
  write_down();
}

void cluster_supervisor::start_what_is_due() {
  bool changed = false;
  for (auto& c : children_) {
    if (c.process || !c.wanted || clock_.steady() < c.next_start) continue;
    renew();
    start(c);
    changed = true;
  }
  if (changed) write_down();
}

void cluster_supervisor::start(child& c) {
  auto process =
      watched_process::start({place_.program, "serve", "--config", place_.config, "--node", c.facts.name},
                             place_.home, place_.log_of(c.facts.name));
  c.started = clock_.steady();
  if (!process) return note_end(c, {false, process.error().detail});
  c.facts.pid = process->pid();
  c.facts.start_ticks = process->start_ticks();
  c.facts.since = clock_.wall();
  c.facts.starts_again.reset();
  c.process = std::move(*process);
  spdlog::info("{} started (pid {})", c.facts.name, c.facts.pid);
}

void cluster_supervisor::look_at_ends() {
  bool changed = false;
  for (auto& c : children_) {
    const auto how = c.process ? c.process->ended() : std::nullopt;
    if (!how) continue;
    changed = true;
    c.process.reset();
    note_end(c, *how);
  }
  if (!changed) return;
  std::erase_if(children_, [](const child& c) { return !c.wanted && !c.process; });
  write_down();
}

void cluster_supervisor::note_end(child& c, const watched_process::end& how) {
  const auto ran = std::chrono::duration_cast<milliseconds>(clock_.steady() - c.started);
  const auto delay = c.delay.after(how.well, ran);
  c.facts.pid = 0;
  c.facts.since = clock_.wall();
  c.next_start = clock_.steady() + delay;
  if (delay.count() > 0) {
    ++c.facts.failures;
    c.facts.last_end = how.text;
  }
  const bool again = c.wanted && !stopping_;
  if (again) c.facts.starts_again = clock_.wall() + delay;
  spdlog::info("{} {}{}", c.facts.name, how.text,
               again ? "; it starts again in " + std::to_string(delay.count() / 1000) + " s" : "");
}

void cluster_supervisor::bound_logs() {
  for (const auto& c : children_) bound_log(place_.log_of(c.facts.name), place_.log_size);
  bound_log(place_.supervisor_log(), place_.log_size);
}

void cluster_supervisor::wait() {
  auto until = clock_.steady() + log_round;
  std::vector<pollfd> all{{signals_, POLLIN, 0}};
  for (const auto& c : children_) {
    if (c.process)
      all.push_back({c.process->descriptor(), POLLIN, 0});
    else if (c.wanted && !stopping_)
      until = std::min(until, c.next_start);
  }
  const auto left = std::chrono::ceil<milliseconds>(until - clock_.steady()).count();
  (void)::poll(all.data(), all.size(), static_cast<int>(std::max<long>(left, 0)));
  take_signal();
}

void cluster_supervisor::take_signal() {
  signalfd_siginfo received{};
  while (::read(signals_, &received, sizeof received) == sizeof received) {
    switch (received.ssi_signo) {
      case SIGUSR1: read_wanted(); break;
      case SIGHUP: send_to_all(SIGHUP); break;
      default: in_a_hurry_ = stopping_ && received.ssi_signo == SIGINT; stopping_ = true;
    }
  }
}

void cluster_supervisor::send_to_all(int signal) {
  for (const auto& c : children_)
    if (c.process) c.process->send(signal);
}

bool cluster_supervisor::any_runs() const {
  return std::any_of(children_.begin(), children_.end(),
                     [](const child& c) { return c.process.has_value(); });
}

void cluster_supervisor::stop_all() {
  spdlog::info("stopping all nodes");
  send_to_all(SIGTERM);
  const auto deadline = clock_.steady() + stop_time;
  while (any_runs()) {
    wait();
    look_at_ends();
    if (!in_a_hurry_ && clock_.steady() < deadline) continue;
    if (any_runs()) spdlog::warn("ending by force what still runs");
    send_to_all(SIGKILL);
  }
  for (auto& c : children_) c.facts.starts_again.reset();
  write_down();
  spdlog::info("all nodes are stopped");
}

void cluster_supervisor::renew() {
  const auto path = own_program();
  if (same_file("/proc/self/exe", path.c_str())) return;
  spdlog::info("going over to the new program");
  write_down();
  std::vector<char*> arguments;
  arguments.reserve(words_.size() + 1);
  for (auto& w : words_) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  // The nodes stay this process's children; the lock is let go and taken again.
  ::execv(path.c_str(), arguments.data());
  spdlog::error("the new program cannot be run: {}", path);
}

void cluster_supervisor::write_down() {
  supervisor_state state{boot_id(), place_.config, ::getpid(), {}};
  for (const auto& c : children_) state.nodes.push_back(c.facts);
  if (auto done = replace_file(place_.state_file(), to_text(state)); !done)
    spdlog::error(done.error().detail);
}

}  // namespace dip
