#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "cli/batch.hpp"
#include "cli/interrupt.hpp"
#include "cli/result_file.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::chrono::seconds one_wait{30};

struct submitted {
  std::string file;  // as the user named it
  std::string id;
  progress_board::handle row = 0;
};

// Some threads upload and submit, others wait and download, so that a request is worked on while the next
// files are still going out.
class process_batch final : public batch {
public:
  process_batch(const process_options& options, json request)
      : batch(options.common, options.files, options.wait), options_(options), request_(std::move(request)) {}

  int run() {
    std::vector<std::thread> finishers;
    for (size_t i = 0; options_.wait && i < parallel; ++i) finishers.emplace_back([this] { finish_some(); });
    upload_all();
    {
      const std::lock_guard lock(mutex_);
      all_submitted_ = true;
    }
    changed_.notify_all();
    for (auto& t : finishers) t.join();
    return exit_code();
  }

private:
  bool uploaded(node_api& api, const std::string& file, const json& object,
                progress_board::handle row) override {
    json request = request_;
    request["file"] = object.value("key", json());
    const auto accepted = api.submit(request, make_idempotency_key());
    if (!accepted) {
      failed(file, accepted.error(), row);
      return false;
    }
    if (!options_.wait) {
      report(file, text_of(*accepted, "id"), text_of(*accepted, "status"));
      tell(file, *accepted, {});
      return true;
    }
    board_.phase(row, "waiting for the result");
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({file, text_of(*accepted, "id"), row});
    }
    changed_.notify_one();
    return false;
  }

  bool take(submitted& next) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return all_submitted_ || !waiting_.empty(); });
    if (waiting_.empty()) return false;
    next = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }

  void finish_some() {
    node_api api(common_.node);
    submitted next;
    while (take(next)) {
      auto good = finish(api, next);
      if (!good)
        failed(next.file, good.error(), next.row);
      else
        board_.end(next.row, true);
    }
  }

  answer<void> finish(node_api& api, const submitted& s) {
    while (true) {
      const auto record = api.find(s.id, one_wait);
      if (!record) return tl::make_unexpected(record.error());
      const std::string status = text_of(*record, "status");
      if (status == "processed") return save_all(api, s, *record);
      if (status == "failed" || status == "cancelled") return tl::make_unexpected(why(s, *record, status));
    }
  }

  static node_error why(const submitted& s, const json& record, const std::string& status) {
    const json problem = record.value("error", json());
    std::string text = status == "cancelled" ? "was cancelled" : "failed";
    if (!text_of(problem, "detail").empty()) text = text_of(problem, "detail");
    if (!text_of(problem, "code").empty()) text += " (" + text_of(problem, "code") + ")";
    return {node_error::kind::refused, text + "; dip status " + s.id + " says more"};
  }

  answer<void> save_all(node_api& api, const submitted& s, const json& record) {
    const json outputs = record.value("outputs", json::array());
    std::vector<std::string> paths;
    for (const auto& output : outputs) {
      const std::string facts = pixels_of(output) + "  " + human_size(number_of(output, "size"));
      if (options_.out.empty()) {
        report(s.file, text_of(output, "url"), facts);
        continue;
      }
      board_.phase(s.row, "downloading");
      const auto saved = save(api, s, output, outputs.size() == 1);
      if (!saved) return tl::make_unexpected(saved.error());
      paths.push_back(*saved);
      report_saved(s.file, printable(*saved), facts);
    }
    tell(s.file, record, paths);
    return {};
  }

  answer<std::string> save(node_api& api, const submitted& s, const json& output, bool single) {
    const auto local = [](const error& e) {
      return tl::make_unexpected(node_error{node_error::kind::local, printable(e.detail)});
    };
    const std::string url = output.value("url", "");
    std::string path =
        (fs::path(options_.out) / result_name(s.file, output.value("name", ""), url, single)).string();
    // --force replaces what was there before, not what another file of this command just made.
    if (!claim(path))
      return local({errc::conflict, path + " is the result of another file of the same name", {}});
    auto file = result_file::create(path, options_.force);
    if (!file) return local(file.error());
    const auto got = api.download(url, [&](std::string_view bytes) { return file->write(bytes); });
    if (!file->problem().empty()) return local({errc::io, file->problem(), {}});
    if (!got) return tl::make_unexpected(got.error());
    if (auto whole = file->finish(); !whole) return local(whole.error());
    return path;
  }

  bool claim(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return claimed_.insert(path).second;
  }

  void tell(const std::string& file, json record, const std::vector<std::string>& paths) {
    if (!common_.json) return;
    for (size_t i = 0; i < paths.size(); ++i) record["outputs"][i]["path"] = printable(paths[i]);
    record["input"] = printable(file);
    screen_.say(record.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  const process_options& options_;
  const json request_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<submitted> waiting_;
  std::set<std::string> claimed_;
  bool all_submitted_ = false;
};

}  // namespace

int run_process(const process_options& asked) {
  process_options options = asked;
  options.wait = options.wait || !options.out.empty();
  auto request = make_request_template(options);
  if (!request) {
    complain(request.error().detail);
    return wrong_usage;
  }
  std::error_code why;
  if (!options.out.empty()) fs::create_directories(options.out, why);
  if (why) {
    complain("the directory " + printable(options.out) + " cannot be made: " + why.message());
    return work_failed;
  }
  const interrupt_watch watch;
  return process_batch(options, std::move(*request)).run();
}

}  // namespace dip::cli
