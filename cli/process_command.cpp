#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <unistd.h>

#include "cli/batch.hpp"
#include "cli/interrupt.hpp"
#include "cli/out_template.hpp"
#include "cli/result_file.hpp"
#include "cli/standard_output.hpp"
#include "core/image_format.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;
using stage = resume_file::entry::stage;

constexpr std::chrono::seconds one_wait{30};

node_error local(const std::string& text) { return {node_error::kind::local, printable(text)}; }

// Some threads upload and submit, others wait and download, so that a request is worked on while the next
// files are still going out.
class process_batch final : public batch {
public:
  process_batch(const process_options& options, const std::optional<out_template>& out, const json& request,
                const input_list& inputs, std::unique_ptr<resume_file> resume)
      : batch(options.common, inputs, options.wait, std::move(resume), "process\n" + request.dump()),
        options_(options),
        out_(out),
        request_(request) {}

  int run() {
    std::vector<std::thread> finishers;
    for (size_t i = 0; options_.wait && i < options_.parallel; ++i)
      finishers.emplace_back([this] { finish_some(); });
    take_all(options_.parallel);
    {
      const std::lock_guard lock(mutex_);
      all_submitted_ = true;
    }
    changed_.notify_all();
    for (auto& t : finishers) t.join();
    return end(options_.resume.empty());
  }

private:
  struct submitted {
    task t;
    std::string id;
    bool resumed = false;  // its results may be there already
  };

  bool take(node_api& api, const task& t, const open_input& file) override {
    const auto before = earlier(t);
    if (before && before->at == stage::done && is_complete(t, before->record)) {
      show(t, with_paths(t, before->record));
      return true;
    }
    std::string id = before ? before->id : "";
    if (id.empty() && before) id = text_of(before->record, "id");
    if (!id.empty()) return follow({t, id, true});
    const auto accepted = submit(api, t, file);
    if (!accepted) {
      failed(t, accepted.error());
      return false;
    }
    return follow({t, text_of(*accepted, "id"), before.has_value()}, *accepted);
  }

  answer<json> submit(node_api& api, const task& t, const open_input& file) {
    const std::string key =
        resume_ ? resume_->begin(t.key, printable(t.input.path)).idempotency_key : make_idempotency_key();
    auto accepted =
        api.process(file, request_, key, [&](std::uint64_t bytes) { board_.uploaded(t.row, bytes); });
    if (accepted && resume_) resume_->accepted(t.key, text_of(*accepted, "id"));
    // What was refused is not kept. A lost answer, or one without a quorum, may have been a yes.
    const int status = accepted ? 0 : accepted.error().status;
    if (resume_ && status >= 400 && status < 500) resume_->failed(t.key);
    return accepted;
  }

