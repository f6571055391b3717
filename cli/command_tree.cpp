#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include "core/image_format.hpp"
#include "core/operation_table.hpp"
#include "core/queue_message.hpp"
#include "core/request.hpp"

namespace dip::cli {
namespace {

// Words and blanks only: the help's layout is not for other forms.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

option_doc read_option(const CLI::Option& o) {
  option_doc out;
  for (const auto& name : o.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : o.get_lnames()) out.names.push_back("--" + name);
  // CLI11 puts what is checked behind a colon.
  if (o.get_items_expected_max() > 0) out.value = o.get_type_name().substr(0, o.get_type_name().find(':'));
  out.doc = out.names.back() == "--help" ? "this text" : one_line(o.get_description());
  out.fallback = o.get_default_str();
  out.variable = o.get_envname();
  out.repeatable = o.get_items_expected_max() > 1;
  return out;
}

}  // namespace

command_doc read_commands(const CLI::App& app) {
  command_doc out{app.get_name(), one_line(app.get_description()), app.get_footer(), {}, {}, {}};
  while (!out.footer.empty() && out.footer.front() == '\n') out.footer.erase(0, 1);
  for (const auto* o : app.get_options()) {
    if (o->get_group().empty()) continue;
    if (o->get_positional())
      out.arguments.push_back({o->get_name(true), one_line(o->get_description()), o->get_required(),
                               o->get_items_expected_max() > 1});
    else
      out.options.push_back(read_option(*o));
  }
  const auto shown = [](const CLI::App* c) { return !c->get_name().empty() && !c->get_group().empty(); };
  for (const auto* c : app.get_subcommands(shown)) out.commands.push_back(read_commands(*c));
  return out;
}

std::string path_below(const std::string& path, const char* between, const command_doc& command) {
  std::string out = path;
  return out.append(between).append(command.name);
}

std::vector<std::string> words_of(const std::string& value) {
  std::vector<std::string> out;
  if (value == "OP")
    for (const auto& op : operation_table()) out.emplace_back(op.name);
  if (value == "FORMAT")
    for (const auto& f : format_table())
      if (f.writable) out.emplace_back(f.name);
  if (value == "STATUS")
    for (int s = 0; s <= static_cast<int>(request_status::cancelled); ++s)
      out.emplace_back(to_string(static_cast<request_status>(s)));
  if (value == "QUEUE")
    for (int q = 0; q < queue_count; ++q) out.emplace_back(to_string(static_cast<queue_name>(q)));
  if (value == "STATE") out = {"idle", "busy", "stuck", "backoff", "dead"};
  if (value == "ORDER") out = {"mailbox", "rate", "busy", "restarts", "name"};
  if (value == "CODE")
    for (int c = 0; c <= static_cast<int>(errc::not_leader); ++c)
      out.emplace_back(to_string(static_cast<errc>(c)));
  if (value == "SHELL") out = {"bash", "zsh", "fish"};
  return out;
}

bool is_file(const std::string& value) { return value == "FILE"; }
bool is_directory(const std::string& value) { return value == "DIR" || value == "OUT"; }

}  // namespace dip::cli
