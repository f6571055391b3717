#include "cli/completion.hpp"

namespace dip::cli {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string words(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& w : all) out += (out.empty() ? "" : " ") + w;
  return out;
}

std::string value_flags(const std::string& value) {
  if (is_file(value) || value == "OUT") return " -r -F";
  if (is_directory(value)) return " -x -a '(__fish_complete_directories)'";
  const auto known = words_of(value);
  return known.empty() ? " -x" : " -x -a " + quoted(words(known));
}

std::vector<std::string> names_of(const std::vector<command_doc>& commands) {
  std::vector<std::string> out;
  for (const auto& c : commands) out.push_back(c.name);
  return out;
}

// `seen`: fish's condition that the line has this command.
void complete(const command_doc& c, const std::string& seen, std::string& out) {
  const std::string here = seen.empty() ? "" : " -n " + quoted(seen);
  for (const auto& o : c.options) {
    out += "complete -c dip" + here;
    for (const auto& name : o.names)
      out += name.substr(0, 2) == "--" ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!o.value.empty()) out += value_flags(o.value);
    out += " -d " + quoted(o.doc) + "\n";
  }
  for (const auto& a : c.arguments) {
    const auto known = words_of(a.name);
    if (is_file(a.name)) out += "complete -c dip" + here + " -F\n";
    if (!known.empty()) out += "complete -c dip" + here + " -a " + quoted(words(known)) + "\n";
  }
  if (c.commands.empty()) return;
  const std::string none_yet = (seen.empty() ? "" : seen + "; and ") + "not __fish_seen_subcommand_from " +
                               words(names_of(c.commands));
  for (const auto& sub : c.commands) {
    out += "complete -c dip -n " + quoted(none_yet) + " -a " + sub.name + " -d " + quoted(sub.doc) + "\n";
    complete(sub, (seen.empty() ? "" : seen + "; and ") + "__fish_seen_subcommand_from " + sub.name, out);
  }
}

}  // namespace

std::string fish_completion(const command_doc& root) {
  std::string out = "# fish completion for dip. Made by: dip completion fish\ncomplete -c dip -f\n";
  complete(root, "", out);
  return out;
}

}  // namespace dip::cli
