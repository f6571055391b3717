#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_place.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr size_t wide_enough = 76;
constexpr size_t name_width = 23;  // "rtp-preprocess-ok-queue"

struct step {
  const json *topic = nullptr, *queue = nullptr, *stage = nullptr;
  bool slowest = false;
};

// What a message takes of the time of all the stage's workers, where there is something to do.
double slowness(const step& s) {
  const bool busy = real_of(*s.stage, "rate") > 0 || number_of(*s.queue, "visible") > 0;
  return busy ? real_of(*s.stage, "p50_ms") /
                    static_cast<double>(std::max<std::uint64_t>(1, number_of(*s.stage, "workers")))
              : 0;
}

std::vector<step> steps_of(const json& overview) {
  const auto &topics = list_of(overview, "topics"), &queues = list_of(overview, "queues"),
             &stages = list_of(overview, "stages");
  std::vector<step> out;
  for (size_t i = 0; i < std::min({topics.size(), queues.size(), stages.size()}); ++i)
    out.push_back({&topics[i], &queues[i], &stages[i]});
  const auto slow = std::max_element(out.begin(), out.end(),
                                     [](const step& a, const step& b) { return slowness(a) < slowness(b); });
  if (slow != out.end() && slowness(*slow) > 0) slow->slowest = true;
  return out;
}

void add_count(text_line& to, const json& of, const char* name, const char* word, look as = look::strong) {
  const auto n = number_of(of, name);
  to.push_back({std::to_string(n), n > 0 ? as : look::dim});
  to.push_back({word, n > 0 ? look::plain : look::dim});
}

std::string stage_numbers(const json& stage) {
  std::string out = std::to_string(number_of(stage, "busy")) + " of " +
                    std::to_string(number_of(stage, "workers")) + " busy";
  if (real_of(stage, "p50_ms") > 0)
    out += "  p50 " + short_span(real_of(stage, "p50_ms")) + "  p99 " + short_span(real_of(stage, "p99_ms"));
  return out;
}

void add_wide(std::vector<text_line>& out, const step& s, const top_answers& told, size_t columns) {
  out.push_back({{" " + padded(text_of(*s.topic, "name"), name_width + 3), look::strong},
                 {padded(rate_text(real_of(*s.topic, "rate")), 5, true) + "/s"},
                 {"   " + counted(number_of(*s.topic, "published"), "message") + " published", look::dim}});
  text_line queue{{"  → " + padded(text_of(*s.queue, "name"), name_width) + "  "}};
  add_count(queue, *s.queue, "visible", " wait  ");
  add_count(queue, *s.queue, "in_flight", " in flight  ");
  add_count(queue, *s.queue, "delayed", " delayed  ");
  add_count(queue, *s.queue, "dead", " dead  ", look::bad);
  if (flag_of(*s.queue, "paused")) queue.push_back({"paused  ", look::busy});
  const auto depths = told.depths.find(text_of(*s.queue, "name"));
  if (const auto used = width_of(queue); depths != told.depths.end() && used + 4 < columns)
    queue.push_back({sparkline(depths->second, std::min<size_t>(30, columns - used - 1)), look::busy});
  out.push_back(std::move(queue));
  out.push_back({{"  → " + padded(text_of(*s.stage, "name"), 12), s.slowest ? look::strong : look::plain},
                 {padded(rate_text(real_of(*s.stage, "rate")), 5, true) + "/s"},
                 {"   " + stage_numbers(*s.stage)},
                 {s.slowest ? "   ◀ slowest" : "", look::busy}});
}

void add_narrow(std::vector<text_line>& out, const step& s) {
  text_line line{{padded(text_of(*s.stage, "name"), 11)}};
  add_count(line, *s.queue, "visible", " wait ");
  add_count(line, *s.queue, "dead", " dead ", look::bad);
  line.push_back({rate_text(real_of(*s.stage, "rate")) + "/s"});
  if (s.slowest) line.push_back({" ◀ slow", look::busy});
  out.push_back(std::move(line));
}

// In a narrow terminal only what there is.
text_line request_line(const json& requests, const char* title, bool all,
                       const std::vector<const char*>& states) {
  text_line out{{title, look::dim}};
  for (const char* state : states) {
    if (!all && number_of(requests, state) == 0) continue;
    const bool bad = std::string_view(state) == "failed";
    add_count(out, requests, state, (std::string(" ") + state + "  ").c_str(),
              bad ? look::bad : look::strong);
  }
  if (out.size() == 1) out.push_back({"nothing", look::dim});
  return out;
}

}  // namespace

std::vector<text_line> overview_text(const top_answers& told, size_t columns) {
  if (told.overview.is_null()) return {{{"waiting for the first picture …", look::dim}}};
  std::vector<text_line> out;
  for (const auto& s : steps_of(told.overview)) {
    if (columns >= wide_enough)
      add_wide(out, s, told, columns);
    else
      add_narrow(out, s);
  }
  const auto& requests = part_of(told.overview, "requests");
  out.emplace_back();
  const bool wide = columns >= wide_enough;
  out.push_back(request_line(requests, wide ? " requests now  " : "now   ", wide,
                             {"accepted", "preprocessing", "preprocessed", "processing"}));
  out.push_back(request_line(requests, wide ? " last minute   " : "1 min ", wide,
                             {"processed", "failed", "cancelled"}));
  out.emplace_back();
  return out;
}

}  // namespace dip::cli
