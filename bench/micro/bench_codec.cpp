// What the sandboxed child costs, in CPU an image, turn by turn: one plan in one process without a stored
// intermediate, both stages in one process, both stages in a child. Then sharp's own benchmark beside sharp,
// the memory of a child, and how fast one that broke is replaced. Each with the bar that it must keep.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "bench/micro/sharp_process.hpp"
#include "bench/mix/figures.hpp"
#include "bench/mix/memory_file.hpp"
#include "bench/mix/mix.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/library.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/process.hpp"

namespace dip::bench {
namespace {

constexpr milliseconds patience{60'000};

constexpr double child_bar = 1.08, stages_bar = 1.15, sharp_bar = 1.05;
constexpr double resident_bar_mb = 60, replaced_bar_ms = 50;

template <class T>
T sure(result<T> got) {
  if (!got) throw std::runtime_error{got.error().detail};
  return std::move(*got);
}

// The child's clock, and this process' own.
struct clocks {
  clockid_t child{};
  [[nodiscard]] double both() const { return cpu_ms(child) + cpu_ms(CLOCK_PROCESS_CPUTIME_ID); }
};

double timed(const std::function<double()>& clock, const std::function<void()>& work) {
  const double before = clock();
  work();
  return clock() - before;
}

bool keeps(double value, double bar) { return value <= bar; }
const char* verdict(bool kept) { return kept ? "" : "  MISSED"; }

// One job in the three ways.
class contest {
public:
  contest(const job& what, const std::string& mark_bytes, codec& child)
      : in_(memory_file(what.bytes)), mark_(memory_file(mark_bytes)), in_one_go_(what), child_(child) {
    if (what.marked) marks_.push_back({in_one_go_.mark_key(), mark_.get(), image_format::png});
  }

  void direct() const { in_one_go_.run(in_.get(), mark_.get(), memory_file().get()); }
  void stages() const {
    const auto tiff = memory_file(), out = memory_file();
    const int outs[]{out.get()};
    (void)pixels::preprocess(in_.get(), in_one_go_.header(), plan().preprocess, tiff.get());
    (void)pixels::process(tiff.get(), plan().outputs, outs, -1, marks_);
  }
  void in_child() const {
    const auto tiff = memory_file(), out = memory_file();
    sure(child_.preprocess(in_.get(), in_one_go_.header(), plan().preprocess, tiff.get(), patience));
    sure(child_.process(tiff.get(), plan().outputs, {out.get()}, -1, marks_, patience));
  }

private:
  [[nodiscard]] const job_plan& plan() const { return in_one_go_.plan(); }

  descriptor in_, mark_;
  direct_plan in_one_go_;
  codec& child_;
  std::vector<codec::watermark_input> marks_;
};

bool compare(const job& what, const contest& one, const clocks& time, int rounds) {
  const auto own = [] { return cpu_ms(CLOCK_PROCESS_CPUTIME_ID); };
  one.direct(), one.stages(), one.in_child();
  std::vector<double> direct, stages, child, walls, both;
  for (int i = 0; i < rounds; ++i) {
    direct.push_back(timed(own, [&] { one.direct(); }));
    stages.push_back(timed(own, [&] { one.stages(); }));
    // The client's own share is counted as well.
    child.push_back(timed([&] { return time.both(); }, [&] { one.in_child(); }));
    walls.push_back(child.back() / stages.back());
    both.push_back(child.back() / direct.back());
  }
  const double by_walls = median(walls), by_both = median(both);
  const bool kept = keeps(by_walls, child_bar) && keeps(by_both, stages_bar);
  std::printf("%-48s %8.1f %8.1f %8.1f %7.2f %7.2f%s\n", what.name, median(direct), median(stages),
              median(child), by_walls, by_both, verdict(kept));
  return kept;
}

bool compare_with_sharp(const job& what, const contest& one, const clocks& time, int rounds) {
  const auto photo =
      std::filesystem::temp_directory_path() / ("dip-bench-" + std::to_string(::getpid()) + ".jpg");
  std::ofstream{photo, std::ios::binary} << what.bytes;
  sharp_process sharp{photo};
  std::filesystem::remove(photo);
  if (!sharp) {
    std::printf("\nsharp is not there: scripts/setup --bench installs it\n");
    return true;
  }
  for (int i = 0; i < 5; ++i) (void)sharp.resize();  // until V8 has compiled what it runs
  std::vector<double> theirs, direct, ours, ratios, direct_ratios;
  for (int i = 0; i < rounds; ++i) {
    theirs.push_back(sharp.resize());
    ours.push_back(timed([&] { return time.both(); }, [&] { one.in_child(); }));
    direct.push_back(timed([] { return cpu_ms(CLOCK_PROCESS_CPUTIME_ID); }, [&] { one.direct(); }));
    ratios.push_back(ours.back() / theirs.back());
    direct_ratios.push_back(direct.back() / theirs.back());
  }
  // sharp has no stages and no walls: theirs have bars of their own.
  const bool kept = keeps(median(direct_ratios), sharp_bar);
  std::printf("\n%s: %s\n", what.name, sharp.version().c_str());
  std::printf("%-48s %8.1f\n", "sharp, CPU ms an image", median(theirs));
  std::printf("%-48s %8.1f %7.2f (bar %.2f)%s\n", "the plan in one process", median(direct),
              median(direct_ratios), sharp_bar, verdict(kept));
  std::printf("%-48s %8.1f %7.2f\n", "both stages in a child", median(ours), median(ratios));
  return kept;
}

double status_mb(int pid, std::string_view name) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; status >> word;)
    if (double kilobytes = 0; word == name && status >> kilobytes) return kilobytes / 1024;
  throw std::runtime_error{"a child does not say how large it is"};
}

int newest(const codec_launcher& launcher, const std::vector<int>& before) {
  for (const int pid : launcher.children())
    if (std::ranges::find(before, pid) == before.end()) return pid;
  throw std::runtime_error{"there is no new child"};
}

// Of a child that has only done this.
bool measure_memory(job what, const std::string& operations, codec_launcher& launcher, int rounds) {
  what.operations = operations;
  const auto before = launcher.children();
  const auto child = sure(launcher.launch());
  const contest one{what, {}, *child};
  for (int i = 0; i < rounds; ++i) one.in_child();
  const double peak = status_mb(newest(launcher, before), "VmHWM:");
  const bool kept = keeps(peak, resident_bar_mb);
  std::printf("peak resident memory of a child, 12 MP JPEG %s: %.0f MB (bar %.0f)%s\n", operations.c_str(),
              peak, resident_bar_mb, verdict(kept));
  return kept;
}

// From the death of a child at rest to the answer of the next.
bool measure_replacement(const job& what, codec_launcher& launcher, int rounds) {
  const auto others = launcher.children();
  const auto child = sure(launcher.launch());
  const auto in = memory_file(what.bytes);
  std::vector<double> all;
  for (int i = 0; i < rounds * 2; ++i) {
    const int pid = newest(launcher, others);
    const auto began = std::chrono::steady_clock::now();
    ::kill(pid, SIGKILL);
    sure(child->probe(in.get(), what.format, patience));
    all.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  }
  const bool kept = keeps(quantile(all, 0.99), replaced_bar_ms);
  std::printf("a child that died is replaced and has answered: median %.1f ms, p99 %.1f ms (bar %.0f)%s\n",
              median(all), quantile(all, 0.99), replaced_bar_ms, verdict(kept));
  return kept;
}

bool run(const char* program, int rounds) {
  if (!pixels::start_library(program)) throw std::runtime_error{"libvips does not start"};
  // One child for all of it: its clock is what is read.
  codec_options options;
  options.renew_after = 1'000'000;
  options.longest_job = milliseconds{3'600'000};
  const auto launcher = sure(start_codec(options));
  const auto child = sure(launcher->launch());
  clocks time;
  if (::clock_getcpuclockid(launcher->children().at(0), &time.child) != 0)
    throw std::runtime_error{"the child has no clock"};
  std::printf("%s\nlibvips %s, 1 thread, cache off, %d rounds turn by turn, medians\n\n", machine().c_str(),
              launcher->programs().front().libvips.c_str(), rounds);
  std::printf("%-48s %8s %8s %8s %7s %7s\n", "CPU ms an image", "direct", "2 stages", "child", "walls",
              "all");
  std::printf("%-48s %26s %7.2f %7.2f\n", "", "bars", child_bar, stages_bar);
  const auto mark = make_mark();
  const auto jobs = make_jobs(no_key());
  bool kept = true;
  for (const auto& what : jobs) kept = compare(what, contest{what, mark, *child}, time, rounds) && kept;
  kept = compare_with_sharp(jobs.front(), contest{jobs.front(), mark, *child}, time, rounds * 2) && kept;
  std::printf("\n");
  for (const auto* operations : {R"([{"op":"resize","width":300}])", R"([{"op":"resize","width":1600}])"})
    kept = measure_memory(jobs.at(1), operations, *launcher, rounds) && kept;
  return measure_replacement(jobs.front(), *launcher, rounds) && kept;
}

}  // namespace
}  // namespace dip::bench

// bench_codec [ROUNDS] [--check]: with --check it fails when a bar is missed.
int main(int count, char** words) {
  int rounds = 15;
  bool check = false;
  for (int i = 1; i < count; ++i) {
    if (std::string_view{words[i]} == "--check")
      check = true;
    else
      rounds = std::max(1, std::atoi(words[i]));
  }
  try {
    return dip::bench::run(words[0], rounds) || !check ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_codec: %s\n", e.what());
    return 2;
  }
}
