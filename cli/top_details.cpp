#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_place.hpp"
#include "cli/waterfall.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;

constexpr size_t name_width = 12;

class page {
public:
  explicit page(size_t columns) : columns_(columns) {}

  // Nothing where there is no value.
  void fact(const char* name, const std::string& value, look as = look::plain) {
    if (value.empty()) return;
    const size_t room = columns_ > name_width + 10 ? columns_ - name_width : columns_;
    bool first = true;
    for (const auto& piece : wrap(value, room)) {
      text_line line;
      if (room < columns_) line.push_back({padded(first ? name : "", name_width), look::dim});
      line.push_back({piece, as});
      lines_.push_back(std::move(line));
      first = false;
    }
  }

  void line(const std::string& text, look as = look::plain) {
    for (const auto& piece : wrap(text, columns_)) lines_.push_back({{piece, as}});
  }

  void table(const std::vector<column>& columns, const std::vector<std::vector<std::string>>& rows,
             const std::vector<look>& looks = {}) {
    if (rows.empty()) return;
    lines_.emplace_back();
    const auto made = table_lines(columns, rows, columns_);
    for (size_t i = 0; i < made.size(); ++i)
      lines_.push_back({{made[i], i == 0 ? look::dim : i <= looks.size() ? looks[i - 1] : look::plain}});
  }

  std::vector<text_line> take() { return std::move(lines_); }

private:
  size_t columns_;
  std::vector<text_line> lines_;
};

std::string error_text(const json& e) {
  if (!e.is_object()) return "";
  return text_of(e, "code") + (text_of(e, "detail").empty() ? "" : ": " + text_of(e, "detail"));
}

void message(page& to, const json& m) {
  to.fact("queue", text_of(m, "queue"));
  to.fact("request", text_of(m, "request") +
                         (number_of(m, "run") > 1 ? ", run " + std::to_string(number_of(m, "run")) : ""));
  to.fact("to do", text_of(m, "kind"));
  to.fact("state", text_of(m, "state") == "in_flight" ? "in flight" : text_of(m, "state"));
  to.fact("enqueued",
          short_time(text_of(m, "enqueued_at")) + " UTC, " + span_text(number_of(m, "age_ms")) + " ago");
  if (const auto& lease = part_of(m, "lease"); lease.is_object())
    to.fact("held by", text_of(lease, "node") + " since " + short_time(text_of(lease, "since")));
  if (!text_of(m, "dead_at").empty()) to.fact("given up", short_time(text_of(m, "dead_at")) + " UTC");
  to.fact("tries",
          std::to_string(number_of(m, "acquired")) + ", in vain " + std::to_string(number_of(m, "failed")));
  to.fact("error", error_text(part_of(m, "error")), look::bad);
  std::vector<std::vector<std::string>> rows;
  for (const auto& a : list_of(m, "attempts"))
    rows.push_back({short_time(text_of(a, "at")), text_of(a, "node"), text_of(a, "code"),
                    flag_of(a, "counted") ? "" : "not counted", text_of(a, "detail")});
  to.table({{"TRIED (UTC)"}, {"NODE"}, {"ERROR"}, {"", false, false, true}, {"DETAIL", false, true}}, rows);
}

