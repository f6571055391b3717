// Many files on their way to a node: what `dip upload` and `dip process` have in common.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/input_files.hpp"
#include "cli/progress.hpp"
#include "cli/resume_file.hpp"
#include "cli/screen.hpp"
#include "core/clock.hpp"

namespace dip::cli {

// Takes some files at a time and shows how far all of them are. What is done with one of them is the derived
// class's. One thread runs it; `take` and what it calls run on the threads of the batch.
class batch {
protected:
  struct task {
    input_file input;
    progress_board::handle row = 0;
    std::string key;  // in the resume file; "" without one
  };

  // `common` and `inputs` must outlive it. `work_follows`: an upload is half of a file's way, else all of it.
  // `resume` may be nothing. `kind`: what is done with the files, all that makes a difference to the result.
  batch(const common_options& common, const input_list& inputs, bool work_follows,
        std::unique_ptr<resume_file> resume, std::string kind);
  ~batch() = default;

  void take_all(unsigned parallel);
  // After Ctrl-C, or when no node is left: what is not begun is left as it is.
  [[nodiscard]] bool given_up() const;
  // The worst that any file met; forgets what was done for the next run when there is to be none.
  [[nodiscard]] int end(bool forget_when_done);

  // What is done with a file. True: it is finished with.
  virtual bool take(node_api& api, const task& t, const open_input& file) = 0;

  // What the resume file has on it.
  [[nodiscard]] std::optional<resume_file::entry> earlier(const task& t) const;
  void note_done(const task& t, const nlohmann::json& record);

  // Says it, once for all files when there is no node, and counts it. `record`: what the node has on it.
  void failed(const task& t, const node_error& problem, nlohmann::json record = nullptr);
  // A line for people on a terminal; for a pipe the file and one value, with a tab between.
  void report(const task& t, const std::string& value, const std::string& facts);
  // The same for a result that was downloaded: its path says which file it came from.
  void report_saved(const task& t, const std::string& path, const std::string& facts);
  // The file's object, where --json was asked for.
  void tell(const task& t, nlohmann::json record);

  const common_options& common_;
  const input_list& inputs_;
  const std::unique_ptr<resume_file> resume_;
  const system_clock clock_;
  const display shown_ = display::of_this_process();
  progress_board board_;
  screen screen_;

private:
  void take_some();
  void say_left_out();
  void take_one(node_api& api, const input_file& input);
  void note_exit(int code);

  const std::string kind_;
  std::atomic<bool> hopeless_ = false;
  std::atomic<size_t> next_ = 0;
  std::atomic<int> worst_ = done;
};

// Opens the file that --resume names, or the one of that directory where it names none. Errors: a sentence.
[[nodiscard]] result<std::unique_ptr<resume_file>> open_resume_file(const std::string& named,
                                                                    const std::string& dir);

}  // namespace dip::cli
