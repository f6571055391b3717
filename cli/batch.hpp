// Many files on their way to a node: what `dip upload` and `dip process` have in common.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/screen.hpp"
#include "core/clock.hpp"

namespace dip::cli {

// Uploads some files at a time and shows how far all of them are. What follows an upload is the derived
// class's. One thread runs it; `uploaded` and what it calls run on the threads of the batch.
class batch {
protected:
  // How many files are on their way at a time.
  static constexpr size_t parallel = 4;

  // `common` and `files` must outlive it. `work_follows`: an upload is half of a file's way, else all of it.
  batch(const common_options& common, const std::vector<std::string>& files, bool work_follows);
  ~batch() = default;

  void upload_all();
  // The worst that any file met.
  [[nodiscard]] int exit_code() const;

  // What is done with an upload's answer; true: the file is finished with.
  virtual bool uploaded(node_api& api, const std::string& file, const nlohmann::json& object,
                        progress_board::handle row) = 0;

  // Says it, once for all files when there is no node, and counts it.
  void failed(const std::string& file, const node_error& problem, progress_board::handle row);
  // A line for people on a terminal; for a pipe the file and one value, with a tab between.
  void report(const std::string& file, const std::string& value, const std::string& facts);
  // The same for a result that was downloaded: its path says which file it came from.
  void report_saved(const std::string& file, const std::string& path, const std::string& facts);

  const common_options& common_;
  const std::vector<std::string>& files_;
  const system_clock clock_;
  const display shown_ = display::of_this_process();
  progress_board board_;
  screen screen_;

private:
  void upload_some();

  std::atomic<bool> hopeless_ = false;
  std::atomic<size_t> next_ = 0;
  std::atomic<int> worst_ = done;
};

}  // namespace dip::cli
