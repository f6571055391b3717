#include "cli/man_page.hpp"

#include <sstream>

namespace dip::cli {
namespace {

// Characters that roff reads itself; hyphens stay what they are, so that options can be copied.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return !out.empty() && (out.front() == '.' || out.front() == '\'') ? "\\&" + out : out;
}

std::string bold(const std::string& text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + plain(text) + "\\fR"; }

// Lines as they are.
std::string verbatim(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) out += plain(line) + "\n";
  return ".PP\n.nf\n" + out + ".fi\n";
}

std::string synopsis(const command_doc& c, const std::string& path) {
  std::string out = ".B " + plain(path) + "\n";
  if (!c.options.empty()) out += "[" + italic("options") + "]\n";
  for (const auto& a : c.arguments) {
    const std::string name = italic(a.name) + (a.repeatable ? "…" : "");
    out += (a.required ? name : "[" + name + "]") + "\n";
  }
  return out;
}

std::string option(const option_doc& o) {
  std::string names;
  for (const auto& n : o.names) names += (names.empty() ? "" : ", ") + bold(n);
  if (!o.value.empty()) names += " " + italic(o.value);
  std::string out = ".TP\n" + names + "\n" + plain(o.doc) + ".\n";
  if (!o.fallback.empty()) out += "Default: " + bold(o.fallback) + ".\n";
  if (!o.variable.empty()) out += "Environment: " + bold(o.variable) + ".\n";
  if (o.repeatable) out += "May be given again.\n";
  return out;
}

bool is_help(const option_doc& o) { return o.names.back() == "--help"; }

void command(const command_doc& c, const std::string& path, std::string& out) {
  if (!c.commands.empty()) {
    for (const auto& sub : c.commands) command(sub, path_below(path, " ", sub), out);
    return;
  }
  out += ".SS " + plain(path) + "\n" + synopsis(c, path) + ".PP\n" + plain(c.doc) + ".\n";
  for (const auto& a : c.arguments) out += ".TP\n" + italic(a.name) + "\n" + plain(a.doc) + ".\n";
  for (const auto& o : c.options)
    if (!is_help(o)) out += option(o);
  if (!c.footer.empty()) out += verbatim(c.footer);
}

constexpr const char* ending =
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBDIP_URL\\fR\nThe nodes, with commas between them; \\fB\\-\\-url\\fR comes first.\n"
    ".TP\n\\fBDIP_API_KEY\\fR\nThe key of this cluster, sent as a bearer token and never printed.\n"
    ".TP\n\\fBNO_COLOR\\fR\nNot empty: no colours.\n"
    ".SH FILES\n"
    ".TP\n\\fB.dip\\-resume\\fR\n"
    "In the directory that results are written to, while there is something left to do: what an interrupted\n"
    "\\fBdip process\\fR has done.\n"
    ".SH EXIT STATUS\n"
    ".TP\n0\nDone.\n.TP\n1\nThe work failed, for one file at least.\n.TP\n2\nWrong usage.\n"
    ".TP\n3\nNo node could be reached.\n.TP\n130\nInterrupted.\n";

}  // namespace

std::string man_page(const command_doc& root) {
  std::string out =
      ".TH DIP 1 \"\" \"DIP\" \"User Commands\"\n.SH NAME\ndip \\- " + plain(root.doc) +
      "\n.SH SYNOPSIS\n.B dip\n" + italic("command") + "\n[" + italic("options") + "]\n" +
      ".SH DESCRIPTION\nRuns a node of DIP, and speaks to nodes that run. Errors are one line on\n"
      "standard error that says what to do. Progress is drawn on terminals only.\n"
      ".SH COMMANDS\n";
  for (const auto& c : root.commands) command(c, path_below(root.name, " ", c), out);
  return out + ending;
}

}  // namespace dip::cli
