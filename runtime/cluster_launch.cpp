#include "runtime/cluster_launch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "core/text.hpp"
#include "runtime/cluster_here.hpp"
#include "runtime/node_log.hpp"
#include "runtime/ssh_call.hpp"

namespace dip {
namespace {

constexpr size_t lines_of_log = 5;

void quote_log(const std::string& log, std::vector<std::string>& problems) {
  for (const auto& said : last_lines(log, lines_of_log)) problems.push_back("  " + printable(said));
}

// A node that should be ready and is not: a line, and the last words of its log.
void explain(const node_view& v, std::vector<std::string>& problems) {
  std::string line = v.name + " is " + std::string(to_string(v.is));
  if (!v.detail.empty()) line += ": " + v.detail;
  problems.push_back(line + "; its log is " + v.log);
  quote_log(v.log, problems);
}

// As a line of this program says it.
std::string without_name(const std::string& line) {
  constexpr std::string_view name = "dip: ";
  return printable(line.starts_with(name) ? std::string_view(line).substr(name.size())
                                          : std::string_view(line));
}

std::string seconds(milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

}  // namespace

cluster_launch::cluster_launch(const config& conf, cluster_place place, std::vector<cluster_machine> machines)
    : conf_(conf), place_(std::move(place)), machines_(std::move(machines)) {}

const cluster_machine& cluster_launch::machine_of(const std::string& node) const {
  return *std::find_if(machines_.begin(), machines_.end(), [&](const cluster_machine& m) {
    return std::find(m.nodes.begin(), m.nodes.end(), node) != m.nodes.end();
  });
}

std::vector<std::string> cluster_launch::remote_words(const cluster_machine& m,
                                                      std::vector<std::string> command) const {
  std::vector<std::string> words{place_.program, "cluster"};
  words.insert(words.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  std::string names;
  for (const auto& name : m.nodes) names += (names.empty() ? "" : ",") + name;
  const auto& config = conf_.launch.config.empty() ? place_.config : conf_.launch.config;
  for (const auto& word : {std::string("--config"), config, std::string("--here"), names})
    words.push_back(word);
  return words;
}

launch_outcome cluster_launch::call(const cluster_machine& m, std::vector<std::string> command) const {
  command.emplace_back("--json");
  launch_outcome out;
  const auto answer = call_over_ssh(m.ssh, remote_words(m, std::move(command)));
  const auto views = answer ? parse_node_views(answer->out) : tl::make_unexpected(answer.error());
  if (answer) {
    std::istringstream said(answer->err);
    for (std::string line; std::getline(said, line);)
      out.problems.push_back(line.starts_with("  ") ? printable(line) : m.ssh + ": " + without_name(line));
  } else {
    out.problems.push_back(answer.error().detail);
  }
  if (views) {
    out.nodes = *views;
    for (auto& v : out.nodes) v.machine = m.ssh;
    return out;
  }
  for (const auto& n : conf_.nodes) {
    if (std::find(m.nodes.begin(), m.nodes.end(), n.name) == m.nodes.end()) continue;
    auto& v = out.nodes.emplace_back(view_of(conf_, n, m.ssh));
    v.is = node_view::state::unreachable;
    if (answer) v.detail = "ssh ended with " + std::to_string(answer->status);
  }
  if (answer && answer->err.empty())
    out.problems.push_back(m.ssh + ": ssh ended with " + std::to_string(answer->status) +
                           " and said nothing of its nodes");
  return out;
}

template <class Here>
launch_outcome cluster_launch::everywhere(const Here& here, const std::vector<std::string>& command) const {
  std::vector<launch_outcome> parts(machines_.size());
  std::vector<std::thread> working;
  for (size_t i = 0; i < machines_.size(); ++i)
    working.emplace_back([this, &here, &command, &part = parts[i], &m = machines_[i]] {
      if (!m.here()) {
        part = call(m, command);
        return;
      }
      part = here(cluster_here(conf_, place_, m.nodes));
    });
  for (auto& t : working) t.join();
  launch_outcome all;
  for (auto& part : parts) {
    std::move(part.nodes.begin(), part.nodes.end(), std::back_inserter(all.nodes));
    std::move(part.problems.begin(), part.problems.end(), std::back_inserter(all.problems));
  }
  sort(all);
  return all;
}

void cluster_launch::sort(launch_outcome& outcome) const {
  const auto place = [&](const node_view& v) {
    return std::find_if(conf_.nodes.begin(), conf_.nodes.end(),
                        [&](const auto& n) { return n.name == v.name; });
  };
  std::stable_sort(outcome.nodes.begin(), outcome.nodes.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

launch_outcome cluster_launch::up(milliseconds within) const {
  return everywhere(
      [&](const cluster_here& here) {
        launch_outcome out;
        auto started = here.prepare();
        if (started) started = here.start();
        if (!started) {
          out.problems.push_back(started.error().detail);
          out.nodes = here.look();
          return out;
        }
        out.nodes = here.wait_until_ready(within);
        for (const auto& v : out.nodes)
          if (v.is != node_view::state::ready) explain(v, out.problems);
        return out;
      },
      {"up", "--timeout", seconds(within)});
}

launch_outcome cluster_launch::down() const {
  return everywhere(
      [&](const cluster_here& here) {
        launch_outcome out;
        if (auto stopped = here.stop(); !stopped) out.problems.push_back(stopped.error().detail);
        out.nodes = here.look();
        return out;
      },
      {"down"});
}

launch_outcome cluster_launch::status() const {
  return everywhere([](const cluster_here& here) { return launch_outcome{here.look(), {}}; }, {"status"});
}

launch_outcome cluster_launch::reload() const {
  return everywhere(
      [](const cluster_here& here) {
        launch_outcome out;
        if (!here.reload()) out.problems.emplace_back("nothing runs on this machine: `dip cluster up`");
        out.nodes = here.look();
        return out;
      },
      {"reload"});
}

result<void> cluster_launch::prepare_here() const {
  for (const auto& m : machines_)
    if (m.here()) return cluster_here(conf_, place_, m.nodes).prepare();
  return {};
}

std::vector<std::string> cluster_launch::stop_others_here() const {
  std::vector<std::string> names;
  for (const auto& m : machines_)
    if (m.here()) names = m.nodes;
  return cluster_here(conf_, place_, std::move(names)).stop_others();
}

result<void> cluster_launch::restart_one(const std::string& node, milliseconds within) const {
  const auto& m = machine_of(node);
  if (m.here()) return cluster_here(conf_, place_, m.nodes).restart(node, within);
  const auto answer =
      call_over_ssh(m.ssh, remote_words(m, {"restart", node, "--timeout", seconds(within), "--json"}));
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status == 0) return {};
  if (answer->status == ssh_failed)
    return fail(errc::io, m.ssh + ": " + without_name(answer->err.substr(0, answer->err.find('\n'))));
  return fail(errc::timeout, m.ssh + ": " + without_name(answer->err.substr(0, answer->err.find('\n'))));
}

launch_outcome cluster_launch::whole(milliseconds within) const {
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    auto now = status();
    if (all_ready(now.nodes) || std::chrono::steady_clock::now() >= deadline) return now;
    (void)::poll(nullptr, 0, 100);
  }
}

launch_outcome cluster_launch::restart(const std::string& node, milliseconds within) const {
  const auto done = restart_one(node, within);
  auto now = status();
  if (done) return now;
  now.problems.push_back(done.error().detail);
  now.unreachable = done.error().code == errc::io;
  if (machine_of(node).here()) quote_log(place_.log_of(node), now.problems);
  return now;
}

launch_outcome cluster_launch::upgrade(milliseconds within) const {
  auto now = status();
  for (const auto& n : conf_.nodes) {
    if (!all_ready(now.nodes)) {
      now.problems.push_back(n.name + " is not restarted: first all nodes must be ready");
      return now;
    }
    now = restart(n.name, within);
    if (!now.problems.empty()) return now;
    now = whole(within);
  }
  if (!all_ready(now.nodes)) now.problems.emplace_back("all nodes were restarted, and not all are ready");
  return now;
}

result<void> cluster_launch::show_log(const std::string& node, unsigned lines, bool follow) const {
  const auto& m = machine_of(node);
  std::vector<std::string> words;
  if (m.here()) {
    words = {"tail", "-n", std::to_string(lines)};
    if (follow) words.emplace_back("-F");
    words.push_back(place_.log_of(node));
  } else {
    std::vector<std::string> command{"logs", node, "-n", std::to_string(lines)};
    if (follow) command.emplace_back("-f");
    words = ssh_words(m.ssh, remote_words(m, std::move(command)));
  }
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  return fail(errc::io, words[0] + " cannot be run: " + std::strerror(errno));
}

}  // namespace dip
