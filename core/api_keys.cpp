#include "core/api_keys.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

#include <toml++/toml.h>

namespace dip {
namespace {

constexpr std::array<std::pair<std::string_view, scope>, 4> scope_words{
    {{"upload", scope::upload}, {"process", scope::process}, {"read", scope::read}, {"admin", scope::admin}}};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A key's table; what is wrong gathers in `errors`.
class key_reader {
public:
  explicit key_reader(std::vector<config_error>& errors) : errors_(errors) {}

  api_key read(const toml::table& table) {
    for (auto&& [name, value] : table) read_member(name.str(), value, name.source());
    if (out_.name.empty() && !table.contains("name")) wrong("a [[key]] needs a name", table.source());
    if (!table.contains("sha256")) wrong("a [[key]] needs the sha256 of its key", table.source());
    if (!table.contains("scopes")) wrong("a [[key]] needs scopes", table.source());
    return std::move(out_);
  }

private:
  void wrong(std::string text, const toml::source_region& at) {
    errors_.push_back({std::move(text), at.begin.line, at.begin.column});
  }

  void read_member(std::string_view name, const toml::node& value, const toml::source_region& at) {
    if (name == "name")
      take_text(value, is_name, "name must be 1 to 63 letters, digits, - or _", out_.name);
    else if (name == "sha256")
      take_text(value, is_sha256, "sha256 must be 64 hexadecimal digits in small letters", out_.sha256);
    else if (name == "scopes")
      take_scopes(value);
    else if (name == "rate")
      take_number(value, "rate", out_.calls.rate);
    else if (name == "burst")
      take_number(value, "burst", out_.calls.burst);
    else if (name == "requests")
      take_number(value, "requests", out_.requests);
    else if (name == "bytes")
      take_bytes(value);
    else if (name == "expires")
      take_expiry(value);
    else
      wrong("\"" + std::string{name} + "\" is not a member of a [[key]]", at);
  }

  void take_text(const toml::node& value, bool (*good)(std::string_view), const char* otherwise,
                 std::string& to) {
    const auto text = value.value_exact<std::string>();
    if (text && good(*text))
      to = *text;
    else
      wrong(otherwise, value.source());
  }

  void take_number(const toml::node& value, const char* name, std::uint32_t& to) {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto number = value.value_exact<std::int64_t>();
    if (number && *number >= 0 && *number <= most)
      to = static_cast<std::uint32_t>(*number);
    else
      wrong(name + std::string{" must be a whole number, 0 for no limit"}, value.source());
  }

  void take_bytes(const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    const auto size = text ? parse_size(*text) : fail(errc::bad_request);
    if (size)
      out_.bytes = *size;
    else
      wrong("bytes must be a size as \"10 GiB\"", value.source());
  }

  void take_scopes(const toml::node& value) {
    const auto* list = value.as_array();
    if (!list || list->empty())
      return wrong("scopes must be a list as [\"upload\", \"process\"]", value.source());
    for (const auto& element : *list) {
      const auto word = element.value_exact<std::string>();
      const auto known = std::ranges::find_if(scope_words, [&](const auto& w) { return word == w.first; });
      if (known == scope_words.end())
        wrong("a scope is one of upload, process, read, admin", element.source());
      else
        out_.scopes = out_.scopes | scope_set{known->second};
    }
  }

  void take_expiry(const toml::node& value) {
    const auto at = value.value_exact<toml::date_time>();
    if (!at || !at->offset) return wrong("expires must be a time as 2027-01-01T00:00:00Z", value.source());
    const std::chrono::year_month_day day{std::chrono::year{at->date.year},
                                          std::chrono::month{at->date.month}, std::chrono::day{at->date.day}};
    out_.expires_at = wall_time{std::chrono::sys_days{day}} + std::chrono::hours{at->time.hour} +
                      std::chrono::minutes{at->time.minute} + std::chrono::seconds{at->time.second} -
                      std::chrono::minutes{at->offset->minutes};
  }

  std::vector<config_error>& errors_;
  api_key out_;
};

void refuse_twins(const std::vector<api_key>& keys, const toml::array& list,
                  std::vector<config_error>& errors) {
  std::set<std::string> names, hashes;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto& at = list[i].source().begin;
    if (!keys[i].name.empty() && !names.insert(keys[i].name).second)
      errors.push_back({"another key is called \"" + keys[i].name + "\"", at.line, at.column});
    if (!keys[i].sha256.empty() && !hashes.insert(keys[i].sha256).second)
      errors.push_back({"another key has this sha256", at.line, at.column});
  }
}

}  // namespace

std::string_view to_string(scope s) {
  for (const auto& [word, value] : scope_words)
    if (value == s) return word;
  return "admin";
}

std::vector<scope> scope_set::all() const {
  std::vector<scope> out;
  for (const auto& [word, value] : scope_words)
    if ((bits_ & static_cast<std::uint8_t>(value)) != 0) out.push_back(value);
  return out;
}

tl::expected<std::vector<api_key>, std::vector<config_error>> parse_api_keys(std::string_view text) {
  std::vector<config_error> errors;
  std::vector<api_key> out;
  try {
    const auto root = toml::parse(text);
    for (auto&& [name, node] : root) {
      const auto& at = name.source().begin;
      const auto* list = node.as_array();
      if (name != "key" || !list || !list->is_homogeneous(toml::node_type::table)) {
        errors.push_back({"keys are written as [[key]], one for each", at.line, at.column});
        continue;
      }
      for (const auto& entry : *list) out.push_back(key_reader{errors}.read(*entry.as_table()));
      refuse_twins(out, *list, errors);
    }
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    errors.push_back({std::string{problem.description()}, at.line, at.column});
  }
  if (!errors.empty()) return tl::make_unexpected(std::move(errors));
  return out;
}

}  // namespace dip
