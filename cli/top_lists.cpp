#include <algorithm>
#include <cctype>

#include "cli/actor_tree.hpp"
#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_place.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;

struct order {
  const char* name;
  const char* field;  // a JSON pointer; "": as the nodes say it
};

const std::vector<order>& orders(kind what) {
  static const std::vector<order> queues{
      {"flow", ""}, {"waiting", "/visible"}, {"dead", "/dead"}, {"oldest", "/oldest_ms"}, {"in", "/in_rate"}};
  static const std::vector<order> letters{
      {"age", "/age_ms"}, {"error", "/error/code"}, {"tries", "/acquired"}, {"kind", "/kind"}};
  static const std::vector<order> messages{
      {"queue", ""}, {"age", "/age_ms"}, {"state", "/state"}, {"tries", "/acquired"}};
  static const std::vector<order> actors{{"tree", ""},      {"mailbox", "/mailbox"},   {"busy", "/busy"},
                                         {"rate", "/rate"}, {"restarts", "/restarts"}, {"name", "/name"}};
  static const std::vector<order> requests{
      {"newest", ""}, {"status", "/status"}, {"file", "/file_name"}, {"change", "/updated_at"}};
  static const std::vector<order> none;
  switch (what) {
    case kind::queues: return queues;
    case kind::letters: return letters;
    case kind::messages: return messages;
    case kind::actors: return actors;
    case kind::requests: return requests;
    default: return none;
  }
}

// The greatest number first, words in their order; what is not there comes last.
bool before(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) return a.get<double>() > b.get<double>();
  if (a.is_string() && b.is_string()) return a.get<std::string>() < b.get<std::string>();
  return !a.is_null() && b.is_null();
}

json field(const json& item, const json::json_pointer& at) {
  return item.contains(at) ? item.at(at) : json();
}