  // True: nobody waits for it.
  bool follow(submitted s, const json& accepted = nullptr) {
    if (!options_.wait) {
      const json record = accepted.is_object() ? accepted : json{{"id", s.id}, {"status", "accepted"}};
      note_done(s.t, record);
      show(s.t, record);
      return true;
    }
    board_.phase(s.t.row, "waiting for the result");
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(s));
    }
    changed_.notify_one();
    return false;
  }

  bool next(submitted& s) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return all_submitted_ || !waiting_.empty(); });
    if (waiting_.empty()) return false;
    s = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }

  void finish_some() {
    node_api api(common_.node);
    for (submitted s; next(s);) {
      if (given_up()) continue;
      json record;
      const auto good = finish(api, s, record);
      if (good)
        board_.end(s.t.row, true);
      else
        failed(s.t, good.error(), std::move(record));
    }
  }

  answer<void> finish(node_api& api, submitted& s, json& final_record) {
    while (true) {
      auto record = api.find(s.id, one_wait);
      if (!record && record.error().status == 404 && s.resumed) {
        if (auto again = submit_again(api, s); !again) return again;
        continue;
      }
      if (!record) return tl::make_unexpected(record.error());
      const std::string status = text_of(*record, "status");
      if (status == "processed") return save_all(api, s, std::move(*record));
      if (status != "failed" && status != "cancelled") continue;
      if (resume_) resume_->failed(s.t.key);
      const auto problem = why(s, *record, status);
      final_record = std::move(*record);
      return tl::make_unexpected(problem);
    }
  }

  // What an earlier run was told of is no longer kept.
  answer<void> submit_again(node_api& api, submitted& s) {
    resume_->failed(s.t.key);
    const auto file = open_input::open(s.t.input.path);
    if (!file) return tl::make_unexpected(local(file.error()));
    const auto accepted = submit(api, s.t, *file);
    if (!accepted) return tl::make_unexpected(accepted.error());
    s.id = text_of(*accepted, "id");
    return {};
  }

  static node_error why(const submitted& s, const json& record, const std::string& status) {
    const json problem = record.value("error", json());
    std::string text = status == "cancelled" ? "was cancelled" : "failed";
    if (!text_of(problem, "detail").empty()) text = text_of(problem, "detail");
    if (!text_of(problem, "code").empty()) text += " (" + text_of(problem, "code") + ")";
    return {node_error::kind::refused, text + "; dip status " + s.id + " says more"};
  }

  answer<void> save_all(node_api& api, const submitted& s, json record) {
    if (out_ && out_->is_stdout()) return pour(api, record);
    if (out_) {
      board_.phase(s.t.row, "downloading");
      for (auto& output : record["outputs"]) {
        const auto saved = save(api, s, record, output);
        if (!saved) return tl::make_unexpected(saved.error());
        output["path"] = printable(*saved);
      }
    }
    note_done(s.t, record);
    show(s.t, record);
    return {};
  }

  [[nodiscard]] std::string path_of(const task& t, const json& record, const json& output) const {
    const auto raw = [](const json& object, const char* name) {
      const auto found = object.find(name);
      return found != object.end() && found->is_string() ? found->get<std::string>() : "";
    };
    return out_->path_of(t.input, {.name = raw(output, "name"),
                                   .key = raw(output, "url"),
                                   .id = raw(record, "id"),
                                   .width = number_of(output, "width"),
                                   .height = number_of(output, "height"),
                                   .single = record.value("outputs", json::array()).size() == 1});
  }

  // This run may put them elsewhere than the earlier one.
  [[nodiscard]] json with_paths(const task& t, json record) const {
    if (out_ && record.contains("outputs"))
      for (auto& output : record["outputs"]) output["path"] = printable(path_of(t, record, output));
    return record;
  }

  // Whether what an earlier run made is still where this one would put it.
  [[nodiscard]] bool is_complete(const task& t, const json& record) {
    if (!options_.wait) return true;
    if (text_of(record, "status") != "processed") return false;
    if (!out_) return true;
    std::set<std::string> paths;
    for (const auto& output : record.value("outputs", json::array())) {
      const auto path = path_of(t, record, output);
      std::error_code none;
      if (fs::file_size(path, none) != number_of(output, "size") || none) return false;
      paths.insert(path);
    }
    for (const auto& path : paths)
      if (!claim(path)) return false;
    return true;
  }

  answer<std::string> save(node_api& api, const submitted& s, const json& record, const json& output) {
    std::string path = path_of(s.t, record, output);
    // --force replaces what was there before, not what this command just made.
    if (!claim(path))
      return tl::make_unexpected(
          local(path + " is another result of this command; put {name}, {dir} or {file} into --out"));
    std::error_code why_not;
    const auto dir = fs::path(path).parent_path();
    if (!dir.empty()) fs::create_directories(dir, why_not);
    if (why_not)
      return tl::make_unexpected(
          local("the directory " + dir.string() + " cannot be made: " + why_not.message()));
    // An earlier run may have been killed after it saved this and before it wrote that down.
    const bool may_be_there = s.resumed && !options_.force && fs::exists(path, why_not);
    auto file = result_file::create(path, options_.force || may_be_there);
    if (!file) return tl::make_unexpected(local(file.error().detail));
    const auto got = api.download(
        output.value("url", ""), [&] { return file->restart(); },
        [&](std::string_view bytes) { return file->write(bytes); });
    if (!file->problem().empty()) return tl::make_unexpected(local(file->problem()));
    if (!got) return tl::make_unexpected(got.error());
    if (may_be_there) {
      if (file->is_there_already()) return path;
      return tl::make_unexpected(local(path + " is there already; --force replaces it"));
    }
    if (auto whole = file->finish(); !whole) return tl::make_unexpected(local(whole.error().detail));
    return path;
  }

  answer<void> pour(node_api& api, const json& record) {
    const json outputs = record.value("outputs", json::array());
    if (outputs.size() != 1)
      return tl::make_unexpected(
          local("has " + std::to_string(outputs.size()) + " results; --out - takes one, name a directory"));
    return pour_into_standard_output(api, outputs[0].value("url", ""));
  }

  bool claim(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return claimed_.insert(fs::absolute(path).lexically_normal().string()).second;
  }

  // What was done with a file: lines for people and pipes, or its object.
  void show(const task& t, const json& record) {
    if (!options_.wait) report(t, text_of(record, "id"), text_of(record, "status"));
    for (const auto& output : record.value("outputs", json::array())) {
      const std::string facts = pixels_of(output) + "  " + human_size(number_of(output, "size"));
      if (out_)
        report_saved(t, text_of(output, "path"), facts);
      else
        report(t, text_of(output, "url"), facts);
    }
    tell(t, record);
  }

  const process_options& options_;
  const std::optional<out_template>& out_;
  const json request_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<submitted> waiting_;
  std::set<std::string> claimed_;
  bool all_submitted_ = false;
};

