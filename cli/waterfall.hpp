// A request's way as bars over time.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"

namespace dip::cli {

struct waterfall_row {
  std::string what, node, actor, attempt, waited, worked, outcome;
  std::string error;  // "timeout: it took longer than 30s", or ""
  std::string bar;    // waiting light, working dark
};

struct waterfall {
  std::vector<waterfall_row> rows;
  std::uint64_t whole_ms = 0;  // from the request's beginning to its end, or to `now`
};

// Of what GET /requests/{id}/trace answers. Each bar is `columns` wide at most, without blanks at its end.
[[nodiscard]] waterfall make_waterfall(const nlohmann::json& trace, size_t columns, wall_time now,
                                       bool ascii);

}  // namespace dip::cli
