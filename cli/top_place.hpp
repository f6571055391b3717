// Where one is in the terminal console, and what is seen there: pure functions of what the nodes have said.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/table.hpp"
#include "cli/top_text.hpp"
#include "core/clock.hpp"

namespace dip::cli {

struct place {
  enum class kind : unsigned char {
    overview,
    queues,
    letters,
    actors,
    requests,
    messages,  // of a queue
    message,
    request,
    trace,
    actor,
    help,
  };
  kind what = kind::overview;
  std::string of = {};       // a queue's name, a request's or actor's id
  nlohmann::json item = {};  // of a message: all that is known of it
  std::string cursor = {};   // the row that is chosen, by its id; "": the first
  size_t row = 0;            // where that was, for when it is gone
  size_t top = 0;            // the first row or line that is seen
  size_t order = 0;          // of `orders_of`
  std::string filter = {};
  std::set<std::string> marked = {};  // ids of rows
};

// A call whose answer a place shows. With `list`, its pages are read until `most` items are there.
struct wanted {
  std::string path;
  const char* list = nullptr;
  std::uint32_t most = 0;
  bool operator==(const wanted&) const = default;
};
[[nodiscard]] std::vector<wanted> wants_of(const place& at);

// What the nodes have said so far.
struct top_answers {
  std::map<std::string, nlohmann::json> pages;        // by path
  std::map<std::string, std::string> refusals;        // by path: why there is no answer
  nlohmann::json overview;                            // null: none has come
  std::map<std::string, std::vector<double>> depths;  // of queues, a second apart
  [[nodiscard]] const nlohmann::json& page(const std::string& path) const;
};

struct list_row {
  std::string id;  // of all rows only its
  std::vector<std::string> cells;
  look as = look::plain;
  const nlohmann::json* item = nullptr;  // in the answers
  std::string queue = {};                // of a message
};

struct list_view {
  std::vector<column> columns;
  std::vector<list_row> rows;
  std::vector<text_line> above;  // what is said of all of them
  std::string empty;             // said where there is no row
  std::string count;             // "200 of 12345"; "" where all are there
};

[[nodiscard]] bool is_list(place::kind what);
// "age", "error", … the first is what a list begins with; empty: nothing else.
[[nodiscard]] std::vector<std::string> orders_of(place::kind what);
[[nodiscard]] std::string title_of(const place& at);
// Filtered, and in its order.
[[nodiscard]] list_view make_list(const place& at, const top_answers& told);
// Of a place that is no list, and of the overview, which is drawn above its nodes.
[[nodiscard]] std::vector<text_line> make_text(const place& at, const top_answers& told, size_t columns,
                                               wall_time now, bool ascii);
[[nodiscard]] std::vector<text_line> overview_text(const top_answers& told, size_t columns);

[[nodiscard]] std::string path_of_queue(const std::string& queue, const char* what);
[[nodiscard]] std::string path_of_request(const std::string& id);
[[nodiscard]] std::string path_of_actor(const std::string& id);
[[nodiscard]] std::vector<std::string> queue_names();

}  // namespace dip::cli
