// What changes something: each names what it will do, to how much, and asks.
#include <algorithm>
#include <map>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_model.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;

}  // namespace

void top_model::ask(std::string question, deed_list then, asking how) {
  question_ = std::move(question);
  then_ = std::move(then);
  typed_.clear();
  asked_ = how;
}

void top_model::mark(bool all) {
  auto& at = here();
  if (at.what != kind::letters) return;
  const auto view = make_list(at, told_);
  const auto* row = chosen(view);
  if (!row) return;
  if (all) {
    const bool every = std::all_of(view.rows.begin(), view.rows.end(),
                                   [&](const list_row& r) { return at.marked.count(r.id) > 0; });
    for (const auto& r : view.rows)
      if (every)
        at.marked.erase(r.id);
      else
        at.marked.insert(r.id);
    return;
  }
  if (at.marked.erase(row->id) == 0) at.marked.insert(row->id);
  move(1);
}

std::vector<top_model::letter> top_model::letters_meant() const {
  const auto& at = here();
  if (at.what == kind::message && text_of(at.item, "state") == "dead")
    return {{text_of(at.item, "queue"), text_of(at.item, "id"), text_of(part_of(at.item, "error"), "code")}};
  if (at.what != kind::letters) return {};
  const auto view = make_list(at, told_);
  const auto letter_of = [](const list_row& r) {
    return letter{r.queue, text_of(*r.item, "id"), text_of(part_of(*r.item, "error"), "code")};
  };
  std::vector<letter> out;
  for (const auto& r : view.rows)
    if (at.marked.count(r.id) > 0) out.push_back(letter_of(r));
  if (const auto* row = chosen(view); out.empty() && row) out.push_back(letter_of(*row));
  return out;
}

std::string top_model::queue_meant() const {
  const auto& at = here();
  if (at.what == kind::messages) return at.of;
  if (at.what != kind::queues) return "";
  const auto view = make_list(at, told_);
  const auto* row = chosen(view);
  return row ? row->id : "";
}

std::string top_model::request_meant() const {
  const auto& at = here();
  if (at.what == kind::request || at.what == kind::trace) return at.of;
  if (at.what == kind::message) return text_of(at.item, "request");
  const auto view = make_list(at, told_);
  const auto* row = chosen(view);
  if (!row) return "";
  if (at.what == kind::requests) return row->id;
  return at.what == kind::letters || at.what == kind::messages ? text_of(*row->item, "request") : "";
}

void top_model::redrive() {
  if (const auto queue = queue_meant(); !queue.empty()) {
    std::uint64_t dead = 0;
    for (const auto& q : list_of(told_.page("/queues"), "queues"))
      if (text_of(q, "name") == queue) dead = number_of(q, "dead");
    if (dead == 0) return say(queue + " has no dead letters", look::dim);
    return ask("Put " + std::string(dead == 1 ? "" : "all ") + counted(dead, "dead letter") + " of " + queue +
                   " back to work?",
               {{{"POST", path_of_queue(queue, "/redrive"), json::object()}}, "redriven"});
  }
  const auto letters = letters_meant();
  if (letters.empty()) return;
  std::map<std::string, std::vector<std::string>> by_queue;
  for (const auto& l : letters) by_queue[l.queue].push_back(l.id);
  deed_list then{{}, "redriven"};
  std::string where;
  for (const auto& [queue, ids] : by_queue) {
    then.calls.push_back({"POST", path_of_queue(queue, "/redrive"), {{"ids", ids}}});
    where += (where.empty() ? "" : ", ") + (by_queue.size() > 1 ? std::to_string(ids.size()) + " of " : "") +
             queue;
  }
  if (letters.size() == 1)
    return ask(
        "Put dead letter " + letters[0].id + " of " + where + " (" + letters[0].error + ") back to work?",
        std::move(then));
  ask("Put " + counted(letters.size(), "dead letter") +
          (by_queue.size() > 1 ? " back to work: " + where + "?" : " of " + where + " back to work?"),
      std::move(then));
}

void top_model::discard() {
  const auto letters = letters_meant();
  if (letters.empty()) return;
  deed_list then{{}, "discarded"};
  for (const auto& l : letters)
    then.calls.push_back(
        {"DELETE",
         path_of_queue(l.queue, "/dead-letters/") + net::percent_encode(l.id) + "?reason=", nullptr});
  ask(letters.size() == 1 ? "Discard dead letter " + letters[0].id + " of " + letters[0].queue + " (" +
                                letters[0].error + ") for good. Why?"
                          : "Discard " + counted(letters.size(), "dead letter") + " for good. Why?",
      std::move(then), asking::reason);
}

void top_model::pause_or_resume() {
  const auto queue = queue_meant();
  const auto& all = list_of(told_.page("/queues"), "queues");
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const json& q) { return text_of(q, "name") == queue; });
  if (queue.empty() || found == all.end()) return;
  const auto waiting = ", with " + counted(number_of(*found, "visible"), "message") + " waiting";
  // One that is paused in part is resumed as a whole.
  const auto& parts = list_of(*found, "partitions");
  const bool paused =
      std::any_of(parts.begin(), parts.end(), [](const json& p) { return flag_of(p, "paused"); });
  if (paused)
    return ask("Resume " + queue + waiting + "?",
               {{{"POST", path_of_queue(queue, "/resume"), nullptr}}, queue + " is resumed"});
  ask("Pause " + queue + "? Workers take nothing more out of it" + waiting + ".",
      {{{"POST", path_of_queue(queue, "/pause"), nullptr}}, queue + " is paused"});
}

void top_model::retry() {
  const auto id = request_meant();
  if (id.empty()) return;
  ask("Let request " + id + " run again?",
      {{{"POST", path_of_request(id) + "/retry", nullptr}}, "the request runs again"});
}

void top_model::restart() {
  const auto& at = here();
  std::string id, name;
  const auto view = make_list(at, told_);
  if (const auto* row = chosen(view); at.what == kind::actors && row) {
    id = row->id;
    name = text_of(*row->item, "name");
  } else if (at.what == kind::actor) {
    id = at.of;
    name = text_of(told_.page(path_of_actor(id)), "name");
  }
  if (id.empty()) return;
  ask("Restart actor " + name + " (" + id + ")? Its supervisor makes it again.",
      {{{"POST", path_of_actor(id) + "/restart", nullptr}}, name + " is restarted"});
}

}  // namespace dip::cli
