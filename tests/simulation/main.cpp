// Runs the simulation over seeds. A seed that fails is run again, and what led to it is printed.
//   simulation [--seeds N] [--from S] [--every K] [--trace] [--twice] [--no-rocksdb] [--without RULE]
//   [--quiet]
//   simulation --rules                 the rules that can be switched off
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

#include "tests/simulation/cluster.hpp"

namespace {

using namespace dip;
using namespace dip::simulation;

// In the order of consensus/rules.hpp.
constexpr std::array<std::string_view, consensus::rule_count> rule_names{
    "commit_own_term", "answer_checked",       "answer_durable",     "write_overtaken",
    "commit_checked",  "refuse_older_term",    "skip_committed",     "one_vote",
    "vote_up_to_date", "vote_alone_new_term",  "pre_vote_own_term",  "ignore_old_rejection",
    "change_own_term", "change_one_at_a_time", "change_rolled_back", "read_own_term",
    "read_confirmed",  "ack_same_term",        "hold_promises",      "apply_durable"};

struct command_line {
  std::uint64_t seeds = 100, from = 1, every = 1;
  bool trace = false, quiet = false, rocks = true, twice = false;
  consensus::rule_set rules;
};

[[noreturn]] void usage(const std::string& wrong) {
  std::cerr << "simulation: " << wrong
            << "\nusage: simulation [--seeds N] [--from S] [--every K] [--trace] [--twice] [--quiet] "
               "[--no-rocksdb] "
               "[--without RULE]\n";
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t out = 0;
  const auto end = text.data() + text.size();
  if (const auto r = std::from_chars(text.data(), end, out); r.ec != std::errc{} || r.ptr != end)
    usage("not a number: " + std::string{text});
  return out;
}

command_line parse(int argc, char** argv) {
  command_line out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> std::string_view {
      if (++i == argc) usage(std::string{word} + " wants a value");
      return argv[i];
    };
    if (word == "--seeds")
      out.seeds = number(value());
    else if (word == "--from")
      out.from = number(value());
    else if (word == "--every")
      out.every = number(value());
    else if (word == "--rules") {
      for (const auto name : rule_names) std::cout << name << '\n';
      std::exit(0);
    } else if (word == "--twice")
      out.twice = true;
    else if (word == "--trace")
      out.trace = true;
    else if (word == "--quiet")
      out.quiet = true;
    else if (word == "--no-rocksdb")
      out.rocks = false;
    else if (word == "--without") {
      const auto* it = std::find(rule_names.begin(), rule_names.end(), value());
      if (it == rule_names.end()) usage("no such rule");
      out.rules = out.rules.without(static_cast<consensus::rule>(it - rule_names.begin()));
    } else {
      usage("what is " + std::string{word} + "?");
    }
  }
  return out;
}

// RocksDB's files, for the seeds that have them; gone afterwards.
class scratch {
public:
  // In memory where there is such a place: what RocksDB syncs at every opening is most of its time.
  scratch() {
    for (const auto& in : {std::filesystem::path{"/dev/shm"}, std::filesystem::temp_directory_path()}) {
      path_ = (in / "dip-simulation-XXXXXX").string();
      if (::mkdtemp(path_.data()) != nullptr) return;
    }
    std::cerr << "simulation: there is no place for RocksDB's files\n";
    std::exit(1);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::string files_of_a_run() {
  static const scratch files;
  return files.path();
}

struct finished {
  std::string violation;
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t digest = 0;
};

finished run(mix m, const command_line& how, size_t keep_lines, bool show = true) {
  m.rocks = m.rocks && how.rocks;
  m.core.rules = how.rules;
  cluster c{m, m.rocks ? files_of_a_run() : std::string{}, keep_lines};
  finished out{c.run(), c.what_was().counts, 0};
  out.digest = c.what_was().lines.digest();
  for (const auto& b : c.what_was().books) {
    out.counts["acknowledged"] += b.acknowledged();
    out.counts["reads"] += b.answered();
    out.counts["elections"] += b.elections();
  }
  if (m.rocks) ++out.counts["seeds on RocksDB"];
  if (!show) return out;
  for (const auto& line : c.what_was().lines.lines()) std::cout << line << '\n';
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const auto how = parse(argc, argv);
  std::map<std::string, std::uint64_t> sums;
  std::uint64_t violations = 0;
  for (std::uint64_t i = 0; i < how.seeds; ++i) {
    const auto m = make_mix(how.from + i * how.every);
    auto done = run(m, how, how.trace ? 1'000'000 : how.twice ? 1 : 0, how.trace);
    if (how.twice && run(m, how, 1, false).digest != done.digest)
      done.violation = "a second run of the same seed went another way";
    for (const auto& [what, count] : done.counts) sums[what] += count;
    if (done.violation.empty()) continue;
    ++violations;
    std::cout << "VIOLATION " << to_string(m) << "\n  " << done.violation << '\n';
    if (!how.trace && !how.quiet && violations <= 3) static_cast<void>(run(m, how, 150));
    std::cout << std::flush;
  }
  for (const auto& [what, count] : sums) std::cout << "  " << count << ' ' << what << '\n';
  std::cout << how.seeds << " seeds, " << violations << " violations" << std::endl;
  return violations == 0 ? 0 : 1;
}
