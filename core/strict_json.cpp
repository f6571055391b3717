#include "core/strict_json.hpp"

#include <set>
#include <string>
#include <vector>

namespace dip {
namespace {

// What nlohmann::json lets pass: it keeps the last of two equal keys, so two readers of one text could
// differ.
struct strictness {
  std::vector<std::set<std::string>> open_objects;
  std::string wrong;

  void see(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using enum nlohmann::json::parse_event_t;
    if ((event == object_start || event == array_start) && depth >= max_json_depth)
      wrong = "the JSON is nested too deeply";
    if (event == object_start) open_objects.emplace_back();
    if (event == object_end) open_objects.pop_back();
    if (event == key) see_key(parsed.get_ref<const std::string&>());
  }

  void see_key(const std::string& name) {
    if (!open_objects.back().insert(name).second) wrong = "the key \"" + name + "\" is there twice";
  }
};

}  // namespace

result<nlohmann::json> parse_strict_json(std::string_view text) {
  strictness rules;
  const auto callback = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    rules.see(depth, event, parsed);
    return true;
  };
  auto value = nlohmann::json::parse(text, callback, false);
  if (value.is_discarded()) return fail(errc::bad_request, "not JSON");
  if (!rules.wrong.empty()) return fail(errc::bad_request, rules.wrong);
  return value;
}

std::string pointer_to(const std::string& pointer, std::string_view key) {
  auto out = pointer + "/";
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string pointer_to(const std::string& pointer, size_t index) {
  return pointer + "/" + std::to_string(index);
}

}  // namespace dip
