#include "runtime/cluster_here.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "core/ip_address.hpp"
#include "core/text.hpp"
#include "runtime/cluster_init.hpp"
#include "runtime/cluster_machines.hpp"
#include "runtime/cluster_supervisor.hpp"
#include "runtime/node_log.hpp"
#include "runtime/supervisor_state.hpp"

namespace dip {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds round{100};
// Tries after which nobody waits for a node any longer: what is wrong with it does not pass.
constexpr std::uint32_t tries = 3;

void pause() { (void)::poll(nullptr, 0, static_cast<int>(round.count())); }

bool given_up(const node_view& v, std::uint32_t failures_before) {
  return v.is == node_view::state::restarting && v.failures >= failures_before + tries;
}

void end_all(const std::vector<watched_process>& all) {
  for (const auto& process : all) process.send(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + stop_time;
  for (const auto& process : all) {
    const auto time = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (process.wait_for_end(static_cast<int>(std::max<long>(time, 0)))) continue;
    process.send(SIGKILL);
    (void)process.wait_for_end(-1);
  }
}

result<void> check_certificates(const config& conf, const std::vector<std::string>& names,
                                const std::string& home) {
  const bool beyond = std::any_of(conf.nodes.begin(), conf.nodes.end(),
                                  [](const auto& n) { return !is_loopback_host(n.host); });
  if (!beyond || conf.nodes.size() == 1) return {};
  const std::string make = "`dip cluster init --out tls` makes them";
  if (conf.security.tls_ca.empty())
    return fail(errc::bad_request, "nodes that are not all on loopback need certificates: " + make +
                                       ", then [security] tls_ca = \"tls/ca.pem\"");
  const auto beside = (fs::path(home) / conf.security.tls_ca).parent_path().string();
  for (const auto& name : names) {
    const auto file = credentials_in(beside, name).certificate;
    if (fs::exists(file)) continue;
    auto why = name + " has no certificate: ";
    why.append(file).append(" is not there, and ").append(make);
    return fail(errc::bad_request, why);
  }
  return {};
}

}  // namespace

cluster_here::cluster_here(const config& conf, cluster_place place, std::vector<std::string> names)
    : conf_(conf), place_(std::move(place)), names_(std::move(names)) {}

const node_config& cluster_here::node_called(const std::string& name) const {
  return *std::find_if(conf_.nodes.begin(), conf_.nodes.end(), [&](const auto& n) { return n.name == name; });
}

result<void> cluster_here::prepare() const {
  if (auto good = check_certificates(conf_, names_, place_.home); !good) return good;
  const auto state = read_state(place_);
  const bool used = std::any_of(state.nodes.begin(), state.nodes.end(),
                                [&](const auto& n) { return process_of(state, n.name).has_value(); });
  if (state.config != place_.config && (used || supervisor_lock::holder(place_)))
    return fail(errc::conflict, place_.directory + " has the nodes of " + state.config +
                                    "; [launch] directory names another");
  std::error_code failed;
  fs::create_directories(place_.directory + "/logs", failed);
  if (failed) return fail(errc::io, place_.directory + " cannot be made: " + failed.message());
  return write_names(place_, names_);
}

result<void> cluster_here::start() const {
  if (const auto supervisor = supervisor_lock::holder(place_)) {
    supervisor->send(SIGUSR1);
    return {};
  }
  return start_supervisor();
}

result<void> cluster_here::start_supervisor() const {
  const auto log = place_.supervisor_log();
  auto process = watched_process::start({own_program(), "cluster", "supervise", "--config", place_.config},
                                        place_.home, log);
  if (!process) return tl::make_unexpected(process.error());
  // It has written down what it runs, or ended.
  while (read_state(place_).supervisor != process->pid()) {
    if (process->wait_for_end(static_cast<int>(round.count()))) {
      // Another `up` at the same time was faster.
      if (supervisor_lock::holder(place_)) return {};
      const auto said = last_lines(log, 1);
      return fail(errc::io,
                  "the supervisor " + process->ended()->text + (said.empty() ? "" : ": " + said.back()));
    }
  }
  return {};
}

result<int> cluster_here::supervise() const {
  return cluster_supervisor(place_, {own_program(), "cluster", "supervise", "--config", place_.config}).run();
}

std::vector<node_view> cluster_here::look() const {
  const auto state = read_state(place_);
  const bool supervised = supervisor_lock::holder(place_).has_value();
  std::vector<node_view> out;
  std::vector<std::thread> asking;
  out.reserve(names_.size());
  for (const auto& name : names_) {
    const auto& n = node_called(name);
    auto& v = out.emplace_back(view_of(conf_, n, ""));
    v.log = place_.log_of(name);
    v.supervised = supervised;
    const auto known =
        std::find_if(state.nodes.begin(), state.nodes.end(), [&](const auto& s) { return s.name == name; });
    if (known == state.nodes.end()) continue;
    v.since = to_rfc3339(known->since);
    v.failures = known->failures;
    v.last_end = known->last_end;
    if (watched_process::find(known->pid, known->start_ticks)) {
      v.pid = known->pid;
      asking.emplace_back([this, &n, &v] { ask_if_ready(conf_, n, v); });
    } else if (supervised && known->starts_again) {
      v.is = node_view::state::restarting;
      v.detail = "it " + known->last_end;
    }
  }
  for (auto& t : asking) t.join();
  return out;
}

std::vector<node_view> cluster_here::wait_until_ready(milliseconds within) const {
  const auto before = look();
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    auto views = look();
    bool waiting = false;
    for (size_t i = 0; i < views.size(); ++i)
      waiting =
          waiting || (views[i].is != node_view::state::ready && !given_up(views[i], before[i].failures));
    if (!waiting || std::chrono::steady_clock::now() >= deadline) return views;
    pause();
  }
}

