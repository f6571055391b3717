#include "core/json_text.hpp"

#include <set>
#include <utility>
#include <vector>

namespace dip {
namespace {

// Not in the middle of a character: errors are JSON again.
std::string_view shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

result<nlohmann::json> parse_json_strictly(std::string_view text) {
  using nlohmann::json;
  std::vector<std::set<std::string>> keys;
  std::string twice;
  bool deep = false;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty() &&
        !keys.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    if (depth >= max_json_depth) deep = true;
    return !deep;
  };
  auto parsed = json::parse(text.begin(), text.end(), watch, false);
  if (deep) return fail(errc::bad_request, "the JSON is nested too deeply");
  if (parsed.is_discarded()) return fail(errc::bad_request, "not JSON in UTF-8");
  if (!twice.empty())
    return fail(errc::bad_request, "the key '" + std::string{shortened(twice, 64)} + "' is there twice");
  return parsed;
}

std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (char c : shortened(key, 128)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace dip
