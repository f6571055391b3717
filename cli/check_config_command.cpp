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

void print_json(const std::vector<file_error>& errors) {
  json list = json::array();
  for (const auto& e : errors)
    list.push_back({{"file", printable(e.file)},
                    {"text", printable(e.what.text)},
                    {"line", e.what.line},
                    {"column", e.what.column}});
  std::puts(json{{"ok", errors.empty()}, {"errors", list}}.dump().c_str());
}

// As compilers say it, so that editors can jump there.
std::string placed(const file_error& e) {
  std::string place = printable(e.file);
  if (e.what.line != 0) place += ":" + std::to_string(e.what.line);
  if (e.what.column != 0) place += ":" + std::to_string(e.what.column);
  return place + ": " + printable(e.what.text);
}

std::vector<file_error> errors_of(const std::string& file,
                                  const tl::expected<config, std::vector<config_error>>& parsed,
                                  const config_check& further) {
  if (parsed) return further ? further(*parsed) : std::vector<file_error>{};
  std::vector<file_error> out;
  for (const auto& e : parsed.error()) out.push_back({file, e});
  return out;
}

}  // namespace

int run_check_config(const std::string& file, bool as_json, const config_check& further) {
  const auto text = read_text_file(file);
  if (!text) {
    complain(text.error().detail);
    return work_failed;
  }
  const auto parsed = parse_config(*text);
  const auto errors = errors_of(file, parsed, further);
  if (as_json) print_json(errors);
  if (!errors.empty()) {
    if (!as_json)
      for (const auto& e : errors) std::fputs((placed(e) + "\n").c_str(), stderr);
    return work_failed;
  }
  if (!as_json) std::puts((printable(file) + " is good: " + summary(*parsed)).c_str());
  return done;
}

}  // namespace dip::cli
