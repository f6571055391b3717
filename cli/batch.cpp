#include "cli/batch.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "cli/interrupt.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::uint64_t size_of(const std::string& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

std::uint64_t size_of_all(const std::vector<std::string>& files) {
  std::uint64_t sum = 0;
  for (const auto& f : files) sum += size_of(f);
  return sum;
}

}  // namespace

batch::batch(const common_options& common, const std::vector<std::string>& files, bool work_follows)
    : common_(common),
      files_(files),
      board_(clock_, files.size(), size_of_all(files), work_follows),
      screen_(shown_, board_, !common.json) {}

void batch::upload_all() {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(parallel, files_.size()); ++i)
    threads.emplace_back([this] { upload_some(); });
  for (auto& t : threads) t.join();
}

void batch::upload_some() {
  node_api api(common_.node);
  for (size_t i = next_++; i < files_.size() && !interrupted() && !hopeless_; i = next_++) {
    const auto& file = files_[i];
    const auto row = board_.begin(fs::path(file).filename().string(), size_of(file));
    const auto object = api.upload(file, [&](std::uint64_t bytes) { board_.uploaded(row, bytes); });
    if (!object)
      failed(file, object.error(), row);
    else if (uploaded(api, file, *object, row))
      board_.end(row, true);
  }
}

int batch::exit_code() const { return interrupted() ? was_interrupted : worst_.load(); }

void batch::failed(const std::string& file, const node_error& problem, progress_board::handle row) {
  board_.end(row, false);
  if (problem.what == node_error::kind::interrupted) return;
  const int code = exit_code_of(problem);
  int seen = worst_;
  while (code > seen && !worst_.compare_exchange_weak(seen, code)) {
  }
  // No node: every other file would say the same.
  if (problem.what == node_error::kind::unreachable && hopeless_.exchange(true)) return;
  const bool about_file = problem.what == node_error::kind::refused;
  screen_.complain((about_file ? printable(file) + ": " : "") + problem.text);
  if (common_.json) screen_.say(json{{"file", printable(file)}, {"error", problem.text}}.dump());
}

void batch::report(const std::string& file, const std::string& value, const std::string& facts) {
  if (common_.json) return;
  if (!shown_.out_is_terminal) return screen_.say(printable(file) + "\t" + value);
  const size_t room = shown_.columns() > 100 ? 40 : 24;
  screen_.say(shown_.out.good("✓") + " " + shorten(printable(file), room) + shown_.out.dim("  →  ") + value +
              "  " + shown_.out.dim(facts));
}

void batch::report_saved(const std::string& file, const std::string& path, const std::string& facts) {
  if (common_.json || !shown_.out_is_terminal) return report(file, path, facts);
  const size_t taken = 2 + 2 + display_width(facts);
  const size_t room = shown_.columns() > taken + 12 ? shown_.columns() - taken : 12;
  screen_.say(shown_.out.good("✓") + " " + shorten(path, room) + "  " + shown_.out.dim(facts));
}

}  // namespace dip::cli
