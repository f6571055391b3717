#include <cstdio>

#include "cli/commands.hpp"
#include "cli/text_file.hpp"
#include "core/config.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

std::string summary(const config& c) {
  const auto some = [](size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  const size_t copies = std::min<size_t>(c.cluster.replicas, c.nodes.size());
  return some(c.nodes.size(), "node") + ", " + some(c.cluster.partitions, "partition") + ", " +
         (copies == 1 ? "1 copy" : std::to_string(copies) + " copies") + " of everything, " +
         some(c.presets.size(), "preset");
}

void print_json(const std::vector<config_error>& errors) {
  json list = json::array();
  for (const auto& e : errors)
    list.push_back({{"text", printable(e.text)}, {"line", e.line}, {"column", e.column}});
  std::puts(json{{"ok", errors.empty()}, {"errors", list}}.dump().c_str());
}

// As compilers say it, so that editors can jump there.
std::string placed(const std::string& file, const config_error& e) {
  std::string place = printable(file);
  if (e.line != 0) place += ":" + std::to_string(e.line) + ":" + std::to_string(e.column);
  return place + ": " + printable(e.text);
}

}  // namespace

int run_check_config(const std::string& file, bool as_json) {
  const auto text = read_text_file(file);
  if (!text) {
    complain(text.error().detail);
    return work_failed;
  }
  const auto parsed = parse_config(*text);
  if (as_json) print_json(parsed ? std::vector<config_error>{} : parsed.error());
  if (!parsed) {
    if (!as_json)
      for (const auto& e : parsed.error()) std::fputs((placed(file, e) + "\n").c_str(), stderr);
    return work_failed;
  }
  if (!as_json) std::puts((printable(file) + " is good: " + summary(*parsed)).c_str());
  return done;
}

}  // namespace dip::cli