void request(page& to, const json& r) {
  const auto status = text_of(r, "status");
  to.fact("status", status + (number_of(r, "run") > 1 ? ", run " + std::to_string(number_of(r, "run")) : ""),
          status == "failed"      ? look::bad
          : status == "processed" ? look::good
                                  : look::busy);
  to.fact("file", text_of(r, "file_name").empty() ? text_of(r, "file") : text_of(r, "file_name"));
  to.fact("preset", text_of(r, "preset"));
  to.fact("created", short_time(text_of(r, "created_at")) + " UTC");
  to.fact("changed", short_time(text_of(r, "updated_at")) + " UTC");
  if (const auto& e = part_of(r, "error"); e.is_object())
    to.fact("error", error_text(e) + (text_of(e, "stage").empty() ? "" : " (" + text_of(e, "stage") + ")"),
            look::bad);
  const auto& told = part_of(r, "notification");
  for (const char* way : {"email", "webhook"})
    if (const auto state = text_of(told, way); !state.empty() && state != "none")
      to.fact(way,
              state + (text_of(told, (std::string(way) + "_detail").c_str()).empty()
                           ? ""
                           : ": " + text_of(told, (std::string(way) + "_detail").c_str())),
              state == "failed" ? look::bad : look::plain);
  std::vector<std::vector<std::string>> outputs, timeline;
  for (const auto& o : list_of(r, "outputs"))
    outputs.push_back({text_of(o, "name"), text_of(o, "format"), pixels_of(o),
                       human_size(number_of(o, "size")), text_of(o, "url")});
  to.table({{"OUTPUT", false, true},
            {"FORMAT"},
            {"PIXELS", true, false, true},
            {"SIZE", true},
            {"URL", false, true}},
           outputs);
  for (const auto& e : list_of(r, "timeline"))
    timeline.push_back({short_time(text_of(e, "at")), text_of(e, "status"), text_of(e, "node"),
                        text_of(e, "worker"), span_text(number_of(e, "took_ms"))});
  to.table({{"TIME (UTC)"},
            {"STATUS"},
            {"NODE", false, false, true},
            {"WORKER", false, true, true},
            {"TOOK", true}},
           timeline);
}

void trace(page& to, const json& t, size_t columns, wall_time now, bool ascii) {
  const auto plan = make_waterfall(t, 0, now, ascii);
  size_t what = 4, actor = 5;
  for (const auto& r : plan.rows) {
    what = std::max(what, display_width(r.what));
    actor = std::max(actor, display_width(r.actor));
  }
  // Two numbers, a node, a try, and what stands between them.
  const size_t taken = what + actor + 9 + 9 + 6 + 3 + 12;
  const auto w =
      make_waterfall(t, std::clamp<size_t>(columns > taken ? columns - taken : 0, 8, 80), now, ascii);
  const auto status = text_of(t, "status");
  to.fact("status", status, status == "failed" ? look::bad : status == "processed" ? look::good : look::busy);
  to.fact("took", span_text(w.whole_ms) + (text_of(t, "to").empty() ? " so far" : ""));
  std::vector<std::vector<std::string>> rows;
  std::vector<look> looks;
  for (const auto& r : w.rows) {
    rows.push_back({r.what, r.node, r.actor, r.attempt, r.waited, r.worked, r.bar});
    looks.push_back(!r.error.empty() ? look::bad : r.outcome.empty() ? look::busy : look::plain);
  }
  to.table({{"STEP"},
            {"NODE"},
            {"ACTOR", false, true, true},
            {"TRY", true, false, true},
            {"WAITED", true},
            {"WORKED", true},
            {""}},
           rows, looks);
  for (const auto& r : w.rows)
    if (!r.error.empty()) to.line(r.what + ": " + r.error, look::bad);
  to.line("");
  to.line(ascii ? ". waits, # works, | a moment" : "░ waits, █ works, ▏ a moment", look::dim);
}

