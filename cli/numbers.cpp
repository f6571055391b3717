#include "cli/numbers.hpp"

#include <cmath>
#include <cstdio>

#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

const json nothing;
const json no_items = json::array();

const json* find(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

template <class... T>
std::string formatted(const char* format, T... values) {
  char out[64];
  std::snprintf(out, sizeof out, format, values...);
  return out;
}

}  // namespace

double real_of(const json& object, const char* name) {
  const auto* found = find(object, name);
  return found && found->is_number() ? found->get<double>() : 0;
}

bool flag_of(const json& object, const char* name) {
  const auto* found = find(object, name);
  return found && found->is_boolean() && found->get<bool>();
}

std::optional<std::uint64_t> maybe_number(const json& object, const char* name) {
  const auto* found = find(object, name);
  if (!found || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

const json& list_of(const json& object, const char* name) {
  const auto* found = find(object, name);
  return found && found->is_array() ? *found : no_items;
}

const json& part_of(const json& object, const char* name) {
  const auto* found = find(object, name);
  return found && found->is_object() ? *found : nothing;
}

std::vector<std::string> words_in(const json& list) {
  std::vector<std::string> out;
  if (list.is_array())
    for (const auto& word : list)
      if (word.is_string()) out.push_back(printable(word.get<std::string>()));
  return out;
}

std::optional<wall_time> time_of(const json& object, const char* name) {
  const auto* found = find(object, name);
  if (!found || !found->is_string()) return std::nullopt;
  const auto time = parse_rfc3339(found->get<std::string>());
  return time ? std::optional(*time) : std::nullopt;
}

std::string span_text(std::uint64_t ms) {
  using whole = unsigned long long;
  if (ms < 1000) return formatted("%llu ms", whole{ms});
  if (ms < 60'000) return formatted("%.1f s", std::floor(static_cast<double>(ms) / 100) / 10);
  const std::uint64_t s = ms / 1000;
  if (s < 3600) return formatted("%llum %02llus", whole{s / 60}, whole{s % 60});
  if (s < 86'400) return formatted("%lluh %02llum", whole{s / 3600}, whole{s / 60 % 60});
  return formatted("%llud %lluh", whole{s / 86'400}, whole{s / 3600 % 24});
}

std::string span_text(const std::optional<std::uint64_t>& ms) { return ms ? span_text(*ms) : "-"; }

std::string short_span(double ms) {
  if (ms < 0.05) return "0 ms";
  if (ms < 9.95) return formatted("%.1f ms", ms);
  if (ms < 999.5) return formatted("%.0f ms", ms);
  return span_text(static_cast<std::uint64_t>(ms));
}

std::string rate_text(double rate) {
  if (rate <= 0) return "0";
  if (rate < 0.095) return formatted("%.2f", rate);
  if (rate < 9.95) return formatted("%.1f", rate);
  if (rate < 999.5) return formatted("%.0f", rate);
  if (rate < 9'950) return formatted("%.1fk", rate / 1000);
  return formatted("%.0fk", rate / 1000);
}

std::string percent_text(double share) { return formatted("%.0f %%", share * 100); }

std::string counted(std::uint64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

}  // namespace dip::cli
