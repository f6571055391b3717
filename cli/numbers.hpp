// Members of the API's answers, and numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"

namespace dip::cli {

// A member that is a number; 0 when it is not there, or is none.
[[nodiscard]] double real_of(const nlohmann::json& object, const char* name);
[[nodiscard]] bool flag_of(const nlohmann::json& object, const char* name);
// One that may be null.
[[nodiscard]] std::optional<std::uint64_t> maybe_number(const nlohmann::json& object, const char* name);
// A member that is a list; empty when it is not there.
[[nodiscard]] const nlohmann::json& list_of(const nlohmann::json& object, const char* name);
// A member that is an object; null when it is not there.
[[nodiscard]] const nlohmann::json& part_of(const nlohmann::json& object, const char* name);
[[nodiscard]] std::vector<std::string> words_in(const nlohmann::json& list);
// A member that is a time.
[[nodiscard]] std::optional<wall_time> time_of(const nlohmann::json& object, const char* name);

// "850 ms", "12.3 s", "4m 10s", "3h 05m", "2d 4h".
[[nodiscard]] std::string span_text(std::uint64_t ms);
// The same, of one that may be null: "-".
[[nodiscard]] std::string span_text(const std::optional<std::uint64_t>& ms);
// Milliseconds with a fraction: "0.1 ms", "24 ms", "1.2 s".
[[nodiscard]] std::string short_span(double ms);
// A second: "0", "0.05", "3.2", "120", "1.2k".
[[nodiscard]] std::string rate_text(double rate);
[[nodiscard]] std::string percent_text(double share);
// "1 dead letter", "12 dead letters".
[[nodiscard]] std::string counted(std::uint64_t n, const std::string& what);
// "n1", "n1 and n2", "n1, n2 and n3".
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace dip::cli
