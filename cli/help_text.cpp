#include "cli/help_text.hpp"

#include <algorithm>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/table.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

constexpr size_t width = 80;
constexpr size_t name_width = 22;

// A name and what it is, the latter wrapped in its column.
std::string entry(const std::string& name, const std::string& doc) {
  std::string out, line = "  " + name;
  if (display_width(line) + 2 > name_width) {
    out += line + "\n";
    line.clear();
  }
  line = padded(line, name_width);
  bool empty = true;
  std::istringstream words(doc);
  for (std::string word; words >> word; empty = false) {
    if (!empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = std::string(name_width, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
  }
  return out + line + "\n";
}

std::string doc_of(const option_doc& o) {
  std::string notes;
  const auto note = [&](const std::string& text) { notes += (notes.empty() ? "" : ", ") + text; };
  if (!o.fallback.empty()) note("default " + o.fallback);
  if (!o.variable.empty()) note("or " + o.variable);
  if (o.repeatable) note("may be given again");
  return o.doc + (notes.empty() ? "" : " (" + notes + ")");
}

std::string usage(const command_doc& c, const std::string& path) {
  std::string out = "Usage: " + path;
  if (!c.commands.empty()) out += " COMMAND";
  if (!c.options.empty()) out += " [OPTIONS]";
  for (const auto& a : c.arguments) {
    const std::string name = a.name + (a.repeatable ? "…" : "");
    out += " " + (a.required ? name : "[" + name + "]");
  }
  return out + "\n";
}

std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text.empty() ? "" : text + ".\n";
}

class formatter final : public CLI::FormatterBase {
public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string path = app->get_name();
    for (const auto* up = app->get_parent(); up; up = up->get_parent()) path.insert(0, up->get_name() + " ");
    return help_text(read_commands(*app), path);
  }
};

}  // namespace

std::string help_text(const command_doc& c, const std::string& path) {
  std::string out = usage(c, path) + sentence(c.doc);
  const auto section = [&](const char* title, const auto& items, const auto& line_of) {
    if (items.empty()) return;
    out += std::string("\n") + title + ":\n";
    for (const auto& item : items) out += line_of(item);
  };
  section("Commands", c.commands, [](const command_doc& sub) { return entry(sub.name, sub.doc); });
  section("Arguments", c.arguments, [](const argument_doc& a) { return entry(a.name, a.doc); });
  section("Options", c.options, [](const option_doc& o) {
    std::string names;
    for (const auto& n : o.names) names += (names.empty() ? "" : ", ") + n;
    return entry(names + (o.value.empty() ? "" : " " + o.value), doc_of(o));
  });
  if (!c.footer.empty()) out += "\n" + c.footer + "\n";
  return out;
}

void use_help_text(CLI::App& app) {
  app.formatter(std::make_shared<formatter>());
  for (auto* c : app.get_subcommands([](CLI::App*) { return true; })) use_help_text(*c);
}

}  // namespace dip::cli
