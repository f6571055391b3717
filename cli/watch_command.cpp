#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/screen.hpp"
#include "core/request.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr size_t longest_status = 13;  // "preprocessing"

class watcher {
public:
  explicit watcher(const common_options& common) : common_(common), api_(common.node) {}

  int run(const std::string& id) {
    const auto ended = api_.follow(id, [this](const stream_event& event) { return hear(event); });
    if (!ended) return complain_of(ended.error());
    const auto record = api_.find(id, std::chrono::seconds(0));
    if (!record) return complain_of(record.error());
    const std::string status = text_of(*record, "status");
    if (!common_.json) print_outputs(*record, shown_.columns(), shown_.out);
    const json problem = record->value("error", json());
    if (status == "processed") return done;
    complain(status == "failed" ? text_of(problem, "detail") + " (" + text_of(problem, "code") + ")"
                                : "the request is " + status);
    return work_failed;
  }

private:
  static int complain_of(const node_error& problem) {
    if (problem.what != node_error::kind::interrupted) complain(problem.text);
    return exit_code_of(problem);
  }

  // False after the last one.
  bool hear(const stream_event& event) {
    json change = json::parse(event.data, nullptr, false);
    if (event.name != "status" || !change.is_object()) return true;
    const std::string status = text_of(change, "status");
    if (common_.json) {
      change["id"] = printable(event.id);
      say(change.dump(-1, ' ', false, json::error_handler_t::replace));
    } else {
      say(line_of(change, status));
    }
    const auto known = parse_request_status(status);
    return !known || !is_final(*known);
  }

  [[nodiscard]] std::string line_of(const json& change, const std::string& status) const {
    const std::string at = short_time(text_of(change, "at"));
    std::string who = text_of(change, "node");
    if (const auto worker = text_of(change, "worker"); !worker.empty()) who += "  " + worker;
    std::string line = shown_.out.dim(at.size() == 19 ? at.substr(11) : at) + "  " +
                       dressed(status, shown_.out) +
                       std::string(longest_status - std::min(longest_status, status.size()), ' ');
    const std::string took = std::to_string(number_of(change, "took_ms")) + " ms";
    line += "  " + padded(took, 9, true);
    const size_t taken = 8 + 2 + longest_status + 2 + 9 + 2;
    const size_t room =
        shown_.columns() == 0 ? who.size() : shown_.columns() - std::min(taken, shown_.columns());
    if (room >= 4 && !who.empty()) line += "  " + shown_.out.dim(shorten(who, room));
    return line;
  }

  // A pipe sees each line when it happens.
  static void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  const common_options& common_;
  const display shown_ = display::of_this_process();
  node_api api_;
};

}  // namespace

int run_watch(const common_options& common, const std::string& id) {
  const interrupt_watch watch;
  return watcher(common).run(id);
}

}  // namespace dip::cli