// What would be known after hours only: two files whose results have one name. The extension is a guess, the
// same for both.
std::optional<std::string> same_name_twice(const out_template& out, const input_list& inputs,
                                           const std::string& format) {
  const auto* const spec = find_format(format);
  std::map<std::string, const input_file*> seen;
  for (const auto& input : inputs.files) {
    const std::string extension =
        spec ? "." + std::string(spec->extension) : fs::path(input.path).extension().string();
    // An id of its own stands for what is not known yet.
    const auto path = out.path_of(input, {.name = "output", .key = extension, .id = input.path});
    const auto [other, fresh] = seen.emplace(path, &input);
    if (!fresh)
      return printable(other->second->path) + " and " + printable(input.path) + " would both become " +
             printable(path) + "; put {dir} or {file} into --out";
  }
  return std::nullopt;
}

std::optional<std::string> wrong_out(const out_template& out, const process_options& options,
                                     const input_list& inputs) {
  if (out.is_stdout() && options.common.json) return "--out - and --json both want standard output";
  if (out.is_stdout() && ::isatty(STDOUT_FILENO) == 1)
    return "--out - writes an image, and standard output is a terminal; redirect it";
  if ((out.is_stdout() || !out.takes_many()) && inputs.files.size() > 1)
    return "--out " + printable(options.out) + " takes one file, not " + std::to_string(inputs.files.size()) +
           "; name a directory, or put {stem} into it";
  return same_name_twice(out, inputs, options.format);
}

int refuse(const std::string& line, int code) {
  complain(line);
  return code;
}

int run_with(const process_options& options, const std::optional<out_template>& out) {
  const auto request = make_request_template(options);
  if (!request) return refuse(request.error().detail, wrong_usage);
  const auto inputs = find_inputs(options.files, out ? out->base_dir() : "");
  if (const auto code = refuse_empty(inputs, options.files)) return *code;
  if (out)
    if (const auto wrong = wrong_out(*out, options, inputs)) return refuse(*wrong, wrong_usage);
  std::error_code why;
  const bool saves = out && !out->is_stdout();
  if (saves && !out->base_dir().empty()) fs::create_directories(out->base_dir(), why);
  if (why)
    return refuse("the directory " + printable(out->base_dir()) + " cannot be made: " + why.message(),
                  work_failed);
  std::unique_ptr<resume_file> resume;
  if (saves || !options.resume.empty()) {
    auto opened = open_resume_file(options.resume, saves ? out->base_dir() : "");
    if (!opened) return refuse(opened.error().detail, work_failed);
    resume = std::move(*opened);
  }
  const interrupt_watch watch;
  return process_batch(options, out, *request, inputs, std::move(resume)).run();
}

}  // namespace

int run_process(const process_options& asked) {
  process_options options = asked;
  if (options.out.empty()) return run_with(options, std::nullopt);
  options.wait = true;
  const auto out = out_template::parse(options.out);
  if (!out) return refuse(out.error().detail, wrong_usage);
  if (options.format.empty()) options.format = out->format();
  return run_with(options, *out);
}

}  // namespace dip::cli
