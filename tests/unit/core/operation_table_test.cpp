#include "core/operation_table.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/config.hpp"

namespace dip {
namespace {

operation parsed(const nlohmann::json& step) {
  const auto list = parse_operations(nlohmann::json::array({step}), limits_config{}, "");
  REQUIRE(list);
  return list->front();
}

TEST_CASE("the operations are those of the interface") {
  std::vector<std::string_view> names;
  for (const auto& spec : operation_table()) names.push_back(spec.name);
  CHECK(names == std::vector<std::string_view>{"resize", "crop", "rotate", "flip", "flop", "grayscale",
                                               "blur", "sharpen", "modulate", "text", "watermark"});
}

TEST_CASE("the table agrees with itself") {
  for (const auto& spec : operation_table()) {
    CAPTURE(spec.name);
    CHECK(find_operation(spec.name) == &spec);
    CHECK_FALSE(spec.doc.empty());
    std::set<std::string_view> names{"op"};
    for (const auto& one : spec.params) {
      CAPTURE(one.name);
      CHECK(names.insert(one.name).second);
      CHECK_FALSE(one.doc.empty());
      CHECK((one.kind == param_kind::choice) == !one.choices.empty());
      if (one.required) CHECK(std::holds_alternative<std::monostate>(one.fallback));
      if (const auto* number = std::get_if<double>(&one.fallback)) {
        CHECK(one.kind == param_kind::number);
        CHECK((*number >= one.min && *number <= one.max));
      }
      if (const auto* integer = std::get_if<std::int64_t>(&one.fallback)) {
        CHECK(one.kind == param_kind::integer);
        CHECK((static_cast<double>(*integer) >= one.min && static_cast<double>(*integer) <= one.max));
      }
      if (one.kind == param_kind::choice)
        CHECK(std::ranges::find(one.choices, std::get<std::string>(one.fallback)) != one.choices.end());
    }
  }
}

TEST_CASE("an operation that there is not is not found") {
  CHECK(find_operation("") == nullptr);
  CHECK(find_operation("Resize") == nullptr);
  CHECK(find_operation("explode") == nullptr);
}

TEST_CASE("defaults are filled in") {
  const auto resize = parsed({{"op", "resize"}, {"width", 10}});
  CHECK(integer_param(resize, "width") == 10);
  CHECK_FALSE(has_param(resize, "height"));
  CHECK(integer_param(resize, "height", 7) == 7);
  CHECK(text_param(resize, "fit") == "cover");
  CHECK(text_param(resize, "position") == "centre");
  CHECK(text_param(resize, "kernel") == "lanczos3");
  CHECK(has_param(resize, "enlarge"));
  CHECK_FALSE(bool_param(resize, "enlarge"));
  CHECK(number_param(parsed({{"op", "blur"}}), "sigma") == 1);
  CHECK(number_param(parsed({{"op", "modulate"}}), "hue", 5) == 0);
}

TEST_CASE("a parameter of another kind is read as left out") {
  const auto resize = parsed({{"op", "resize"}, {"width", 10}, {"enlarge", true}});
  CHECK(bool_param(resize, "enlarge"));
  CHECK(number_param(resize, "width") == 10);
  CHECK(number_param(resize, "fit", 3) == 3);
  CHECK(integer_param(resize, "fit", 3) == 3);
  CHECK(text_param(resize, "width").empty());
  CHECK_FALSE(bool_param(resize, "width"));
  CHECK_FALSE(has_param(resize, "nothing"));
  CHECK_FALSE(has_param({"explode", {}}, "width"));
}

TEST_CASE("an older record is read with the defaults of later parameters") {
  const operation older{"resize", {std::int64_t{10}}};
  CHECK(integer_param(older, "width") == 10);
  CHECK_FALSE(has_param(older, "height"));
  CHECK(text_param(older, "fit") == "cover");
}

TEST_CASE("resize needs a width or a height") {
  const auto* spec = find_operation("resize");
  REQUIRE(spec->check != nullptr);
  CHECK_FALSE(spec->check({"resize", {}}).empty());
  CHECK(spec->check({"resize", {std::int64_t{1}}}).empty());
  CHECK(spec->check({"resize", {std::monostate{}, std::int64_t{1}}}).empty());
}

}  // namespace
}  // namespace dip
