#include "runtime/config_file.hpp"

#include <utility>

#include <unistd.h>

#include "cli/text_file.hpp"

namespace dip {
namespace {

std::string where(const std::string& file, const config_error& e) {
  if (e.line == 0) return file + ": " + e.text;
  return file + ":" + std::to_string(e.line) + ":" + std::to_string(e.column) + ": " + e.text;
}

// One line for everything that is wrong: the first, and how many more there are.
std::string sentence(const std::string& file, const std::vector<config_error>& errors) {
  auto out = where(file, errors.front());
  if (errors.size() > 1)
    out += " (and " + std::to_string(errors.size() - 1) + " more: dip check-config " + file + ")";
  return out;
}

}  // namespace

result<config> read_config(const std::string& file) {
  config c = default_config();
  if (!file.empty()) {
    auto text = read_text_file(file);
    if (!text) return tl::make_unexpected(text.error());
    auto parsed = parse_config(*text);
    if (!parsed) return fail(errc::bad_request, sentence(file, parsed.error()));
    c = std::move(*parsed);
  }
  if (auto ok = apply_environment(c, ::environ); !ok)
    return fail(errc::bad_request, sentence("environment", ok.error()));
  return c;
}

}  // namespace dip
