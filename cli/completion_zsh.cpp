#include "cli/completion.hpp"

namespace dip::cli {
namespace {

// Inside '…' of zsh, in a place where _arguments and _describe read `special` themselves.
std::string quoted(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string action(const std::string& value) {
  if (is_file(value) || value == "OUT") return "_files";
  if (is_directory(value)) return "_files -/";
  std::string words;
  for (const auto& w : words_of(value)) words += (words.empty() ? "" : " ") + w;
  return words.empty() ? " " : "(" + words + ")";
}

std::string option_spec(const option_doc& o, const std::string& name) {
  std::string out = o.repeatable ? "'*" : "'";
  out += name + "[" + quoted(o.doc, "[]\\") + "]";
  if (!o.value.empty()) out += ":" + quoted(o.value, ":\\") + ":" + action(o.value);
  return out + "'";
}

std::string function_name(const std::string& path) {
  std::string out = "_dip";
  for (const char c : path) out += c == '/' || c == '-' ? '_' : c;
  return out;
}

void functions(const command_doc& c, const std::string& path, std::string& out) {
  for (const auto& sub : c.commands) functions(sub, path_below(path, "/", sub), out);
  const std::string name = function_name(path);
  out += name + "() {\n";
  if (!c.commands.empty()) {
    out += "  local -a commands\n  commands=(\n";
    for (const auto& sub : c.commands) out += "    '" + sub.name + ":" + quoted(sub.doc, ":\\") + "'\n";
    out += "  )\n";
  }
  out += "  _arguments -C";
  for (const auto& o : c.options)
    for (const auto& n : o.names) out += " \\\n    " + option_spec(o, n);
  if (!c.commands.empty()) {
    out += " \\\n    '1:command:->command' \\\n    '*::argument:->argument'\n";
    out +=
        "  case $state in\n    command) _describe command commands ;;\n    argument)\n      case $words[1] "
        "in\n";
    for (const auto& sub : c.commands)
      out += "        " + sub.name + ") " + function_name(path_below(path, "/", sub)) + " ;;\n";
    out += "      esac ;;\n  esac\n";
  } else {
    for (const auto& a : c.arguments)
      out +=
          std::string(" \\\n    '") + (a.repeatable ? "*" : "") + ":" + a.name + ":" + action(a.name) + "'";
    out += "\n";
  }
  out += "}\n";
}

}  // namespace

std::string zsh_completion(const command_doc& root) {
  std::string out = "#compdef dip\n# zsh completion for dip. Made by: dip completion zsh\n";
  functions(root, "", out);
  // In a folder of $fpath the file is the function; sourced, it has to be named.
  return out + "if [[ $funcstack[1] == _dip ]]; then _dip \"$@\"; else compdef _dip dip; fi\n";
}

}  // namespace dip::cli
