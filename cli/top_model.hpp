// The terminal console without the terminal: what it knows, what keys do, and the lines that are seen.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "cli/event_stream.hpp"
#include "cli/node_api.hpp"
#include "cli/top_place.hpp"

namespace dip::cli {

struct top_key {
  enum class kind : unsigned char {
    character,
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    tab,
    back_tab,
    backspace,
  };
  kind what = kind::character;
  std::string text;  // of a character, UTF-8
};

// What was agreed to be done.
struct deed_list {
  struct call {
    std::string method, path;
    nlohmann::json body;  // null: none
  };
  std::vector<call> calls;
  std::string done;  // "restarted": what is said of it when all went well
};

// One thread at a time.
class top_model {
public:
  // `ascii`: what the terminal shows is not UTF-8.
  explicit top_model(bool ascii) : ascii_(ascii) {}

  // What the nodes say.
  void take(const std::string& path, nlohmann::json body);
  void refuse(const std::string& path, const node_error& why);
  void hear(const stream_event& event);
  void connect(const std::string& url);
  void lose(const node_error& why, wall_time now);
  void finish(const deed_list& what, const std::vector<answer<nlohmann::json>>& told);

  void press(const top_key& key);
  [[nodiscard]] bool quitting() const { return quitting_; }
  [[nodiscard]] std::vector<wanted> wants() const { return wants_of(here()); }
  [[nodiscard]] bool has_deeds() const { return deeds_.has_value(); }
  // What is to be done now; each is given once.
  [[nodiscard]] std::optional<deed_list> take_deeds();

  // Exactly `rows` lines, none wider than `columns`.
  [[nodiscard]] std::vector<text_line> lines(size_t columns, size_t rows, wall_time now);

private:
  struct letter {
    std::string queue, id, error;
  };
  enum class asking : unsigned char { nothing, filter, reason, yes };

  [[nodiscard]] const place& here() const { return deeper_.empty() ? tabs_[tab_] : deeper_.back(); }
  [[nodiscard]] place& here() { return deeper_.empty() ? tabs_[tab_] : deeper_.back(); }
  // The row that is chosen; nullptr where there is none.
  [[nodiscard]] const list_row* chosen(const list_view& view) const;
  void choose(const list_view& view, size_t row);

  void press_letter(const std::string& c);
  void press_asked(const top_key& key);
  void move(std::ptrdiff_t by);
  void enter();
  void leave();
  void go_to_tab(size_t tab);
  void go_into(place::kind what, std::string of, nlohmann::json item = nullptr);
  void end_filter();

  void mark(bool all);
  void redrive();
  void discard();
  void pause_or_resume();
  void retry();
  void restart();
  void ask(std::string question, deed_list then, asking how = asking::yes);
  void say(std::string text, look as = look::plain);
  [[nodiscard]] std::vector<letter> letters_meant() const;
  [[nodiscard]] std::string queue_meant() const;
  [[nodiscard]] std::string request_meant() const;

  [[nodiscard]] text_line title_line(size_t columns) const;
  [[nodiscard]] text_line place_line(size_t columns, const std::string& count, wall_time now) const;
  [[nodiscard]] text_line connection(size_t columns, wall_time now) const;
  [[nodiscard]] std::vector<text_line> bottom(size_t columns) const;
  [[nodiscard]] std::vector<std::string> keys() const;
  void add_list(std::vector<text_line>& out, const list_view& view, size_t columns, size_t rows);
  void add_text(std::vector<text_line>& out, size_t columns, size_t rows, wall_time now);

  const bool ascii_;
  top_answers told_;
  std::array<place, 5> tabs_{place{place::kind::overview}, place{place::kind::queues},
                             place{place::kind::letters}, place{place::kind::actors},
                             place{place::kind::requests}};
  size_t tab_ = 0;
  std::vector<place> deeper_;
  size_t page_ = 10;  // rows or lines that were seen last

  asking asked_ = asking::nothing;
  std::string question_, typed_;
  deed_list then_;
  std::optional<deed_list> deeds_;
  std::string status_;
  look status_look_ = look::plain;
  bool quitting_ = false;

  std::string url_;  // of the node that is heard; empty: none
  std::string trouble_;
  std::optional<wall_time> lost_;  // since when there is none
};

}  // namespace dip::cli
