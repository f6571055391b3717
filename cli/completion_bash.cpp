#include "cli/completion.hpp"

namespace dip::cli {
namespace {

// Names of commands, options and words have no character that a shell would read.
std::string spaced(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

std::string candidates(const std::string& value) {
  if (is_file(value)) return "_dip_files -f";
  // --out takes a file's name as well
  if (is_directory(value)) return value == "OUT" ? "_dip_files -f" : "_dip_files -d";
  if (const auto words = words_of(value); !words.empty()) return "_dip_words '" + spaced(words) + "'";
  return ":";
}

// What is left when neither an option nor its value is typed.
std::string arguments_of(const command_doc& c) {
  std::vector<std::string> names;
  for (const auto& sub : c.commands) names.push_back(sub.name);
  if (!names.empty()) return "_dip_words '" + spaced(names) + "'";
  return c.arguments.empty() ? ":" : candidates(c.arguments.front().name);
}

void paths(const command_doc& c, const std::string& path, std::string& out) {
  for (const auto& sub : c.commands) {
    out += "      '" + path + " " + sub.name + "') path='" + path_below(path, "/", sub) + "' ;;\n";
    paths(sub, path_below(path, "/", sub), out);
  }
}

void values(const command_doc& c, const std::string& path, std::string& out) {
  for (const auto& o : c.options) {
    if (o.value.empty()) continue;
    for (const auto& name : o.names)
      out += "    '" + path + " " + name + "') " + candidates(o.value) + "; return ;;\n";
  }
  for (const auto& sub : c.commands) values(sub, path_below(path, "/", sub), out);
}

void leftovers(const command_doc& c, const std::string& path, std::string& out) {
  std::vector<std::string> names;
  for (const auto& o : c.options) names.insert(names.end(), o.names.begin(), o.names.end());
  out += "    '" + path + "')\n      if [[ $cur == -* ]]; then _dip_words '" + spaced(names) +
         "'\n      else " + arguments_of(c) + "; fi ;;\n";
  for (const auto& sub : c.commands) leftovers(sub, path_below(path, "/", sub), out);
}

}  // namespace

std::string bash_completion(const command_doc& root) {
  std::string out =
      "# bash completion for dip. Made by: dip completion bash\n"
      "_dip_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
      "_dip_files() {\n"
      "  compopt -o filenames 2>/dev/null || :\n"
      "  mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
      "}\n"
      "_dip() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path='' i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$path ${COMP_WORDS[i]}\" in\n";
  paths(root, "", out);
  out += "    esac\n  done\n  case \"$path $before\" in\n";
  values(root, "", out);
  out += "  esac\n  case \"$path\" in\n";
  leftovers(root, "", out);
  out += "  esac\n}\ncomplete -F _dip dip\n";
  return out;
}

}  // namespace dip::cli
