// Files that others collected because decoders broke on them, and photos cut at every kilobyte, through the
// children that a node has. Each must end in an image or a clear error, and no child may die of one.
//   hostile_files [--sample N] [--seed S] FOLDER…
// Without folders only what is made here. With --sample so many of all, other ones for another seed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "imaging/codec.hpp"
#include "tests/unit/imaging/fate.hpp"

namespace dip::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t most_bytes = 64 * mebibyte;  // as limits.upload

struct options {
  size_t sample = 0;  // 0: all
  std::uint32_t seed = 1;
  std::vector<std::string> folders;
};

options read_options(int count, char** words) {
  options asked;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--sample" && i + 1 < count)
      asked.sample = std::strtoul(words[++i], nullptr, 10);
    else if (word == "--seed" && i + 1 < count)
      asked.seed = static_cast<std::uint32_t>(std::strtoul(words[++i], nullptr, 10));
    else if (word.starts_with("-"))
      throw std::runtime_error{"hostile_files [--sample N] [--seed S] FOLDER..."};
    else
      asked.folders.emplace_back(word);
  }
  return asked;
}

std::string contents(const fs::path& path, size_t most = std::string::npos) {
  std::ifstream in{path, std::ios::binary};
  if (most == std::string::npos) return {std::istreambuf_iterator<char>{in}, {}};
  std::string bytes(most, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(most));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

// What is no image to us ends at the sniffing, and is of no interest.
bool looks_like_image(const fs::directory_entry& entry) {
  return entry.is_regular_file() && !entry.is_symlink() && entry.file_size() <= most_bytes &&
         sniff_format(contents(entry.path(), sniff_bytes)).has_value();
}

std::vector<fs::path> images_in(const std::vector<std::string>& folders) {
  std::vector<fs::path> all;
  for (const auto& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator{folder})
      if (looks_like_image(entry)) all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

template <class T>
T sure(result<T> got) {
  if (!got) throw std::runtime_error{got.error().detail};
  return std::move(*got);
}

output_plan as(image_format format) {
  output_plan made;
  made.name = "out";
  made.format = format;
  return made;
}

// A photo in every format that can be written here.
std::vector<specimen> photos(codec& with, const codec_launcher& launcher) {
  const memory_file photo{contents("tests/data/sample.jpg")};
  const auto header = sure(with.probe(photo.get(), image_format::jpeg, milliseconds{60'000}));
  const preprocess_plan plan{.width = header.upright_width(), .height = header.upright_height()};
  const memory_file between;
  sure(with.preprocess(photo.get(), header, plan, between.get(), milliseconds{60'000}));
  std::vector<specimen> all;
  for (const auto& spec : format_table()) {
    if (!launcher.can_write(spec.format)) continue;
    const memory_file out;
    sure(with.process(between.get(), {as(spec.format)}, {out.get()}, -1, {}, milliseconds{60'000}));
    all.push_back({std::string{spec.name}, out.bytes()});
  }
  return all;
}

class trial {
public:
  trial(codec& with, const codec_launcher& launcher)
      : with_(with), launcher_(launcher), children_(launcher.children()) {}

  void put(const std::string& name, const std::string& bytes) {
    const auto began = std::chrono::steady_clock::now();
    const auto fate = fate_of(with_, bytes);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    ++fates_[fate];
    if (took.count() > slowest_) slowest_ = took.count(), slowest_name_ = name;
    const auto now = launcher_.children();
    const bool lost = !std::ranges::includes(now, children_);
    children_ = now;  // the wide one may have come
    if (is_clear(fate) && !lost) return;
    ++wrong_;
    std::printf("%s: %s%s\n", name.c_str(), std::string{to_string(fate)}.c_str(),
                lost ? ", a child is gone" : "");
  }

  // Whether all went as it must.
  bool sum_up() const {
    size_t all = 0;
    for (const auto& [fate, count] : fates_) {
      all += count;
      std::printf("%6zu %s\n", count,
                  fate == errc::conflict ? "images" : std::string{to_string(fate)}.c_str());
    }
    std::printf("%zu files, %zu wrong; the slowest took %.1f s: %s\n", all, wrong_, slowest_,
                slowest_name_.c_str());
    return wrong_ == 0 && all > 0;
  }

private:
  codec& with_;
  const codec_launcher& launcher_;
  std::vector<int> children_;
  std::map<errc, size_t> fates_;
  size_t wrong_ = 0;
  double slowest_ = 0;
  std::string slowest_name_;
};

template <class T>
void keep_sample(std::vector<T>& all, size_t most, std::mt19937& dice) {
  if (most == 0 || all.size() <= most) return;
  std::ranges::shuffle(all, dice);
  all.resize(most);
}

bool run(const options& asked) {
  codec_options o;
  o.program = DIP_CODEC;
  // A child that goes has died.
  o.renew_after = 1'000'000;
  o.renew_above = std::numeric_limits<std::uint64_t>::max();
  o.longest_job = std::chrono::hours{24};
  const auto launcher = sure(start_codec(o));
  const auto one = sure(launcher->launch());
  std::mt19937 dice{asked.seed};
  trial all{*one, *launcher};

  std::vector<specimen> cut;
  for (const auto& sound : photos(*one, *launcher))
    for (auto& piece : truncations(sound)) cut.push_back(std::move(piece));
  keep_sample(cut, asked.sample, dice);
  for (const auto& piece : cut) all.put(piece.name, piece.bytes);

  auto files = images_in(asked.folders);
  std::printf("%zu images in the folders, seed %u\n", files.size(), asked.seed);
  keep_sample(files, asked.sample, dice);
  for (const auto& file : files) all.put(file.string(), contents(file));
  return all.sum_up();
}

}  // namespace
}  // namespace dip::testing

int main(int count, char** words) {
  try {
    return dip::testing::run(dip::testing::read_options(count, words)) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "hostile_files: %s\n", e.what());
    return 2;
  }
}
