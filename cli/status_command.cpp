#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/screen.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void print_facts(const json& r, const style& with) {
  const auto fact = [&](const char* name, const std::string& value) {
    if (!value.empty()) print(with.dim(padded(name, 10)) + value + "\n");
  };
  fact("request", text_of(r, "id"));
  fact("status", dressed(text_of(r, "status"), with));
  fact("file", text_of(r, "file_name").empty() ? text_of(r, "file") : text_of(r, "file_name"));
  fact("preset", text_of(r, "preset"));
  const json problem = r.value("error", json());
  if (problem.is_object())
    fact("error", text_of(problem, "detail") + " (" + text_of(problem, "code") + ", " +
                      text_of(problem, "stage") + ")");
  const json notification = r.value("notification", json());
  for (const char* way : {"email", "webhook"})
    if (const auto state = text_of(notification, way); !state.empty() && state != "none") fact(way, state);
}

void print_timeline(const json& r, size_t width, const style& with) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : r.value("timeline", json::array()))
    rows.push_back({short_time(text_of(e, "at")), text_of(e, "status"), text_of(e, "node"),
                    text_of(e, "worker"), std::to_string(number_of(e, "took_ms")) + " ms"});
  if (rows.empty()) return;
  print(
      "\n" +
      render_table(
          {{"TIME"}, {"STATUS"}, {"NODE", false, true, true}, {"WORKER", false, true, true}, {"TOOK", true}},
          rows, width, with));
}

}  // namespace

void print_outputs(const json& r, size_t width, const style& with) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& o : r.value("outputs", json::array()))
    rows.push_back({text_of(o, "name"), text_of(o, "format"), pixels_of(o), human_size(number_of(o, "size")),
                    text_of(o, "url")});
  if (rows.empty()) return;
  // A link that is shortened cannot be used.
  print("\n" + render_table({{"OUTPUT", false, true},
                             {"FORMAT", false, false, true},
                             {"PIXELS", true, false, true},
                             {"SIZE", true},
                             {"URL"}},
                            rows, width, with));
}

int run_status(const common_options& common, const std::string& id) {
  const interrupt_watch watch;
  const auto record = node_api(common.node).find(id, std::chrono::seconds(0));
  if (!record) {
    complain(record.error().text);
    return exit_code_of(record.error());
  }
  if (common.json) {
    print_json(*record);
    return done;
  }
  const auto shown = display::of_this_process();
  print_facts(*record, shown.out);
  print_outputs(*record, shown.columns(), shown.out);
  print_timeline(*record, shown.columns(), shown.out);
  return done;
}

}  // namespace dip::cli
