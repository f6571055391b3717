#include "cli/waterfall.hpp"

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/numbers.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

struct strokes {
  const char *waiting, *working, *point;
};
constexpr strokes drawn{"░", "█", "▏"};
constexpr strokes typed{".", "#", "|"};

struct scale {
  wall_time from{};
  std::int64_t whole = 1;  // ms
  std::int64_t columns = 1;
  // The column that a moment is in.
  [[nodiscard]] std::int64_t at(wall_time t) const {
    return std::clamp<std::int64_t>((t - from).count() * columns / whole, 0, columns);
  }
};

// A moment has no length, and work that was short is seen all the same.
std::string bar(const json& hop, const scale& s, const strokes& with) {
  const auto at = time_of(hop, "at");
  if (!at || s.columns <= 0) return "";
  const auto waited = milliseconds(number_of(hop, "waited_ms")),
             worked = milliseconds(number_of(hop, "worked_ms"));
  const auto last = s.columns - 1;
  const auto begin = std::min(s.at(*at - waited), last), middle = std::min(s.at(*at), last);
  std::string out(static_cast<size_t>(begin), ' ');
  for (auto i = begin; i < middle; ++i) out += with.waiting;
  if (!maybe_number(hop, "worked_ms")) return out + with.point;
  for (auto i = middle; i < std::max(middle + 1, s.at(*at + worked)); ++i) out += with.working;
  return out;
}

}  // namespace

waterfall make_waterfall(const json& trace, size_t columns, wall_time now, bool ascii) {
  const auto& hops = list_of(trace, "hops");
  scale s;
  auto from = time_of(trace, "from").value_or(now);
  auto to = time_of(trace, "to").value_or(now);
  // A notification goes out after the request's end.
  for (const auto& h : hops)
    if (const auto at = time_of(h, "at")) {
      from = std::min(from, *at - milliseconds(number_of(h, "waited_ms")));
      to = std::max(to, *at + milliseconds(number_of(h, "worked_ms")));
    }
  s.from = from;
  s.whole = std::max<std::int64_t>(1, (to - from).count());
  s.columns = static_cast<std::int64_t>(columns);
  waterfall out;
  out.whole_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (to - from).count()));
  for (const auto& h : hops) {
    waterfall_row row;
    row.what = text_of(h, "what");
    row.node = text_of(h, "node");
    row.actor = text_of(h, "actor");
    if (const auto n = maybe_number(h, "attempt")) row.attempt = std::to_string(*n);
    if (const auto ms = maybe_number(h, "waited_ms")) row.waited = span_text(*ms);
    if (const auto ms = maybe_number(h, "worked_ms")) row.worked = span_text(*ms);
    row.outcome = text_of(h, "outcome");
    if (const auto& e = part_of(h, "error"); e.is_object())
      row.error = text_of(e, "code") + (text_of(e, "detail").empty() ? "" : ": " + text_of(e, "detail"));
    row.bar = bar(h, s, ascii ? typed : drawn);
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace dip::cli
