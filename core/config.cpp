#include "core/config.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include "core/config_keys.hpp"
#include "core/recipe.hpp"

namespace dip {
namespace {

// Reads the tables of one file; what is wrong gathers in `errors`.
class config_reader {
public:
  config read(const toml::table& root) {
    for (auto&& [key, node] : root) read_section(std::string(key.str()), node, key.source());
    finish_nodes();
    check_presets();
    check_whole(root);
    std::stable_sort(errors_.begin(), errors_.end(), [](const config_error& a, const config_error& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return std::move(config_);
  }
  [[nodiscard]] std::vector<config_error> take_errors() { return std::move(errors_); }

private:
  void wrong(std::string text, const toml::source_region& at) {
    errors_.push_back({std::move(text), at.begin.line, at.begin.column});
  }

  void read_section(const std::string& name, const toml::node& node, const toml::source_region& at) {
    if (name == "node") return read_nodes(node);
    if (name == "preset") return read_presets(node);
    const auto keys = config_keys();
    if (std::none_of(keys.begin(), keys.end(), [&](const config_key& k) { return k.section == name; }))
      return wrong("\"" + name + "\" is not a section of cluster.conf", at);
    const toml::table* table = node.as_table();
    if (!table) return wrong("\"" + name + "\" must be a section: [" + name + "]", at);
    for (auto&& [key, value] : *table) read_key(name, std::string(key.str()), value, key.source());
  }

  void read_key(const std::string& section, const std::string& name, const toml::node& value,
                const toml::source_region& at) {
    const std::string full = section + "." + name;
    for (const auto& key : config_keys())
      if (key.section == section && key.name == name) return store(full, key.store, config_, value);
    wrong(full + " is not a key of cluster.conf", at);
  }

  template <class Store, class Into>
  void store(const std::string& full, const Store& put, Into& into, const toml::node& value) {
    const auto written = scalar(value);
    if (!written) return wrong(full + " must be a single value, or a list of texts", value.source());
    if (auto problem = put(into, *written)) wrong(full + " " + *problem, value.source());
  }

  static std::optional<config_value> scalar(const toml::node& node) {
    if (const auto* v = node.as_boolean()) return config_value(v->get());
    if (const auto* v = node.as_integer()) return config_value(v->get());
    if (const auto* v = node.as_floating_point()) return config_value(v->get());
    if (const auto* v = node.as_string()) return config_value(v->get());
    if (const auto* list = node.as_array();
        list && (list->empty() || list->is_homogeneous(toml::node_type::string))) {
      std::vector<std::string> all;
      for (const auto& element : *list) all.push_back(element.as_string()->get());
      return config_value(std::move(all));
    }
    return std::nullopt;
  }

  void read_nodes(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || list->empty() || !list->is_homogeneous(toml::node_type::table))
      return wrong("nodes are written as [[node]], one for each", node.source());
    for (const auto& entry : *list) read_node(*entry.as_table());
  }

  void read_node(const toml::table& table) {
    node_config node;
    node.name.clear();
    for (auto&& [key, value] : table) {
      const std::string name(key.str());
      const auto keys = node_keys();
      const auto found =
          std::find_if(keys.begin(), keys.end(), [&](const node_key& k) { return k.name == name; });
      if (found == keys.end())
        wrong("node." + name + " is not a key of cluster.conf", key.source());
      else
        store("node." + name, found->store, node, value);
    }
    if (!table.contains("name")) wrong("a [[node]] needs a name", table.source());
    config_.nodes.push_back(std::move(node));
  }

  void finish_nodes() {
    if (config_.nodes.empty()) config_.nodes = default_config().nodes;
    for (auto& n : config_.nodes)
      if (n.data.empty()) n.data = config_.nodes.size() == 1 ? "dip-data" : "dip-data/" + n.name;
  }

  void read_presets(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return wrong("presets are written as [preset.NAME]", node.source());
    for (auto&& [key, value] : *table) {
      const toml::table* preset = value.as_table();
      if (preset)
        presets_.emplace_back(std::string(key.str()), preset);
      else
        wrong("preset." + std::string(key.str()) + " must be a section: [preset." + std::string(key.str()) +
                  "]",
              key.source());
    }
  }

  // After all of the file was read: the limits may stand below the presets.
  void check_presets() {
    for (const auto& [name, table] : presets_) {
      const size_t wrong_before = errors_.size();
      for (auto&& [key, value] : *table)
        if (key != "preprocess" && key != "operations" && key != "outputs")
          wrong("preset." + name + ": \"" + std::string(key.str()) +
                    "\" is none of preprocess, operations, outputs",
                key.source());
      auto preset = json_of(*table);
      config_.presets[name] = preset.dump();
      if (errors_.size() == wrong_before) check_preset(name, std::move(preset), *table);
    }
  }

  // What could stand in a request for any file is a good preset.
  void check_preset(const std::string& name, nlohmann::json preset, const toml::table& table) {
    if (name.empty() || name.size() > 64)
      return wrong("a preset's name is 1 to 64 bytes long", table.source());
    const auto blame = [&](const error& e) {
      wrong("preset." + name + ": " + (e.pointer.empty() ? "" : e.pointer + " ") + e.detail,
            place_of(table, e.pointer).source());
    };
    preset["file"] = "any";
    const auto parsed = parse_process_request(preset.dump(), config_.limits, nullptr, nullptr);
    if (!parsed) blame(parsed.error());
  }

  // The node that a JSON pointer leads to, or the last one on the way that there is.
  static const toml::node& place_of(const toml::node& root, std::string_view pointer) {
    const toml::node* at = &root;
    while (!pointer.empty()) {
      pointer.remove_prefix(1);
      const auto step = pointer.substr(0, pointer.find('/'));
      pointer.remove_prefix(step.size());
      const toml::node* next = nullptr;
      if (const auto* table = at->as_table()) next = table->get(step);
      size_t index = 0;
      if (const auto* array = at->as_array();
          array && std::from_chars(step.data(), step.data() + step.size(), index).ec == std::errc())
        next = array->get(index);
      if (!next) return *at;
      at = next;
    }
    return *at;
  }

  nlohmann::json json_of(const toml::node& node) {
    if (const auto* table = node.as_table()) {
      auto out = nlohmann::json::object();
      for (auto&& [key, value] : *table) out[std::string(key.str())] = json_of(value);
      return out;
    }
    if (const auto* array = node.as_array()) {
      auto out = nlohmann::json::array();
      for (const auto& element : *array) out.push_back(json_of(element));
      return out;
    }
    if (const auto value = scalar(node))
      return std::visit([](const auto& v) { return nlohmann::json(v); }, *value);
    wrong("dates and times mean nothing in a preset", node.source());
    return nullptr;
  }

  // A conflict points at its key if the file has it, else at its section, else at the file.
  void check_whole(const toml::table& root) {
    for (auto& conflict : find_conflicts(config_)) {
      const bool of_node = conflict.section == "node";
      const toml::node* section = root.get(conflict.section);
      if (of_node && section && section->is_array()) section = section->as_array()->get(conflict.node);
      const toml::node* value =
          section && section->is_table() ? section->as_table()->get(conflict.key) : nullptr;
      std::string text =
          of_node ? std::move(conflict.text)
                  : std::string(conflict.section) + "." + std::string(conflict.key) + " " + conflict.text;
      const toml::node* at = value ? value : section;
      if (at)
        wrong(std::move(text), at->source());
      else
        errors_.push_back({std::move(text), 0, 0});
    }
  }

  config config_;
  std::vector<std::pair<std::string, const toml::table*>> presets_;
  std::vector<config_error> errors_;
};

// A value of the environment is text: what spells a number or a truth is one.
config_value value_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && end == text.data() + text.size() && !text.empty()) return number;
  return std::string(text);
}

std::string variable_of(const config_key& key) {
  std::string out = "DIP_" + std::string(key.section) + "_" + std::string(key.name);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool of_known_section(std::string_view variable) {
  const auto keys = config_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const config_key& key) {
    const std::string name = variable_of(key);
    return variable.substr(0, 5 + key.section.size()) == name.substr(0, 5 + key.section.size());
  });
}