void actor(page& to, const json& a) {
  to.fact("name", text_of(a, "name"), look::strong);
  to.fact("kind", text_of(a, "kind") + " on " + text_of(a, "node") +
                      (text_of(a, "parent").empty() ? "" : ", made by " + text_of(a, "parent")));
  const auto state = text_of(a, "state");
  to.fact("state", state, state == "idle" ? look::plain : state == "busy" ? look::busy : look::bad);
  if (const auto& at = part_of(a, "current"); at.is_object())
    to.fact("is at", text_of(at, "message") + " for " + span_text(number_of(at, "for_ms")));
  to.fact("mailbox", std::to_string(number_of(a, "mailbox")) + ", at most " +
                         std::to_string(number_of(a, "mailbox_high")) + ", the oldest " +
                         span_text(maybe_number(a, "oldest_ms")));
  to.fact("handled", std::to_string(number_of(a, "processed")) + ", " + rate_text(real_of(a, "rate")) +
                         " a second, " + percent_text(real_of(a, "busy")) + " of the time");
  to.fact("handling",
          "p50 " + short_span(real_of(a, "busy_ms_p50")) + ", p99 " + short_span(real_of(a, "busy_ms_p99")));
  to.fact("waiting",
          "p50 " + short_span(real_of(a, "wait_ms_p50")) + ", p99 " + short_span(real_of(a, "wait_ms_p99")));
  to.fact("restarts", std::to_string(number_of(a, "restarts")));
  to.fact("since", short_time(text_of(a, "since")) + " UTC");
  to.fact("last error", text_of(a, "last_error"), look::bad);
  if (!text_of(a, "ended_at").empty())
    to.fact("ended", short_time(text_of(a, "ended_at")) + " UTC: " + text_of(a, "reason"), look::bad);
  to.fact("children", joined(words_in(list_of(a, "children"))));
  std::vector<std::vector<std::string>> rows;
  std::vector<look> looks;
  const auto& events = list_of(a, "events");
  for (auto e = events.rbegin(); e != events.rend(); ++e) {
    const auto at = text_of(*e, "at");
    rows.push_back({at.size() >= 23 ? at.substr(11, 12) : at, text_of(*e, "message"),
                    short_span(real_of(*e, "waited_ms")), short_span(real_of(*e, "worked_ms")),
                    text_of(*e, "outcome")});
    looks.push_back(text_of(*e, "outcome") == "failed" ? look::bad : look::plain);
  }
  to.table({{"AT (UTC)"},
            {"MESSAGE", false, true},
            {"WAITED", true},
            {"WORKED", true},
            {"OUTCOME", false, false, true}},
           rows, looks);
}

std::vector<text_line> help_text(size_t columns) {
  static constexpr std::pair<const char*, const char*> keys[] = {
      {"1 … 5, tab", "overview, queues, dead letters, actors, requests"},
      {"↑ ↓, j k", "move; page up, page down, home and end too"},
      {"enter", "go into: a queue's messages, a message, its request, its trace"},
      {"esc", "back; takes a filter and marks away first"},
      {"/", "only what has these letters; also a status, a request's id, dead"},
      {"s", "sort by something else"},
      {"space, a", "mark one dead letter, or all that are shown"},
      {"r", "redrive it, those that are marked, or all of a queue"},
      {"d", "discard it, or those that are marked; asks for the reason"},
      {"p", "pause a queue, or resume it"},
      {"t", "let a failed request run again"},
      {"R", "restart an actor"},
      {"q", "quit"},
  };
  page out(columns);
  for (const auto& [key, what] : keys) out.fact(key, what);
  out.line("");
  out.line("What changes something asks first. Each is kept: see dip audit.", look::dim);
  return out.take();
}

}  // namespace

std::vector<text_line> make_text(const place& at, const top_answers& told, size_t columns, wall_time now,
                                 bool ascii) {
  if (at.what == kind::help) return help_text(columns);
  page out(columns);
  if (at.what == kind::message) {
    message(out, at.item);
    return out.take();
  }
  const auto path = wants_of(at).front().path;
  const auto& body = told.page(path);
  if (const auto refused = told.refusals.find(path); refused != told.refusals.end())
    out.line(refused->second, look::bad);
  else if (body.is_null())
    out.line("waiting for an answer …", look::dim);
  if (body.is_null()) return out.take();
  if (at.what == kind::request) request(out, body);
  if (at.what == kind::trace) trace(out, body, columns, now, ascii);
  if (at.what == kind::actor) actor(out, body);
  return out.take();
}

}  // namespace dip::cli
