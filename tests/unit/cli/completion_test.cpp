#include "cli/completion.hpp"

#include <catch2/catch_test_macros.hpp>

#include "cli/man_page.hpp"

using namespace dip::cli;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

option_doc option(std::vector<std::string> names, std::string value, std::string doc) {
  return {std::move(names), std::move(value), std::move(doc), "", "", false};
}

// A program with all that a command can have: words, files, commands below commands, quotes in its texts.
command_doc program() {
  command_doc root{"dip", "it's dip", "", {option({"-h", "--help"}, "", "this")}, {}, {}};
  root.commands.push_back(
      {"work",
       "do: it",
       "Examples:\n  dip work 'a' -x\n  .odd",
       {option({"--format"}, "FORMAT", "the [format]"), option({"--out"}, "OUT", "where")},
       {{"FILE", "images", true, true}},
       {}});
  root.commands.push_back(
      {"cluster", "many", "", {}, {}, {{"up", "start", "", {option({"--config"}, "FILE", "it")}, {}, {}}}});
  return root;
}

}  // namespace

TEST_CASE("bash knows commands, options and the words of values") {
  const auto script = bash_completion(program());
  CHECK(has(script, "' work') path='/work'"));
  CHECK(has(script, "'/cluster up') path='/cluster/up'"));
  CHECK(has(script, "'/work --format') _dip_words 'jpeg png webp"));
  CHECK(has(script, "'/cluster/up --config') _dip_files -f; return"));
  CHECK(has(script, "complete -F _dip dip"));
}

TEST_CASE("zsh gets each text in the quotes of its place") {
  const auto script = zsh_completion(program());
  CHECK(script.substr(0, 13) == "#compdef dip\n");
  CHECK(has(script, R"('--format[the \[format\]]:FORMAT:(jpeg png)"));
  CHECK(has(script, R"('work:do\: it')"));
  CHECK(has(script, "_dip_cluster_up() {"));
}

TEST_CASE("fish offers a command's own once it is typed") {
  const auto script = fish_completion(program());
  CHECK(has(script, "complete -c dip -n 'not __fish_seen_subcommand_from work cluster' -a work -d 'do: it'"));
  CHECK(has(script, "-n '__fish_seen_subcommand_from work' -l format -x -a 'jpeg png"));
  CHECK(has(script,
            "-n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from up' -l config -r -F"));
}

TEST_CASE("the man page has every command, and no line that roff would read") {
  const auto page = man_page(program());
  CHECK(has(page, ".SS dip work\n"));
  CHECK(has(page, ".SS dip cluster up\n"));
  CHECK(has(page, ".TP\n\\fB\\-\\-format\\fR \\fIFORMAT\\fR\nthe [format].\n"));
  CHECK(has(page, "  dip work 'a' \\-x\n"));
  CHECK(has(page, ".SH EXIT STATUS\n"));
  CHECK_FALSE(has(page, "\n.odd"));
}
