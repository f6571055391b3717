// What is seen: title, place, a list or a text, and at the bottom what is asked or said.
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_model.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;

constexpr size_t least_columns = 40, least_rows = 12;
constexpr size_t wide_enough = 64;
constexpr size_t least_list = 3;  // rows that are left to a list, whatever stands above it

std::vector<text_line> too_small(size_t columns, size_t rows) {
  const std::string text = "The terminal is too small: " + std::to_string(columns) + " by " +
                           std::to_string(rows) + ", and 40 by 12 is the least.";
  std::vector<text_line> out;
  for (const auto& piece : wrap(text, std::max<size_t>(1, columns)))
    if (out.size() < rows) out.push_back({{cut(piece, columns)}});
  out.resize(rows);
  return out;
}

std::uint64_t dead_letters(const json& overview) {
  std::uint64_t out = 0;
  for (const auto& q : list_of(overview, "queues")) out += number_of(q, "dead");
  return out;
}

std::string host_of(const std::string& url) {
  const auto at = url.find("://");
  return at == std::string::npos ? url : url.substr(at + 3);
}

// One look for all of it, to the end of the line.
text_line filled(const std::string& text, look as, size_t columns) {
  return {{padded(cut(text, columns), columns), as}};
}

// The first ones that fit, and the last: how to get help, or away.
std::string fitted(std::vector<std::string> keys, size_t columns) {
  const auto whole = [&] {
    std::string out;
    for (const auto& k : keys) out += (out.empty() ? "" : "  ") + k;
    return out;
  };
  while (keys.size() > 2 && display_width(whole()) > columns) keys.erase(keys.end() - 3);
  return cut(whole(), columns);
}

}  // namespace

text_line top_model::title_line(size_t columns) const {
  const bool wide = columns >= wide_enough;
  text_line out{{wide ? " DIP " : "", look::title}};
  const auto dead = dead_letters(told_.overview);
  for (size_t i = 0; i < tabs_.size(); ++i) {
    std::string name = std::to_string(i + 1);
    if (wide || i == tab_) name += " " + title_of(tabs_[i]);
    if (tabs_[i].what == kind::letters && dead > 0)
      name += (wide || i == tab_ ? " (" : "(") + std::to_string(dead) + ")";
    out.push_back({" " + name + " ", i == tab_ ? look::chosen : look::title});
  }
  out = cut(out, columns);
  out.push_back({std::string(columns - width_of(out), ' '), look::title});
  return out;
}

text_line top_model::connection(size_t columns, wall_time now) const {
  const bool wide = columns >= wide_enough;
  if (!lost_ && url_.empty()) return {{"connecting …", look::busy}};
  if (!lost_) return {{"● ", look::good}, {wide ? "live, " + host_of(url_) : "live", look::dim}};
  const auto since =
      span_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - *lost_).count() / 1000 * 1000)));
  if (!trouble_.empty()) return {{"○ " + trouble_, look::bad}};
  if (!wide) return {{"○ no node for " + since, look::bad}};
  return {
      {"○ no node answers since " + short_time(to_rfc3339(*lost_)).substr(11) + " UTC, " + since, look::bad}};
}

text_line top_model::place_line(size_t columns, const std::string& count, wall_time now) const {
  text_line left{{" "}};
  if (!deeper_.empty()) {
    std::string path = title_of(tabs_[tab_]);
    for (const auto& p : deeper_) {
      if (p.what == kind::help || columns < wide_enough) path.clear();
      if (!path.empty()) path += " / ";
      path += title_of(p);
    }
    // The end is where one is.
    const size_t room = columns > 30 ? columns - 26 : columns;
    if (display_width(path) > room) path = title_of(deeper_.back());
    left.push_back({path, look::strong});
  }
  const auto& at = here();
  const auto part = [&](const std::string& text, look as) {
    left.push_back({(left.size() > 1 ? "  " : "") + text, as});
  };
  if (!count.empty()) part(count, look::strong);
  const auto orders = orders_of(at.what);
  if (!orders.empty()) part("by " + orders[at.order], look::dim);
  if (asked_ != asking::filter && !at.filter.empty()) part("only “" + at.filter + "”", look::busy);
  if (!at.marked.empty()) part(std::to_string(at.marked.size()) + " marked", look::busy);
  auto right = connection(columns, now);
  right.push_back({" "});
  return spread(std::move(left), right, columns);
}

std::vector<std::string> top_model::keys() const {
  std::vector<std::string> out;
  switch (const auto& at = here(); at.what) {
    case kind::overview: out = {"1-5 views", "↑↓ move", "enter actors of the node"}; break;
    case kind::queues: out = {"enter messages", "r redrive all", "p pause", "s sort", "/ filter"}; break;
    case kind::letters:
      out = {"enter open", "r redrive", "d discard", "space mark", "s sort", "/ filter"};
      break;
    case kind::actors: out = {"enter open", "R restart", "s sort", "/ filter"}; break;
    case kind::requests: out = {"enter open", "t retry", "s sort", "/ filter"}; break;
    case kind::messages: out = {"enter open", "p pause", "esc back", "s sort", "/ filter"}; break;
    case kind::message:
      out = {"enter request", "esc back"};
      if (text_of(at.item, "state") == "dead") out.insert(out.end(), {"r redrive", "d discard"});
      break;
    case kind::request: out = {"enter trace", "esc back", "t retry", "↑↓ scroll"}; break;
    case kind::trace: out = {"esc back", "t retry", "↑↓ scroll"}; break;
    case kind::actor: out = {"esc back", "R restart", "↑↓ scroll"}; break;
    case kind::help: out = {"esc back", "↑↓ scroll"}; break;
  }
  out.insert(out.end(), {"? help", "q quit"});
  return out;
}

