#include <array>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/screen.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void print_json(const json& document) {
  print(document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::string dressed(const std::string& status, const style& with) {
  if (status == "processed") return with.good(status);
  if (status == "failed") return with.bad(status);
  return status == "cancelled" ? with.dim(status) : with.busy(status);
}

// "2026-03-04 05:06:07" of "2026-03-04T05:06:07.089Z"
std::string short_time(std::string text) {
  if (text.size() >= 19 && text[10] == 'T') text[10] = ' ';
  return text.substr(0, 19);
}

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

int run_requests(const requests_options& options) {
  const interrupt_watch watch;
  std::string query = "limit=" + std::to_string(options.limit);
  if (!options.status.empty()) query += "&status=" + net::percent_encode(options.status);
  const auto page = node_api(options.common.node).list(query);
  if (!page) {
    complain(page.error().text);
    return exit_code_of(page.error());
  }
  if (options.common.json) {
    print_json(*page);
    return done;
  }
  const auto shown = display::of_this_process();
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : page->value("requests", json::array()))
    rows.push_back({text_of(r, "id"), text_of(r, "status"), short_time(text_of(r, "created_at")),
                    text_of(r, "file_name"), std::to_string(r.value("outputs", json::array()).size())});
  print(rows.empty() ? "no requests\n"
                     : render_table({{"REQUEST"},
                                     {"STATUS"},
                                     {"CREATED (UTC)", false, false, true},
                                     {"FILE", false, true},
                                     {"OUTPUTS", true, false, true}},
                                    rows, shown.columns(), shown.out));
  return done;
}

}  // namespace dip::cli
