#include "cli/health_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

enum measure : size_t { dead, oldest, waiting, stuck, nodes_down, leaderless, lag, disk_free, measure_count };

constexpr std::array<health_measure, measure_count> measures{{
    {"dead", "dead letters, in all queues together", "1"},
    {"oldest", "seconds that the oldest message has waited for a worker", "60:300"},
    {"waiting", "messages that wait for a worker, in all queues together", "off"},
    {"stuck", "actors that are at one message for longer than any should take", "1"},
    {"nodes-down", "nodes that do not answer", "1"},
    {"leaderless", "partitions without a leader: what is in them stands still", ":1"},
    {"lag", "entries that the slowest copy of a partition is behind its leader", "10000"},
    {"disk-free", "GB of free disk, on the node that has the least: from N downwards", "off", true},
}};

std::string number_text(double n) {
  char out[32];
  if (n == std::floor(n) && std::abs(n) < 1e15)
    std::snprintf(out, sizeof out, "%.0f", n);
  else
    std::snprintf(out, sizeof out, "%.3f", n);
  return out;
}

result<std::optional<double>> parse_number(const health_measure& of, std::string_view text) {
  if (text.empty()) return std::optional<double>{};
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(number) || number < 0)
    return fail(errc::bad_request,
                "--" + std::string(of.name) + " takes N, N:M, :M or off, not " + printable(text));
  return std::optional(number);
}

// A count, and which have how many of it.
struct tally {
  double sum = 0;
  std::string names;
  void add(const std::string& name, std::uint64_t n) {
    if (n == 0) return;
    sum += static_cast<double>(n);
    names += (names.empty() ? "" : ", ") + name + " " + std::to_string(n);
  }
  [[nodiscard]] std::string text(const std::string& what) const {
    return counted(static_cast<std::uint64_t>(sum), what) + (names.empty() ? "" : ": " + names);
  }
};

class examiner {
public:
  examiner(const health_answers& told, const std::vector<threshold>& limits) : told_(told), limits_(limits) {}

  std::vector<finding> run() {
    look_at_queues();
    look_at_actors();
    look_at_nodes();
    look_at_partitions();
    return std::move(out_);
  }

private:
  void add(measure m, double value, std::string text) {
    out_.push_back({&measures[m], limits_[m], value, std::move(text), judge(measures[m], limits_[m], value)});
  }

  void look_at_queues() {
    tally letters, messages;
    std::uint64_t age = 0;
    std::string where;
    for (const auto& q : list_of(told_.queues, "queues")) {
      const auto name = text_of(q, "name");
      letters.add(name, number_of(q, "dead"));
      messages.add(name, number_of(q, "visible"));
      if (const auto ms = number_of(q, "oldest_ms"); ms > age) {
        age = ms;
        where = name + (flag_of(q, "paused") ? ", which is paused" : "");
      }
    }
    add(dead, letters.sum, letters.text("dead letter"));
    add(oldest, std::floor(static_cast<double>(age) / 1000),
        age == 0 ? "nothing waits" : "the oldest message waits for " + span_text(age) + " in " + where);
    add(waiting, messages.sum, messages.text("message") + (messages.sum == 1 ? " waits" : " wait"));
    if (messages.sum > 0) out_.back().text = messages.text("waiting message");
  }

  void look_at_actors() {
    std::string names;
    for (const auto& a : list_of(told_.stuck, "actors"))
      names += (names.empty() ? "" : ", ") + text_of(a, "name") + " (" + text_of(a, "id") + ")";
    const auto many = number_of(told_.stuck, "total");
    add(stuck, static_cast<double>(many), counted(many, "stuck actor") + (names.empty() ? "" : ": " + names));
  }

  // Also those that hear and do not answer.
  void look_at_nodes() {
    std::set<std::string> away;
    for (const auto* page : {&told_.queues, &told_.stuck})
      for (const auto& name : words_in(list_of(*page, "unreachable"))) away.insert(name);
    const auto& nodes = list_of(told_.cluster, "nodes");
    for (const auto& n : nodes)
      if (!flag_of(n, "up")) away.insert(text_of(n, "name"));
    const std::vector<std::string> names(away.begin(), away.end());
    add(nodes_down, static_cast<double>(names.size()),
        names.empty() ? counted(nodes.size(), "node") + (nodes.size() == 1 ? " is" : " are") + " up"
                      : joined(names) + (names.size() == 1 ? " is" : " are") + " down");
    const json* least = nullptr;
    for (const auto& n : nodes)
      if (n.contains("disk_free") && (!least || real_of(n, "disk_free") < real_of(*least, "disk_free")))
        least = &n;
    if (least)
      add(disk_free, real_of(*least, "disk_free") / 1e9,
          human_size(number_of(*least, "disk_free")) + " of disk are free on " + text_of(*least, "name"));
  }

