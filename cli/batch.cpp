#include "cli/batch.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "cli/interrupt.hpp"
#include "core/text.hpp"
#include "net/digest.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::uint64_t size_of(const std::string& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

std::uint64_t size_of_all(const input_list& inputs) {
  std::uint64_t sum = 0;
  for (const auto& f : inputs.files) sum += size_of(f.path);
  return sum;
}

std::string shown_name(const input_file& input) {
  return input.path == "-" ? "standard input" : fs::path(input.path).filename().string();
}

}  // namespace

batch::batch(const common_options& common, const input_list& inputs, bool work_follows,
             std::unique_ptr<resume_file> resume, std::string kind)
    : common_(common),
      inputs_(inputs),
      resume_(std::move(resume)),
      board_(clock_, inputs.files.size(), size_of_all(inputs), work_follows),
      screen_(shown_, board_, !common.json),
      kind_(std::move(kind)) {}

void batch::take_all(unsigned parallel) {
  say_left_out();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min<size_t>(parallel, inputs_.files.size()); ++i)
    threads.emplace_back([this] { take_some(); });
  for (auto& t : threads) t.join();
}

void batch::say_left_out() {
  constexpr size_t most_names = 3;
  for (const auto& problem : inputs_.unreadable) {
    screen_.complain(problem);
    note_exit(work_failed);
  }
  const auto& out = inputs_.left_out;
  if (common_.json)
    for (const auto& path : out)
      screen_.say(json{{"input", printable(path)}, {"left_out", "no image"}}.dump());
  if (out.empty()) return;
  std::string names;
  for (size_t i = 0; i < std::min(out.size(), most_names); ++i)
    names += (i == 0 ? "" : ", ") + printable(fs::path(out[i]).filename().string());
  if (out.size() > most_names) names += ", …";
  screen_.note(std::to_string(out.size()) + (out.size() == 1 ? " file is" : " files are") +
               " no image and left out: " + names);
}

void batch::take_some() {
  node_api api(common_.node);
  const auto& files = inputs_.files;
  for (size_t i = next_++; i < files.size() && !given_up(); i = next_++) take_one(api, files[i]);
}

void batch::take_one(node_api& api, const input_file& input) {
  task t{input, board_.begin(shown_name(input), size_of(input.path)), ""};
  const auto file = open_input::open(input.path);
  if (!file) return failed(t, {node_error::kind::local, file.error()});
  if (resume_) {
    const auto sum = net::sha256_of_file(file->fd());
    if (!sum) return failed(t, {node_error::kind::local, "cannot be read"});
    const std::string path = input.path == "-" ? "-" : fs::absolute(input.path).lexically_normal().string();
    t.key = net::sha256_of(kind_ + '\n' + path + '\n' + *sum);
  }
  if (take(api, t, *file)) board_.end(t.row, true);
}

std::optional<resume_file::entry> batch::earlier(const task& t) const {
  return resume_ ? resume_->find(t.key) : std::nullopt;
}

void batch::note_done(const task& t, const json& record) {
  if (resume_) resume_->done(t.key, record);
}

bool batch::given_up() const { return interrupted() || hopeless_; }

int batch::end(bool forget_when_done) {
  if (interrupted()) {
    if (resume_) screen_.complain("interrupted; the same command goes on from here");
    return was_interrupted;
  }
  if (resume_ && !resume_->problem().empty()) {
    screen_.complain(resume_->problem());
    note_exit(work_failed);
  }
  // On a terminal there is somebody who was away meanwhile.
  if (shown_.err_is_terminal && !common_.json && inputs_.files.size() > 1)
    screen_.note(board_.summary() +
                 (resume_ && worst_ != done ? "; the same command tries again what is not done" : ""));
  if (resume_ && forget_when_done && worst_ == done) resume_->forget();
  return worst_;
}

void batch::note_exit(int code) {
  int seen = worst_;
  while (code > seen && !worst_.compare_exchange_weak(seen, code)) {
  }
}

void batch::failed(const task& t, const node_error& problem, json record) {
  board_.end(t.row, false);
  if (problem.what == node_error::kind::interrupted) return;
  note_exit(exit_code_of(problem));
  // No node: every other file would say the same.
  const bool no_node_left = problem.what == node_error::kind::unreachable;
  if (no_node_left && hopeless_.exchange(true)) return;
  screen_.complain((no_node_left ? "" : printable(t.input.path) + ": ") + problem.text);
  if (!record.is_object()) record = {{"error", {{"detail", problem.text}}}};
  tell(t, std::move(record));
}

void batch::report(const task& t, const std::string& value, const std::string& facts) {
  if (common_.json) return;
  const std::string file = printable(t.input.path);
  if (!shown_.out_is_terminal) return screen_.say(file + "\t" + value);
  const size_t room = shown_.columns() > 100 ? 40 : 24;
  screen_.say(shown_.out.good("✓") + " " + shorten(file, room) + shown_.out.dim("  →  ") + value + "  " +
              shown_.out.dim(facts));
}

void batch::report_saved(const task& t, const std::string& path, const std::string& facts) {
  if (common_.json || !shown_.out_is_terminal) return report(t, path, facts);
  const size_t taken = 2 + 2 + display_width(facts);
  const size_t room = shown_.columns() > taken + 12 ? shown_.columns() - taken : 12;
  screen_.say(shown_.out.good("✓") + " " + shorten(path, room) + "  " + shown_.out.dim(facts));
}

void batch::tell(const task& t, json record) {
  if (!common_.json) return;
  record["input"] = printable(t.input.path);
  screen_.say(record.dump(-1, ' ', false, json::error_handler_t::replace));
}

result<std::unique_ptr<resume_file>> open_resume_file(const std::string& named, const std::string& dir) {
  if (!named.empty()) return resume_file::open(named);
  return resume_file::open((fs::path(dir.empty() ? "." : dir) / ".dip-resume").string());
}

}  // namespace dip::cli
