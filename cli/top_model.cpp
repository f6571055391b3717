#include "cli/top_model.hpp"

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr size_t depths_kept = 60;

// A changed status in a listing that was read before.
void update_status(json& page, const json& news) {
  const auto found = page.is_object() ? page.find("requests") : page.end();
  if (!page.is_object() || found == page.end() || !found->is_array()) return;
  for (auto& r : *found)
    if (text_of(r, "id") == text_of(news, "id")) {
      r["status"] = news.value("status", "");
      r["run"] = number_of(news, "run");
    }
}

}  // namespace

void top_model::take(const std::string& path, json body) {
  told_.refusals.erase(path);
  told_.pages[path] = std::move(body);
}

void top_model::refuse(const std::string& path, const node_error& why) {
  // That no node is there is said elsewhere, and what was known is still seen.
  if (why.what != node_error::kind::refused) return;
  told_.refusals[path] = why.text;
}

void top_model::hear(const stream_event& event) {
  const json body = json::parse(event.data, nullptr, false);
  if (!body.is_object()) return;
  if (event.name == "request") {
    for (auto& [path, page] : told_.pages)
      if (path.rfind("/requests?", 0) == 0) update_status(page, body);
    return;
  }
  if (event.name != "snapshot" && event.name != "overview") return;
  told_.overview = body;
  for (const auto& q : list_of(body, "queues")) {
    auto& depths = told_.depths[text_of(q, "name")];
    depths.push_back(static_cast<double>(number_of(q, "visible") + number_of(q, "in_flight")));
    if (depths.size() > depths_kept) depths.erase(depths.begin());
  }
}

void top_model::connect(const std::string& url) {
  url_ = url;
  lost_.reset();
}

void top_model::lose(const node_error& why, wall_time now) {
  trouble_ = why.what == node_error::kind::unreachable ? "" : why.text;
  url_.clear();
  if (!lost_) lost_ = now;
}

void top_model::finish(const deed_list& what, const std::vector<answer<json>>& told) {
  std::uint64_t redriven = 0;
  size_t good = 0;
  bool counts = false;
  std::string bad;
  const auto fail_with = [&](const std::string& text) {
    if (bad.empty()) bad = text;
  };
  for (const auto& one : told) {
    if (!one) {
      fail_with(one.error().text);
      continue;
    }
    ++good;
    counts = counts || one->contains("redriven");
    redriven += number_of(*one, "redriven");
    for (const auto& r : list_of(*one, "refused")) fail_with(text_of(r, "id") + ": " + text_of(r, "detail"));
  }
  std::string text;
  if (counts)
    text = counted(redriven, "dead letter") + " redriven";
  else if (good > 0)
    text = what.done +
           (told.size() > 1 ? ": " + std::to_string(good) + " of " + std::to_string(told.size()) : "");
  say(text + (bad.empty() || text.empty() ? "" : "; ") + bad, bad.empty() ? look::good : look::bad);
}

std::optional<deed_list> top_model::take_deeds() { return std::exchange(deeds_, std::nullopt); }

void top_model::say(std::string text, look as) {
  status_ = std::move(text);
  status_look_ = as;
}

const list_row* top_model::chosen(const list_view& view) const {
  if (view.rows.empty()) return nullptr;
  const auto& at = here();
  const auto found =
      std::find_if(view.rows.begin(), view.rows.end(), [&](const list_row& r) { return r.id == at.cursor; });
  return found != view.rows.end() && !at.cursor.empty() ? &*found
                                                        : &view.rows[std::min(at.row, view.rows.size() - 1)];
}

void top_model::choose(const list_view& view, size_t row) {
  if (view.rows.empty()) return;
  auto& at = here();
  at.row = std::min(row, view.rows.size() - 1);
  at.cursor = view.rows[at.row].id;
}

}  // namespace dip::cli
