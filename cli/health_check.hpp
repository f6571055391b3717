// Whether a cluster is well, as monitoring asks: what was measured, held against thresholds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/errc.hpp"

namespace dip::cli {

// Also the exit codes of `dip check`, as Nagios and those after it read them.
enum class health : int { ok = 0, warning = 1, critical = 2, unknown = 3 };
[[nodiscard]] std::string_view to_string(health h);

struct health_measure {
  std::string_view name;  // of the option and in what is printed
  std::string_view doc;
  std::string_view fallback;  // the thresholds when none are given; "" for none
  bool low = false;           // little is bad, not much
};

// All that there are.
[[nodiscard]] std::span<const health_measure> health_measures();

struct threshold {
  std::optional<double> warning, critical;
};

// "N": warning from N on; "N:M": critical from M on; ":M": critical only; "off": neither. Where little is
// bad, from N downwards. Errors: a sentence, also where the critical one would come before the warning.
[[nodiscard]] result<threshold> parse_threshold(const health_measure& of, std::string_view text);

[[nodiscard]] health judge(const health_measure& of, const threshold& limits, double value);

struct finding {
  const health_measure* of = nullptr;
  threshold limits;
  double value = 0;
  std::string text;  // "12 dead letters: rtp-request-queue 10, rtp-notifier-queue 2"
  health state = health::ok;
};

// What the nodes answer to GET /queues, /cluster and /actors?state=stuck; a threshold for each measure.
struct health_answers {
  nlohmann::json queues, cluster, stuck;
};
[[nodiscard]] std::vector<finding> examine(const health_answers& told, const std::vector<threshold>& limits);

// The worst of them.
[[nodiscard]] health worst_of(const std::vector<finding>& all);
// What is wrong, the worst first, in one line with the values behind it as monitoring plugins give them; then
// a line for each measure. With a line break at its end.
[[nodiscard]] std::string health_text(const std::vector<finding>& all);
[[nodiscard]] nlohmann::json health_json(const std::vector<finding>& all);

}  // namespace dip::cli
