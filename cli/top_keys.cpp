// What keys do.
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_model.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;
using key = top_key::kind;

constexpr size_t longest_reason = 256;
constexpr size_t length_of_id = 26;

void take_last(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

void top_model::press(const top_key& pressed) {
  if (asked_ != asking::nothing) return press_asked(pressed);
  say("");
  const auto page = static_cast<std::ptrdiff_t>(std::max<size_t>(1, page_));
  switch (pressed.what) {
    case key::up: return move(-1);
    case key::down: return move(1);
    case key::page_up: return move(-page);
    case key::page_down: return move(page);
    case key::home: return move(-1'000'000);
    case key::end: return move(1'000'000);
    case key::enter: return enter();
    case key::escape:
    case key::backspace: return leave();
    case key::tab: return go_to_tab((tab_ + 1) % tabs_.size());
    case key::back_tab: return go_to_tab((tab_ + tabs_.size() - 1) % tabs_.size());
    case key::character: return press_letter(pressed.text);
  }
}

void top_model::press_letter(const std::string& c) {
  if (c.size() == 1 && c[0] >= '1' && c[0] <= '5') return go_to_tab(static_cast<size_t>(c[0] - '1'));
  if (c == "j") return move(1);
  if (c == "k") return move(-1);
  if (c == "g") return move(-1'000'000);
  if (c == "G") return move(1'000'000);
  if (c == "q") quitting_ = true;
  if (c == "?" && here().what != kind::help) return go_into(kind::help, "");
  if (c == "?") return leave();
  if (c == "r") return redrive();
  if (c == "d") return discard();
  if (c == "p") return pause_or_resume();
  if (c == "t") return retry();
  if (c == "R") return restart();
  if (c == " ") return mark(false);
  if (c == "a") return mark(true);
  if (c == "/" && is_list(here().what)) {
    asked_ = asking::filter;
    return;
  }
  if (const auto orders = orders_of(here().what); c == "s" && !orders.empty()) {
    here().order = (here().order + 1) % orders.size();
    here().cursor.clear();
    here().row = 0;
  }
}

void top_model::press_asked(const top_key& pressed) {
  const bool text = pressed.what == key::character;
  if (asked_ == asking::yes) {
    asked_ = asking::nothing;
    if (!text || (pressed.text != "y" && pressed.text != "Y")) return say("nothing was done", look::dim);
    deeds_ = std::move(then_);
    here().marked.clear();
    return say("…", look::dim);
  }
  auto& typed = asked_ == asking::filter ? here().filter : typed_;
  if (text && typed.size() + pressed.text.size() <= longest_reason) typed += pressed.text;
  if (pressed.what == key::backspace) take_last(typed);
  if (pressed.what == key::escape) {
    if (asked_ == asking::filter)
      typed.clear();
    else
      say("nothing was done", look::dim);
    asked_ = asking::nothing;
  }
  if (asked_ == asking::filter && pressed.what == key::enter) return end_filter();
  if (asked_ == asking::filter && (pressed.what == key::up || pressed.what == key::down)) {
    end_filter();
    return move(pressed.what == key::up ? -1 : 1);
  }
  if (asked_ != asking::reason || pressed.what != key::enter) return;
  if (typed_.empty()) return say("nothing is discarded without a reason; esc goes back", look::bad);
  for (auto& call : then_.calls) call.path += net::percent_encode(typed_);
  asked_ = asking::nothing;
  deeds_ = std::move(then_);
  here().marked.clear();
  say("…", look::dim);
}

void top_model::end_filter() {
  asked_ = asking::nothing;
  auto& at = here();
  // The id of a request opens it, also when it is none of those that are listed.
  if (at.what == kind::requests && at.filter.size() == length_of_id) {
    const auto id = std::exchange(at.filter, "");
    go_into(kind::request, id);
  }
}

void top_model::move(std::ptrdiff_t by) {
  auto& at = here();
  const auto moved = [by](size_t from, size_t last) {
    const auto to = static_cast<std::ptrdiff_t>(from) + by;
    return static_cast<size_t>(std::clamp<std::ptrdiff_t>(to, 0, static_cast<std::ptrdiff_t>(last)));
  };
  if (!is_list(at.what)) {
    at.top = moved(at.top, 1'000'000);  // what is too much is taken back when it is drawn
    return;
  }
  const auto view = make_list(at, told_);
  const auto* now = chosen(view);
  if (now) choose(view, moved(static_cast<size_t>(now - view.rows.data()), view.rows.size() - 1));
}

void top_model::go_to_tab(size_t tab) {
  tab_ = tab;
  deeper_.clear();
}

void top_model::go_into(kind what, std::string of, json item) {
  place to;
  to.what = what;
  to.of = std::move(of);
  to.item = std::move(item);
  deeper_.push_back(std::move(to));
}

void top_model::leave() {
  auto& at = here();
  if (!at.marked.empty() || !at.filter.empty()) {
    at.marked.clear();
    at.filter.clear();
  } else if (!deeper_.empty()) {
    deeper_.pop_back();
  }
}

void top_model::enter() {
  const auto& at = here();
  if (at.what == kind::message && !text_of(at.item, "request").empty())
    return go_into(kind::request, text_of(at.item, "request"));
  if (at.what == kind::request) return go_into(kind::trace, at.of);
  if (!is_list(at.what)) return;
  const auto view = make_list(at, told_);
  const auto* row = chosen(view);
  if (!row) return;
  switch (at.what) {
    case kind::overview: {
      const auto filter = row->id + ".";
      go_to_tab(3);
      here().filter = filter;
      return;
    }
    case kind::queues: return go_into(kind::messages, row->id);
    case kind::actors: return go_into(kind::actor, row->id);
    case kind::requests: return go_into(kind::request, row->id);
    default: break;
  }
  json item = *row->item;
  item["queue"] = row->queue;
  const auto id = text_of(item, "id");
  go_into(kind::message, id, std::move(item));
}

}  // namespace dip::cli
