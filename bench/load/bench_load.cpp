// The whole way, from upload to result, over the same pixels in one process: CPU per image of the node's
// processes, turn by turn with the direct plan; how long it takes; what an idle node and a start cost.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/load/clients.hpp"
#include "bench/load/node_process.hpp"
#include "bench/mix/figures.hpp"
#include "bench/mix/memory_file.hpp"
#include "bench/mix/mix.hpp"
#include "imaging/codec/library.hpp"

namespace dip::bench {
namespace {

struct settings {
  std::string program;
  unsigned pairs = 7;
  unsigned images = 40;
  unsigned clients = 8;
  unsigned starts = 5;
  unsigned idle_seconds = 30;
  bool gate = false;
  std::string write_to;
};

// The bars of the design, for --check.
constexpr double most_ratio = 1.25, most_idle_percent = 1.0, most_ready_ms = 1000;

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

// The images of one turn with the direct plan, on as many threads as the node has workers. CPU ms an image.
class direct_side {
public:
  direct_side(const std::vector<job>& jobs, const std::string& mark) : mark_(memory_file(mark)) {
    for (const auto& one : jobs) {
      plans_.emplace_back(one);
      inputs_.push_back(memory_file(one.bytes));
    }
  }

  double turn(unsigned images, unsigned threads) const {
    const double before = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
    std::atomic<unsigned> next{0};
    {
      std::vector<std::jthread> all;
      for (unsigned t = 0; t < threads; ++t)
        all.emplace_back([&] {
          for (unsigned i = next++; i < images; i = next++) {
            const auto which = i % plans_.size();
            plans_[which].run(inputs_[which].get(), mark_.get(), memory_file().get());
          }
        });
    }
    return (cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - before) / images;
  }

private:
  std::vector<direct_plan> plans_;
  std::vector<descriptor> inputs_;
  descriptor mark_;
};

struct figures {
  std::vector<double> direct, dip, codecs, ratio, per_second, latencies;
  use most;
};

figures take_turns(const settings& how, const direct_side& direct, const node_process& node,
                   const std::vector<job>& jobs) {
  const load_options load{how.clients, how.images};
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  figures all;
  (void)direct.turn(how.images, threads);
  (void)run_clients(node.url(), jobs, load);
  for (unsigned pair = 0; pair < how.pairs; ++pair) {
    node.wait_quiet();
    all.direct.push_back(direct.turn(how.images, threads));
    const auto before = node.cpu();
    const auto done = run_clients(node.url(), jobs, load);
    const auto memory = node.memory();
    node.wait_quiet();
    const auto after = node.cpu();
    all.dip.push_back((after.dip - before.dip) / how.images);
    all.codecs.push_back((after.codecs - before.codecs) / how.images);
    all.ratio.push_back((after.all() - before.all()) / how.images / all.direct.back());
    all.per_second.push_back(how.images * 1e3 / done.wall_ms);
    all.latencies.insert(all.latencies.end(), done.latencies_ms.begin(), done.latencies_ms.end());
    if (memory.all() > all.most.all()) all.most = memory;
    std::printf(
        "  pair %u: direct %6.1f  dip %5.1f  dip-codec %6.1f  ratio %.3f  %5.1f images/s  load average "
        "%.1f\n",
        pair + 1, all.direct.back(), all.dip.back(), all.codecs.back(), all.ratio.back(),
        all.per_second.back(), load_average());
    std::fflush(stdout);
  }
  return all;
}

double idle_percent(const node_process& node, unsigned seconds) {
  node.wait_quiet();
  const double before = node.cpu().all();
  std::this_thread::sleep_for(std::chrono::seconds{seconds});
  return percent(node.cpu().all() - before, seconds * 1e3);
}

double start_ms(const settings& how, const std::filesystem::path& data, bool fresh) {
  std::vector<double> all;
  for (unsigned i = 0; i < how.starts; ++i) {
    node_process node{how.program, fresh ? std::filesystem::path{data.string() + std::to_string(i)} : data};
    all.push_back(node.ready_ms());
    node.stop();
  }
  return median(all);
}

void say_machine(const settings& how) {
  std::printf("%s, load average %.1f\n", machine().c_str(), load_average());
  std::printf(
      "libvips %s; default settings; %u clients, closed loop: upload, process, wait; %u images a turn, the\n"
      "four jobs in equal parts; direct plan on %u threads of one process; %u pairs of turns, medians\n\n",
      pixels::library_version().c_str(), how.clients, how.images,
      std::max(1U, std::thread::hardware_concurrency()), how.pairs);
}

bool within(const char* what, double value, double most, const char* unit) {
  const bool good = value <= most;
  std::printf("%-34s %9.2f %-9s (bar %g)%s\n", what, value, unit, most, good ? "" : "  MISSED");
  return good;
}

// For benchmarks that are no program of ours.
void write_images(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& job : make_jobs(no_key())) {
    const std::string name{job.name};
    std::ofstream out{folder /
                      (name.substr(0, name.find(' ')) + "." + std::string{spec_of(job.format).extension})};
    if (!(out << job.bytes << std::flush)) throw std::runtime_error{"cannot write to " + folder.string()};
  }
}

int run(const char* name, const settings& how) {
  if (!pixels::start_library(name)) throw std::runtime_error{"libvips does not start"};
  if (!how.write_to.empty()) {
    write_images(how.write_to);
    return EXIT_SUCCESS;
  }
  say_machine(how);
  const scratch_folder scratch;
  const auto data = scratch.path() / "node";
  const auto mark = make_mark();
  figures got;
  double idle = 0;
  {
    node_process node{how.program, data};
    const auto jobs = make_jobs(upload(node.url(), mark));
    got = take_turns(how, direct_side{jobs, mark}, node, jobs);
    idle = idle_percent(node, how.idle_seconds);
    node.stop();
  }
  const double again = start_ms(how, data, false);
  const double fresh = start_ms(how, scratch.path() / "fresh", true);

  std::printf("\n%-34s %9.2f ms\n", "CPU an image, direct plan", median(got.direct));
  std::printf("%-34s %9.2f ms\n", "CPU an image, dip", median(got.dip));
  std::printf("%-34s %9.2f ms\n", "CPU an image, dip-codec", median(got.codecs));
  bool good = within("all processes over direct plan", median(got.ratio), most_ratio, "x");
  std::printf("%-34s %9.2f images/s\n", "throughput", median(got.per_second));
  std::printf("%-34s %9.0f ms, 99th percentile %.0f ms\n", "upload to result, median", median(got.latencies),
              quantile(got.latencies, 0.99));
  std::printf("%-34s %9.0f MiB: dip %.0f, dip-codec %.0f\n", "resident at most", got.most.all(), got.most.dip,
              got.most.codecs);
  good = within("idle, of a core", idle, most_idle_percent, "%") && good;
  good = within("start to ready, new data", fresh, most_ready_ms, "ms") && good;
  good = within("start to ready, the data of this", again, most_ready_ms, "ms") && good;
  return good || !how.gate ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace dip::bench

int main(int count, char** words) {
  CLI::App app{"The whole way, from upload to result, over the same pixels in one process."};
  dip::bench::settings how;
  how.program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "dip").string();
  app.add_option("--dip", how.program, "The dip to measure, dip-codec beside it");
  app.add_option("--pairs", how.pairs, "Turns of each side")->check(CLI::PositiveNumber);
  app.add_option("--images", how.images, "Images of a turn")->check(CLI::PositiveNumber);
  app.add_option("--clients", how.clients)->check(CLI::PositiveNumber);
  app.add_option("--starts", how.starts, "How often the start is timed")->check(CLI::PositiveNumber);
  app.add_option("--idle", how.idle_seconds, "Seconds that the node is left alone")
      ->check(CLI::PositiveNumber);
  app.add_flag("--check", how.gate, "Fail when a bar is missed");
  app.add_option("--write", how.write_to, "Only write the images into this folder");
  CLI11_PARSE(app, count, words);
  try {
    return dip::bench::run(words[0], how);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_load: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
