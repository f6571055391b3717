#include "runtime/node_view.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "net/http_client.hpp"

namespace dip {
namespace {

using nlohmann::json;
using state = node_view::state;

constexpr milliseconds patience{2'000};
constexpr std::array<std::pair<state, std::string_view>, 5> words{{{state::stopped, "stopped"},
                                                                   {state::restarting, "restarting"},
                                                                   {state::not_ready, "not ready"},
                                                                   {state::ready, "ready"},
                                                                   {state::unreachable, "unreachable"}}};

tl::expected<net::http_response, net::http_error> get(const std::string& url) {
  net::http_settings settings;
  settings.check_server = false;
  net::http_client client(settings);
  net::http_request request;
  request.url = url;
  request.connect_timeout = request.timeout = patience;
  return client.perform(request);
}

// A node that listens on all addresses is asked on one of them.
std::string host_to_ask(std::string host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::" || host == "[::]") return "[::1]";
  return host.find(':') != std::string::npos && host.front() != '[' ? "[" + host + "]" : host;
}

std::string what_it_says(const net::http_response& answer) {
  const auto problem = json::parse(answer.body, nullptr, false);
  if (problem.is_object() && problem.contains("detail") && problem["detail"].is_string())
    return printable(problem["detail"].get<std::string>());
  return "/readyz answers " + std::to_string(answer.status);
}

json to_json(const node_view& v) {
  return {{"name", v.name},         {"url", v.url},     {"actors", v.actors},
          {"machine", v.machine},   {"pid", v.pid},     {"state", to_string(v.is)},
          {"detail", v.detail},     {"since", v.since}, {"failures", v.failures},
          {"last_end", v.last_end}, {"log", v.log},     {"supervised", v.supervised}};
}

node_view view_of(const json& j) {
  node_view v;
  j.at("name").get_to(v.name);
  j.at("url").get_to(v.url);
  j.at("actors").get_to(v.actors);
  j.at("machine").get_to(v.machine);
  j.at("pid").get_to(v.pid);
  const auto word = j.at("state").get<std::string>();
  for (const auto& [s, w] : words)
    if (w == word) v.is = s;
  j.at("detail").get_to(v.detail);
  j.at("since").get_to(v.since);
  j.at("failures").get_to(v.failures);
  j.at("last_end").get_to(v.last_end);
  j.at("log").get_to(v.log);
  j.at("supervised").get_to(v.supervised);
  return v;
}

std::string state_cell(const node_view& v) {
  std::string out(to_string(v.is));
  if (!v.detail.empty()) out += ": " + v.detail;
  if (v.is != state::stopped && v.is != state::unreachable && !v.supervised) out += " (without a supervisor)";
  return out;
}

}  // namespace

std::string_view to_string(node_view::state s) {
  for (const auto& [value, word] : words)
    if (value == s) return word;
  return "stopped";
}

json to_json(const std::vector<node_view>& views) {
  json nodes = json::array();
  for (const auto& v : views) nodes.push_back(to_json(v));
  return {{"ready", all_ready(views)}, {"nodes", std::move(nodes)}};
}

result<std::vector<node_view>> parse_node_views(const std::string& text) {
  try {
    std::vector<node_view> out;
    const auto all = json::parse(text);
    for (const auto& j : all.at("nodes")) out.push_back(view_of(j));
    return out;
  } catch (const json::exception&) {
    return fail(errc::corrupt, "not what `dip cluster` says");
  }
}

node_view view_of(const config& conf, const node_config& n, const std::string& machine) {
  node_view v;
  v.name = n.name;
  v.url = n.origin();
  if (!conf.security.tls_cert.empty()) v.url.insert(4, "s");
  v.actors = n.actors;
  v.machine = machine;
  return v;
}

bool all_ready(const std::vector<node_view>& views) {
  return std::all_of(views.begin(), views.end(),
                     [](const node_view& v) { return v.is == state::ready && v.supervised; });
}

std::string render_nodes(const std::vector<node_view>& views, size_t width, const cli::style& with) {
  const bool several =
      std::any_of(views.begin(), views.end(), [](const node_view& v) { return !v.machine.empty(); });
  std::vector<cli::column> columns{{"NODE"}, {"ADDRESS"}, {"ACTORS", true}, {"PID", true}};
  if (several) columns.push_back({"MACHINE"});
  columns.push_back({"STATE", false, true});
  std::vector<std::vector<std::string>> rows;
  for (const auto& v : views) {
    auto& row = rows.emplace_back(std::vector<std::string>{v.name, v.url,
                                                           v.actors == 0 ? "" : std::to_string(v.actors),
                                                           v.pid == 0 ? "" : std::to_string(v.pid)});
    if (several) row.push_back(v.machine.empty() ? "here" : v.machine);
    row.push_back(state_cell(v));
  }
  return cli::render_table(columns, rows, width, with);
}

void ask_if_ready(const config& conf, const node_config& n, node_view& view) {
  // The port that no overload hides, if there is one.
  const bool secure = n.health == 0 && !conf.security.tls_cert.empty();
  const auto url = std::string(secure ? "https" : "http") + "://" + host_to_ask(n.host) + ":" +
                   std::to_string(n.health != 0 ? n.health : n.http) + "/readyz";
  const auto answer = get(url);
  const bool ready = answer && answer->status == 200;
  view.is = ready ? state::ready : state::not_ready;
  view.detail = ready ? "" : answer ? what_it_says(*answer) : "it does not answer";
}

std::string door_of(const std::vector<node_view>& views) {
  const auto found =
      std::find_if(views.begin(), views.end(), [](const node_view& v) { return v.is == state::ready; });
  if (found == views.end()) return {};
  const auto console = get(found->url + "/console/");
  return console && console->status == 200 ? found->url + "/console/" : found->url;
}

}  // namespace dip
