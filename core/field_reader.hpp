// Reads the fields of one JSON object of a request, each exactly once and none left over.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/errc.hpp"

namespace dip {

// How readers stop at the first wrong field. Never leaves the functions of recipe.hpp.
struct refused {
  error reason;
};
[[noreturn]] void refuse(std::string detail, std::string pointer);

// Both borrow the JSON that they are made with.
class field_reader {
public:
  // Refuses what is no object, and any field that is not among `known`.
  field_reader(const nlohmann::json& object, std::string pointer,
               std::initializer_list<std::string_view> known);

  // Nothing when the field is left out; `null` is a wrong type.
  [[nodiscard]] const nlohmann::json* find(std::string_view name) const;
  [[nodiscard]] std::string pointer(std::string_view name) const;

  [[nodiscard]] std::optional<std::uint32_t> integer(std::string_view name, std::uint32_t min,
                                                     std::uint32_t max) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  // Empty when it is left out.
  [[nodiscard]] std::string text(std::string_view name, size_t max_bytes) const;

private:
  const nlohmann::json& object_;
  std::string pointer_;
};

// The values themselves, refused at `pointer`.
[[nodiscard]] std::int64_t read_integer(const nlohmann::json& value, double min, double max,
                                        const std::string& pointer);
[[nodiscard]] double read_number(const nlohmann::json& value, double min, double max,
                                 const std::string& pointer);
[[nodiscard]] bool read_bool(const nlohmann::json& value, const std::string& pointer);
enum class line_breaks : bool { refused, allowed };
// Control characters are refused: what is read ends in mail headers, file names and markup.
[[nodiscard]] std::string read_text(const nlohmann::json& value, double min_bytes, double max_bytes,
                                    line_breaks breaks, const std::string& pointer);

}  // namespace dip