std::vector<text_line> top_model::bottom(size_t columns) const {
  std::vector<text_line> out;
  const auto add = [&](const std::string& text, look as) {
    for (const auto& piece : wrap(text, columns - 2)) out.push_back(filled(" " + piece, as, columns));
  };
  switch (asked_) {
    case asking::yes:
      add(question_, look::chosen);
      out.push_back({{" y", look::strong}, {" yes   any other key: no"}});
      return out;
    case asking::reason:
      add(question_, look::chosen);
      if (!status_.empty()) add(status_, status_look_);
      // The end of what is typed is what is seen.
      {
        std::string seen = typed_;
        while (display_width(seen) + 4 > columns)
          seen.erase(0, cut(seen, 1).empty() ? cut(seen, 2).size() : cut(seen, 1).size());
        out.push_back({{" > " + seen, look::strong}, {"_", look::strong}});
      }
      return out;
    case asking::filter: out.push_back({{" / ", look::strong}, {here().filter + "_"}}); break;
    case asking::nothing:
      if (status_.empty())
        out.emplace_back();
      else
        add(status_, status_look_);
      break;
  }
  out.push_back({{" " + fitted(keys(), columns - 2), look::dim}});
  return out;
}

void top_model::add_list(std::vector<text_line>& out, const list_view& view, size_t columns, size_t rows) {
  auto& at = here();
  auto above = at.what == kind::overview ? overview_text(told_, columns) : view.above;
  const size_t wanted_rows = std::max<size_t>(least_list, view.rows.size()) + 1;
  if (above.size() + wanted_rows > rows) std::erase_if(above, [](const text_line& l) { return l.empty(); });
  if (above.size() + least_list > rows) above.resize(rows > least_list ? rows - least_list : 0);
  const size_t end = out.size() + rows;
  for (auto& line : above)
    out.push_back(at.what == kind::overview
                      ? cut(line, columns)
                      : cut(spread({{" "}, {plain_text(line), line.back().as}}, {}, columns), columns));
  if (view.rows.empty()) {
    for (const auto& piece : wrap(view.empty, columns - 2))
      if (out.size() < end) out.push_back({{" " + piece, look::dim}});
    return;
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& r : view.rows) cells.push_back(r.cells);
  const auto lines = table_lines(view.columns, cells, columns - 2);
  out.push_back({{"  " + cut(lines[0], columns - 2), look::dim}});
  page_ = std::max<size_t>(1, end - out.size());
  const auto* now = chosen(view);
  const auto row = static_cast<size_t>(now - view.rows.data());
  // Who has not moved stays with the first, whatever comes before it.
  at.row = row;
  if (!at.cursor.empty()) at.cursor = now->id;
  at.top = std::min(at.top, view.rows.size() > page_ ? view.rows.size() - page_ : 0);
  at.top = std::clamp(at.top, row + 1 > page_ ? row + 1 - page_ : 0, row);
  for (size_t i = at.top; i < view.rows.size() && out.size() < end; ++i) {
    const bool marked = at.marked.count(view.rows[i].id) > 0;
    const std::string text = std::string(i == row ? ">" : " ") + (marked ? "*" : " ") + lines[i + 1];
    if (i == row)
      out.push_back(filled(text, look::chosen, columns));
    else
      out.push_back({{cut(text, columns), marked ? look::strong : view.rows[i].as}});
  }
}

void top_model::add_text(std::vector<text_line>& out, size_t columns, size_t rows, wall_time now) {
  auto& at = here();
  const auto text = make_text(at, told_, columns - 2, now, ascii_);
  page_ = std::max<size_t>(1, rows);
  at.top = std::min(at.top, text.size() > rows ? text.size() - rows : 0);
  for (size_t i = at.top; i < std::min(text.size(), at.top + rows); ++i) {
    text_line line{{" "}};
    line.insert(line.end(), text[i].begin(), text[i].end());
    out.push_back(cut(line, columns));
  }
}

std::vector<text_line> top_model::lines(size_t columns, size_t rows, wall_time now) {
  if (columns < least_columns || rows < least_rows) return too_small(columns, rows);
  const bool list = is_list(here().what);
  const auto view = list ? make_list(here(), told_) : list_view{};
  auto below = bottom(columns);
  if (below.size() > rows - 4) below.resize(rows - 4);
  std::vector<text_line> out{title_line(columns), place_line(columns, view.count, now)};
  const size_t body = rows - below.size() - 2;
  if (list)
    add_list(out, view, columns, body);
  else
    add_text(out, columns, body, now);
  // An old picture is seen as one.
  if (lost_)
    for (size_t i = 2; i < out.size(); ++i)
      for (auto& s : out[i])
        if (s.as != look::chosen) s.as = look::dim;
  out.resize(rows - below.size());
  for (auto& line : below) out.push_back(std::move(line));
  if (ascii_)
    for (auto& line : out)
      for (auto& s : line) s.text = to_ascii(s.text);
  return out;
}

}  // namespace dip::cli