std::optional<std::string> apply_variable(config& c, std::string_view name, std::string_view value) {
  for (const auto& key : config_keys()) {
    if (variable_of(key) != name) continue;
    auto problem = key.store(c, value_of(value));
    // Names and paths may be all digits: then the text itself is meant.
    if (problem && key.store(c, std::string(value)) == std::nullopt) problem.reset();
    return problem;
  }
  return of_known_section(name) ? std::optional<std::string>("is not a variable of DIP") : std::nullopt;
}

}  // namespace

std::string node_config::origin() const {
  const bool ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return "http://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(http);
}

config default_config() {
  config c;
  c.nodes.emplace_back();
  c.nodes.front().data = "dip-data";
  return c;
}

tl::expected<config, std::vector<config_error>> parse_config(std::string_view text) {
  config_reader reader;
  try {
    config c = reader.read(toml::parse(text));
    if (auto errors = reader.take_errors(); !errors.empty()) return tl::make_unexpected(std::move(errors));
    return c;
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    return tl::make_unexpected(
        std::vector<config_error>{{std::string(problem.description()), at.line, at.column}});
  }
}

tl::expected<void, std::vector<config_error>> apply_environment(config& c, const char* const* environment) {
  std::vector<config_error> errors;
  for (; environment && *environment; ++environment) {
    const std::string_view entry = *environment;
    const auto equals = entry.find('=');
    if (entry.substr(0, 4) != "DIP_" || equals == std::string_view::npos) continue;
    const auto name = entry.substr(0, equals);
    if (auto problem = apply_variable(c, name, entry.substr(equals + 1)))
      errors.push_back({std::string(name) + " " + *problem, 0, 0});
  }
  if (errors.empty())
    for (const auto& conflict : find_conflicts(c))
      errors.push_back(
          {std::string(conflict.section) + "." + std::string(conflict.key) + ": " + conflict.text, 0, 0});
  if (!errors.empty()) return tl::make_unexpected(std::move(errors));
  return {};
}

}  // namespace dip