  void look_at_partitions() {
    std::vector<std::string> headless;
    std::uint64_t behind = 0;
    std::string who;
    for (const auto& p : list_of(told_.cluster, "partitions")) {
      if (text_of(p, "leader").empty()) headless.push_back(std::to_string(number_of(p, "partition")));
      for (const auto& r : list_of(p, "replicas"))
        if (const auto n = number_of(r, "lag"); n > behind) {
          behind = n;
          who = " on " + text_of(r, "node") + " in partition " + std::to_string(number_of(p, "partition"));
        }
    }
    add(leaderless, static_cast<double>(headless.size()),
        headless.empty() ? "all partitions have a leader"
                         : (headless.size() == 1 ? "partition " : "partitions ") + joined(headless) +
                               (headless.size() == 1 ? " has" : " have") + " no leader");
    add(lag, static_cast<double>(behind),
        "the slowest copy is " + std::to_string(behind) + " entries behind" + who);
  }

  const health_answers& told_;
  const std::vector<threshold>& limits_;
  std::vector<finding> out_;
};

json maybe(const std::optional<double>& n) { return n ? json(*n) : json(); }

}  // namespace

std::string_view to_string(health h) {
  switch (h) {
    case health::ok: return "ok";
    case health::warning: return "warning";
    case health::critical: return "critical";
    case health::unknown: break;
  }
  return "unknown";
}

std::span<const health_measure> health_measures() { return measures; }

result<threshold> parse_threshold(const health_measure& of, std::string_view text) {
  if (text == "off") return threshold{};
  const auto colon = text.find(':');
  const auto warning = parse_number(of, text.substr(0, colon));
  if (!warning) return tl::make_unexpected(warning.error());
  const auto critical = colon == std::string_view::npos ? result<std::optional<double>>{}
                                                        : parse_number(of, text.substr(colon + 1));
  if (!critical) return tl::make_unexpected(critical.error());
  if (!*warning && !*critical) return threshold{};
  if (*warning && *critical && (of.low ? **critical > **warning : **critical < **warning))
    return fail(errc::bad_request, "--" + std::string(of.name) + " " + printable(text) +
                                       ": what is critical must be worse than what is a warning");
  return threshold{*warning, *critical};
}

health judge(const health_measure& of, const threshold& limits, double value) {
  const auto beyond = [&](const std::optional<double>& limit) {
    return limit && (of.low ? value <= *limit : value >= *limit);
  };
  return beyond(limits.critical) ? health::critical : beyond(limits.warning) ? health::warning : health::ok;
}

std::vector<finding> examine(const health_answers& told, const std::vector<threshold>& limits) {
  return examiner(told, limits).run();
}

health worst_of(const std::vector<finding>& all) {
  auto worst = health::ok;
  for (const auto& f : all) worst = std::max(worst, f.state);
  return worst;
}

std::string health_text(const std::vector<finding>& all) {
  std::string wrong, values, lines;
  for (const auto state : {health::critical, health::warning})
    for (const auto& f : all)
      if (f.state == state) wrong += (wrong.empty() ? "" : "; ") + f.text;
  if (wrong.empty())
    for (const auto& f : all)
      if (f.of == &measures[nodes_down] || f.of == &measures[dead] || f.of == &measures[oldest])
        wrong += (wrong.empty() ? "" : ", ") + f.text;
  const auto limit = [](const std::optional<double>& n) { return n ? number_text(*n) : ""; };
  for (const auto& f : all) {
    values += (values.empty() ? "" : " ") + std::string(f.of->name) + "=" + number_text(f.value) + ";" +
              limit(f.limits.warning) + ";" + limit(f.limits.critical);
    lines += padded(to_string(f.state), 10) + f.text + "\n";
  }
  std::string word(to_string(worst_of(all)));
  for (char& c : word) c = static_cast<char>(c - 'a' + 'A');
  return "DIP " + word + ": " + wrong + " | " + values + "\n" + lines;
}

json health_json(const std::vector<finding>& all) {
  json out{{"state", to_string(worst_of(all))}, {"measures", json::array()}};
  for (const auto& f : all)
    out["measures"].push_back({{"name", f.of->name},
                               {"value", f.value},
                               {"warning", maybe(f.limits.warning)},
                               {"critical", maybe(f.limits.critical)},
                               {"state", to_string(f.state)},
                               {"text", f.text}});
  return out;
}

}  // namespace dip::cli