result<bool> cluster_here::stop() const {
  if (const auto supervisor = supervisor_lock::holder(place_)) {
    supervisor->send(SIGTERM);
    // It bounds its own end.
    (void)supervisor->wait_for_end(-1);
    return true;
  }
  const auto state = read_state(place_);
  std::vector<watched_process> left;
  for (const auto& n : state.nodes)
    if (auto process = process_of(state, n.name)) left.push_back(std::move(*process));
  end_all(left);
  return !left.empty();
}

bool cluster_here::reload() const {
  if (const auto supervisor = supervisor_lock::holder(place_)) {
    supervisor->send(SIGHUP);
    return true;
  }
  bool any = false;
  const auto state = read_state(place_);
  for (const auto& n : state.nodes)
    if (const auto process = process_of(state, n.name)) {
      process->send(SIGHUP);
      any = true;
    }
  return any;
}

std::vector<std::string> cluster_here::stop_others() const {
  std::vector<std::string> names;
  std::vector<watched_process> left;
  const auto state = read_state(place_);
  for (const auto& n : state.nodes) {
    if (std::find(names_.begin(), names_.end(), n.name) != names_.end()) continue;
    auto process = process_of(state, n.name);
    if (!process) continue;
    left.push_back(std::move(*process));
    names.push_back(n.name);
  }
  end_all(left);
  return names;
}

result<void> cluster_here::restart(const std::string& node, milliseconds within) const {
  const auto supervisor = supervisor_lock::holder(place_);
  if (!supervisor)
    return fail(errc::conflict,
                node + " has no supervisor that could start it again: `dip cluster up` starts one");
  const auto old = process_of(read_state(place_), node);
  if (old) {
    old->send(SIGTERM);
    if (!old->wait_for_end(static_cast<int>(stop_time.count()))) {
      old->send(SIGKILL);
      (void)old->wait_for_end(-1);
    }
  } else {
    supervisor->send(SIGUSR1);
  }
  const auto deadline = std::chrono::steady_clock::now() + within;
  const cluster_here one(conf_, place_, {node});
  for (;;) {
    const auto view = one.look().front();
    if (view.is == node_view::state::ready && (!old || view.pid != old->pid())) return {};
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(errc::timeout, node + " is " + std::string(to_string(view.is)) +
                                     (view.detail.empty() ? "" : ": " + view.detail));
    pause();
  }
}

}  // namespace dip
