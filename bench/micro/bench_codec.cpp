// What two stages in a child cost over the same plan in one process: CPU per image, both turn by turn.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/operation_table.hpp"
#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/encode.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/descriptor.hpp"

namespace dip {
namespace {

using pixels::VImage;

constexpr milliseconds patience{60'000};

struct job {
  const char* name;
  int width, height, bands;
  image_format from;
  output_spec output;
};

descriptor memory_file() { return descriptor{::memfd_create("bench", MFD_CLOEXEC)}; }

template <class T>
T sure(result<T> got) {
  if (!got) throw std::runtime_error{got.error().detail};
  return std::move(*got);
}

operation op(const char* name, std::vector<std::pair<std::string_view, param_value>> given) {
  operation made{name, {}};
  for (const auto& spec : find_operation(name)->params) {
    made.params.push_back(spec.fallback);
    for (const auto& [key, value] : given)
      if (key == spec.name) made.params.back() = value;
  }
  return made;
}

// Soft shapes with a little grain: as hard to encode as a photo, and the same in every run.
VImage photo(int width, int height, int bands) {
  std::vector<VImage> all;
  for (int i = 0; i < bands; ++i) {
    const auto coarse = VImage::gaussnoise(
        width / 40, height / 40, VImage::option()->set("mean", 128)->set("sigma", 60)->set("seed", i + 1));
    const auto grain = VImage::gaussnoise(
        width, height, VImage::option()->set("mean", 0)->set("sigma", 4)->set("seed", i + 9));
    all.push_back(
        pixels::scale_to(coarse, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)) +
        grain);
  }
  return VImage::bandjoin(all)
      .cast(VIPS_FORMAT_UCHAR)
      .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
      .copy_memory();
}

output_plan plain(image_format format, std::uint32_t quality) {
  output_plan how;
  how.format = format;
  how.quality = quality;
  return how;
}

double cpu_ms(clockid_t of) {
  timespec now{};
  ::clock_gettime(of, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double timed(clockid_t of, const std::function<void()>& work) {
  const double before = cpu_ms(of);
  work();
  return cpu_ms(of) - before;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::string machine() {
  std::ifstream cpus{"/proc/cpuinfo"};
  std::string model = "unknown processor";
  for (std::string line; std::getline(cpus, line);)
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  utsname system{};
  ::uname(&system);
  return model + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " cores, " + system.sysname + ' ' +
         system.release;
}

void compare(const job& what, codec& child, clockid_t child_clock, int rounds) {
  const auto in = memory_file(), mark = memory_file();
  pixels::encode(photo(what.width, what.height, what.bands), plain(what.from, 90), in.get());
  pixels::encode(photo(200, 100, 4), plain(image_format::png, 80), mark.get());
  const auto header = pixels::probe(in.get(), what.from);
  recipe asked;
  asked.outputs.push_back(what.output);
  const auto plan = sure(make_plan(header, asked, {}));
  const bool marked = what.output.operations.back().op == "watermark";
  std::vector<codec::watermark_input> marks;
  if (marked) marks.push_back({"mark", mark.get(), image_format::png});

  const auto direct = [&] {
    const auto out = memory_file();
    std::vector<pixels::watermark> laid;
    if (marked) {
      const pixels::mapped_file bytes{mark.get()};
      laid.push_back(
          {"mark", pixels::open_image(bytes, image_format::png, pixels::reading::anywhere).copy_memory()});
    }
    const pixels::mapped_file bytes{in.get()};
    const auto image = pixels::normalise(bytes, header, plan.preprocess).copy_memory();
    pixels::encode(pixels::apply(image, plan.outputs[0].operations, laid), plan.outputs[0], out.get());
  };
  const auto staged = [&] {
    const auto tiff = memory_file(), out = memory_file();
    sure(child.preprocess(in.get(), header, plan.preprocess, tiff.get(), patience));
    sure(child.process(tiff.get(), plan.outputs, {out.get()}, -1, marks, patience));
  };

  direct(), staged();
  std::vector<double> one, two;
  for (int i = 0; i < rounds; ++i) {
    one.push_back(timed(CLOCK_PROCESS_CPUTIME_ID, direct));
    // The client's own share is counted as well.
    const double client = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
    const double worker = timed(child_clock, staged);
    two.push_back(worker + cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - client);
  }
  std::printf("%-48s %8.1f %8.1f %7.2f\n", what.name, median(one), median(two), median(two) / median(one));
}

std::vector<job> jobs() {
  const auto width = [](std::int64_t pixels) { return op("resize", {{"width", pixels}}); };
  const auto to = [](image_format format, std::vector<operation> steps) {
    output_spec made;
    made.name = "out";
    made.format = format;
    if (format != image_format::png) made.quality = 80;
    made.operations = std::move(steps);
    return made;
  };
  using enum image_format;
  return {{"2725x2225 JPEG -> 720 JPEG q80", 2725, 2225, 3, jpeg, to(jpeg, {width(720)})},
          {"4272x2848 JPEG -> 300 WebP q80", 4272, 2848, 3, jpeg, to(webp, {width(300)})},
          {"2048x1536 RGBA PNG -> 720 PNG", 2048, 1536, 4, png, to(png, {width(720)})},
          {"2725x2225 JPEG -> 1080 blur sharpen mark JPEG", 2725, 2225, 3, jpeg,
           to(jpeg, {width(1080), op("blur", {}), op("sharpen", {}),
                     op("watermark", {{"file", std::string{"mark"}}})})}};
}

}  // namespace
}  // namespace dip

int main(int count, char** words) {
  using namespace dip;
  const int rounds = count > 1 ? std::max(1, std::atoi(words[1])) : 15;
  try {
    if (!pixels::start_library(words[0])) return EXIT_FAILURE;
    const auto launcher = sure(start_codec({}));
    const auto child = sure(launcher->launch());
    clockid_t child_clock{};
    if (::clock_getcpuclockid(launcher->children().at(0), &child_clock) != 0) return EXIT_FAILURE;
    std::printf("%s\n%s, 1 thread, cache off, %d rounds turn by turn, medians\n\n", machine().c_str(),
                launcher->version().c_str(), rounds);
    std::printf("%-48s %8s %8s %7s\n", "CPU ms an image", "direct", "child", "ratio");
    for (const auto& one : jobs()) compare(one, *child, child_clock, rounds);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_codec: %s\n", e.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