void sort_rows(std::vector<list_row>& rows, const std::string& by) {
  if (by.empty()) return;
  const json::json_pointer at(by);
  std::stable_sort(rows.begin(), rows.end(), [&](const list_row& a, const list_row& b) {
    return before(field(*a.item, at), field(*b.item, at));
  });
  // The latest change first, though times are words.
  if (by == "/updated_at") std::reverse(rows.begin(), rows.end());
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void filter_rows(std::vector<list_row>& rows, const std::string& filter) {
  if (filter.empty()) return;
  const auto wanted = lower(filter);
  std::erase_if(rows, [&](const list_row& r) {
    return lower(r.id).find(wanted) == std::string::npos &&
           std::none_of(r.cells.begin(), r.cells.end(),
                        [&](const std::string& c) { return lower(c).find(wanted) != std::string::npos; });
  });
}

std::string count_text(const json& object, const char* name) {
  return std::to_string(number_of(object, name));
}

void say_missing(list_view& view, const json& page) {
  const auto away = words_in(list_of(page, "unreachable"));
  if (away.empty()) return;
  const text_line line{
      {joined(away) + (away.size() == 1 ? " does" : " do") + " not answer: what is there is missing here",
       look::bad}};
  if (view.above.empty() || plain_text(view.above.back()) != plain_text(line)) view.above.push_back(line);
}

// "03-04 05:06:07"
std::string within_a_year(const std::string& time) {
  const auto whole = short_time(time);
  return whole.size() > 5 ? whole.substr(5) : whole;
}

list_view nodes(const top_answers& told) {
  list_view out;
  out.columns = {{"NODE"},
                 {"STATE"},
                 {"BUSY", true},
                 {"LOAD", true},
                 {"IMAGES/S", true},
                 {"LEADS", true, false, true},
                 {"MEMORY", true, false, true},
                 {"DISK FREE", true, false, true},
                 {"VERSION", false, false, true}};
  const auto& cluster = list_of(told.page("/cluster"), "nodes");
  for (const auto& n : list_of(told.overview, "nodes")) {
    const auto name = text_of(n, "name");
    const auto more = std::find_if(cluster.begin(), cluster.end(),
                                   [&](const json& c) { return text_of(c, "name") == name; });
    const bool up = flag_of(n, "up");
    std::string load = rate_text(real_of(n, "load"));
    list_row row{name,
                 {name, !up                      ? "down"
                        : flag_of(n, "draining") ? "drains"
                                                 : "up"},
                 !up                      ? look::bad
                 : flag_of(n, "draining") ? look::busy
                                          : look::plain,
                 &n,
                 ""};
    if (up) {
      row.cells.insert(row.cells.end(), {count_text(n, "busy_workers") + "/" + count_text(n, "workers"), load,
                                         rate_text(real_of(n, "images_per_s"))});
      if (more != cluster.end() && flag_of(*more, "up"))
        row.cells.insert(row.cells.end(),
                         {count_text(*more, "leaders"), human_size(number_of(*more, "memory")),
                          human_size(number_of(*more, "disk_free")), text_of(*more, "version")});
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

list_view queues(const top_answers& told) {
  list_view out;
  out.columns = {{"QUEUE", false, true, false, 23},
                 {"WAIT", true},
                 {"FLIGHT", true, false, true},
                 {"DELAYED", true, false, true},
                 {"DEAD", true},
                 {"OLDEST", true, false, true},
                 {"IN/S", true, false, true},
                 {"OUT/S", true, false, true},
                 {""}};
  const auto& page = told.page("/queues");
  say_missing(out, page);
  for (const auto& q : list_of(page, "queues")) {
    const auto& parts = list_of(q, "partitions");
    const bool some =
        std::any_of(parts.begin(), parts.end(), [](const json& p) { return flag_of(p, "paused"); });
    const bool paused = flag_of(q, "paused");
    out.rows.push_back(
        {text_of(q, "name"),
         {text_of(q, "name"), count_text(q, "visible"), count_text(q, "in_flight"), count_text(q, "delayed"),
          count_text(q, "dead"), span_text(maybe_number(q, "oldest_ms")), rate_text(real_of(q, "in_rate")),
          rate_text(real_of(q, "out_rate")),
          paused ? "paused"
          : some ? "paused in part"
                 : ""},
         some                       ? look::busy
         : number_of(q, "dead") > 0 ? look::bad
                                    : look::plain,
         &q,
         text_of(q, "name")});
  }
  return out;
}

list_view letters(const top_answers& told) {
  list_view out;
  out.columns = {{"KIND"},
                 {"ID"},
                 {"AGE", true},
                 {"TRIES", true},
                 {"ERROR"},
                 {"DETAIL", false, true, false, 24},
                 {"QUEUE", false, false, true},
                 {"REQUEST", false, false, true}};
  out.empty = "No dead letters: nothing was given up.";
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> groups;
  for (const auto& q : queue_names()) {
    const auto& page = told.page(path_of_queue(q, "/dead-letters?limit=200"));
    total += number_of(page, "total");
    for (const auto& g : list_of(page, "groups")) groups[text_of(g, "code")] += number_of(g, "count");
    for (const auto& m : list_of(page, "messages")) {
      const auto& e = part_of(m, "error");
      out.rows.push_back(
          {q + "/" + text_of(m, "id"),
           {text_of(m, "kind"), text_of(m, "id"), span_text(maybe_number(m, "age_ms")),
            count_text(m, "acquired"), text_of(e, "code"), text_of(e, "detail"), q, text_of(m, "request")},
           look::plain,
           &m,
           q});
    }
  }
  if (total > out.rows.size()) out.count = std::to_string(out.rows.size()) + " of " + std::to_string(total);
  std::vector<std::pair<std::uint64_t, std::string>> by_count;
  for (const auto& [code, n] : groups) by_count.emplace_back(n, code);
  std::sort(by_count.rbegin(), by_count.rend());
  text_line said;
  for (const auto& [n, code] : by_count) {
    said.push_back({said.empty() ? "" : "  ·  ", look::dim});
    said.push_back({std::to_string(n), look::strong});
    said.push_back({" " + code});
  }
  if (!said.empty()) out.above.push_back(std::move(said));
  for (const auto& q : queue_names())
    say_missing(out, told.page(path_of_queue(q, "/dead-letters?limit=200")));
  return out;
}

list_view messages(const place& at, const top_answers& told) {
  list_view out;
  out.columns = {{"ID"},
                 {"KIND"},
                 {"STATE"},
                 {"AGE", true},
                 {"TRIES", true},
                 {"HELD BY", false, false, true},
                 {"LAST ERROR", false, true, true},
                 {"REQUEST", false, false, true}};
  out.empty = "The queue is empty.";
  for (const auto& q : list_of(told.page("/queues"), "queues")) {
    if (text_of(q, "name") != at.of) continue;
    const auto sum = number_of(q, "visible") + number_of(q, "in_flight") + number_of(q, "delayed");
    out.above.push_back({{count_text(q, "visible"), look::strong},
                         {" wait  ·  "},
                         {count_text(q, "in_flight"), look::strong},
                         {" in flight  ·  "},
                         {count_text(q, "delayed"), look::strong},
                         {" delayed  ·  "},
                         {count_text(q, "dead"), look::strong},
                         {" dead"},
                         {flag_of(q, "paused") ? "  ·  paused" : "", look::busy}});
    text_line parts{{"by partition ", look::dim}};
    for (const auto& p : list_of(q, "partitions"))
      parts.push_back(
          {" " + count_text(p, "partition") + ":" +
               std::to_string(number_of(p, "visible") + number_of(p, "in_flight") + number_of(p, "delayed")),
           look::dim});
    out.above.push_back(std::move(parts));
    if (const auto here = list_of(told.page(path_of_queue(at.of, "/messages?limit=200")), "messages").size();
        sum > here)
      out.count = std::to_string(here) + " of " + std::to_string(sum);
  }
  const auto& page = told.page(path_of_queue(at.of, "/messages?limit=200"));
  say_missing(out, page);
  for (const auto& m : list_of(page, "messages")) {
    const auto state = text_of(m, "state");
    out.rows.push_back(
        {text_of(m, "id"),
         {text_of(m, "id"), text_of(m, "kind"), state == "in_flight" ? "in flight" : state,
          span_text(maybe_number(m, "age_ms")), count_text(m, "acquired"),
          text_of(part_of(m, "lease"), "node"), text_of(part_of(m, "error"), "code"), text_of(m, "request")},
         state == "in_flight" ? look::busy : look::plain,
         &m,
         at.of});
  }
  return out;
}

list_row actor_row(const json& a, const std::string& branch) {
  const auto state = text_of(a, "state");
  return {text_of(a, "id"),
          {branch + text_of(a, "name"), state, count_text(a, "mailbox"), rate_text(real_of(a, "rate")),
           percent_text(real_of(a, "busy")), short_span(real_of(a, "busy_ms_p99")), count_text(a, "restarts"),
           text_of(a, "reason").empty() ? text_of(a, "last_error") : text_of(a, "reason"), text_of(a, "id")},
          state == "stuck" || state == "backoff" || state == "dead" ? look::bad
          : state == "busy"                                         ? look::busy
                                                                    : look::plain,
          &a,
          ""};
}

list_view actors(const place& at, const top_answers& told) {
  list_view out;
  out.columns = {{"ACTOR", false, true, false, 25},
                 {"STATE"},
                 {"MAIL", true},
                 {"/S", true, false, true},
                 {"BUSY", true, false, true},
                 {"P99", true, false, true},
                 {"RESTARTS", true, false, true},
                 {"LAST ERROR", false, true, true, 16},
                 {"ID", false, false, true}};
  out.empty = "No actor has answered.";
  const auto& page = told.page(wants_of(at).front().path);
  say_missing(out, page);
  const auto& all = list_of(page, "actors");
  if (at.order == 0 && at.filter.empty())
    for (const auto& line : tree_of(all, false)) out.rows.push_back(actor_row(*line.actor, line.branch));
  else
    for (const auto& a : all) out.rows.push_back(actor_row(a, ""));
  return out;
}

list_view requests(const place& at, const top_answers& told) {
  list_view out;
  out.columns = {{"REQUEST"},
                 {"STATUS"},
                 {"CREATED (UTC)", false, false, true},
                 {"FILE", false, true, false, 12},
                 {"ERROR", false, false, true},
                 {"RUN", true, false, true}};
  out.empty = "No requests.";
  for (const auto& r : list_of(told.page(wants_of(at).front().path), "requests")) {
    const auto status = text_of(r, "status");
    out.rows.push_back({text_of(r, "id"),
                        {text_of(r, "id"), status, within_a_year(text_of(r, "created_at")),
                         text_of(r, "file_name"), text_of(part_of(r, "error"), "code"), count_text(r, "run")},
                        status == "failed"      ? look::bad
                        : status == "processed" ? look::plain
                        : status == "cancelled" ? look::dim
                                                : look::busy,
                        &r,
                        ""});
  }
  return out;
}

list_view rows_of(const place& at, const top_answers& told) {
  switch (at.what) {
    case kind::overview: return nodes(told);
    case kind::queues: return queues(told);
    case kind::letters: return letters(told);
    case kind::messages: return messages(at, told);
    case kind::actors: return actors(at, told);
    case kind::requests: return requests(at, told);
    default: return {};
  }
}

}  // namespace

std::vector<std::string> orders_of(kind what) {
  std::vector<std::string> out;
  for (const auto& o : orders(what)) out.emplace_back(o.name);
  return out;
}

list_view make_list(const place& at, const top_answers& told) {
  auto out = rows_of(at, told);
  filter_rows(out.rows, at.filter);
  if (!at.filter.empty()) out.empty = "Nothing here has “" + at.filter + "”: esc shows all again.";
  if (const auto& all = orders(at.what); at.order < all.size()) sort_rows(out.rows, all[at.order].field);
  // Where nothing has been answered yet, nothing is known to be empty.
  for (const auto& w : wants_of(at)) {
    if (const auto refused = told.refusals.find(w.path); refused != told.refusals.end())
      out.empty = refused->second;
    else if (told.page(w.path).is_null())
      out.empty = "waiting for an answer …";
  }
  return out;
}

}  // namespace dip::cli
