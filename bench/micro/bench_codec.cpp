// What two stages in a child cost over the same plan in one process: CPU per image, both turn by turn.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/mix/figures.hpp"
#include "bench/mix/memory_file.hpp"
#include "bench/mix/mix.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/library.hpp"

namespace dip::bench {
namespace {

constexpr milliseconds patience{60'000};

template <class T>
T sure(result<T> got) {
  if (!got) throw std::runtime_error{got.error().detail};
  return std::move(*got);
}

double timed(clockid_t of, const std::function<void()>& work) {
  const double before = cpu_ms(of);
  work();
  return cpu_ms(of) - before;
}

void compare(const job& what, const std::string& mark_bytes, codec& child, clockid_t child_clock,
             int rounds) {
  const auto in = memory_file(what.bytes), mark = memory_file(mark_bytes);
  const direct_plan in_one_go{what};
  const auto& plan = in_one_go.plan();
  std::vector<codec::watermark_input> marks;
  if (what.marked) marks.push_back({in_one_go.mark_key(), mark.get(), image_format::png});

  const auto direct = [&] { in_one_go.run(in.get(), mark.get(), memory_file().get()); };
  const auto staged = [&] {
    const auto tiff = memory_file(), out = memory_file();
    sure(child.preprocess(in.get(), in_one_go.header(), plan.preprocess, tiff.get(), patience));
    sure(child.process(tiff.get(), plan.outputs, {out.get()}, -1, marks, patience));
  };

  direct(), staged();
  std::vector<double> one, two, ratios;
  for (int i = 0; i < rounds; ++i) {
    one.push_back(timed(CLOCK_PROCESS_CPUTIME_ID, direct));
    // The client's own share is counted as well.
    const double client = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
    const double worker = timed(child_clock, staged);
    two.push_back(worker + cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - client);
    ratios.push_back(two.back() / one.back());
  }
  std::printf("%-48s %8.1f %8.1f %7.2f\n", what.name, median(one), median(two), median(ratios));
}

int run(const char* program, int rounds) {
  if (!pixels::start_library(program)) return EXIT_FAILURE;
  const auto launcher = sure(start_codec({}));
  const auto child = sure(launcher->launch());
  clockid_t child_clock{};
  if (::clock_getcpuclockid(launcher->children().at(0), &child_clock) != 0) return EXIT_FAILURE;
  std::printf("%s\n%s, 1 thread, cache off, %d rounds turn by turn, medians\n\n", machine().c_str(),
              launcher->version().c_str(), rounds);
  std::printf("%-48s %8s %8s %7s\n", "CPU ms an image", "direct", "child", "ratio");
  const auto mark = make_mark();
  for (const auto& one : make_jobs(no_key())) compare(one, mark, *child, child_clock, rounds);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace dip::bench

int main(int count, char** words) {
  try {
    return dip::bench::run(words[0], count > 1 ? std::max(1, std::atoi(words[1])) : 15);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_codec: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
