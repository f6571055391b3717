#include "core/operation_table.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

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
  CHECK(names == std::vector<std::string_view>{
                     "resize",    "crop",   "trim",     "extend",  "rotate",   "flip",     "flop",
                     "grayscale", "sepia",  "tint",     "negate",  "modulate", "contrast", "gamma",
                     "normalize", "clahe",  "blur",     "sharpen", "median",   "pixelate", "threshold",
                     "edge",      "emboss", "vignette", "round",   "flatten",  "text",     "watermark"});
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

// Valid, with every parameter that has to be there.
nlohmann::json smallest(const operation_spec& spec) {
  nlohmann::json step{{"op", spec.name}};
  if (spec.name == "resize") step["width"] = 10;
  for (const auto& one : spec.params) {
    if (!one.required) continue;
    switch (one.kind) {
      case param_kind::text: step[one.name] = "a"; break;
      case param_kind::colour: step[one.name] = "#123456"; break;
      case param_kind::file: step[one.name] = "01J9Z3V5W6X7Y8Z9ABCDEFGHJK.png"; break;
      default: step[one.name] = one.min; break;
    }
    if (one.kind == param_kind::integer) step[one.name] = static_cast<std::int64_t>(one.min);
  }
  return step;
}

// Where the only step is refused, or "accepted".
std::string verdict(const nlohmann::json& step) {
  const auto list = parse_operations(nlohmann::json::array({step}), limits_config{}, "/operations");
  if (list) return "accepted";
  CHECK(list.error().code == errc::invalid_operation);
  CHECK_FALSE(list.error().detail.empty());
  return list.error().pointer;
}

TEST_CASE("every bound of every parameter holds on both sides, and is named by its pointer") {
  for (const auto& spec : operation_table()) {
    CAPTURE(spec.name);
    CHECK(verdict(smallest(spec)) == "accepted");
    for (const auto& one : spec.params) {
      CAPTURE(one.name);
      const auto at = "/operations/0/" + std::string{one.name};
      const auto with = [&](const nlohmann::json& value) {
        auto step = smallest(spec);
        step[one.name] = value;
        return verdict(step);
      };
      CHECK(with(nullptr) == at);
      CHECK(with(nlohmann::json::array()) == at);
      if (one.kind == param_kind::integer) {
        const auto min = static_cast<std::int64_t>(one.min), max = static_cast<std::int64_t>(one.max);
        CHECK(with(min) == "accepted");
        CHECK(with(max) == "accepted");
        CHECK(with(min - 1) == at);
        CHECK(with(max + 1) == at);
        CHECK(with(one.min + 0.5) == at);
      }
      if (one.kind == param_kind::number) {
        CHECK(with(one.min) == "accepted");
        CHECK(with(one.max) == "accepted");
        CHECK(with(one.min - 0.01) == at);
        CHECK(with(one.max + 0.01) == at);
        CHECK(with("1") == at);
      }
      if (one.kind == param_kind::text) {
        CHECK(with(std::string(static_cast<size_t>(one.min), 'a')) == "accepted");
        CHECK(with(std::string(static_cast<size_t>(one.max), 'a')) == "accepted");
        CHECK(with(std::string(static_cast<size_t>(one.max) + 1, 'a')) == at);
        CHECK(with("") == at);
      }
      if (one.kind == param_kind::choice) {
        for (const auto word : one.choices) CHECK(with(word) == "accepted");
        CHECK(with("nowhere") == at);
      }
      if (one.kind == param_kind::colour) {
        CHECK(with("#0f8") == "accepted");
        CHECK(with("red") == at);
      }
      if (one.kind == param_kind::boolean) {
        CHECK(with(true) == "accepted");
        CHECK(with(1) == at);
      }
      if (one.kind == param_kind::file) CHECK(with("../a") == at);
      if (one.required) {
        auto step = smallest(spec);
        step.erase(std::string{one.name});
        CHECK(verdict(step) == at);
      }
    }
    auto unknown = smallest(spec);
    unknown["nothing"] = 1;
    CHECK(verdict(unknown) == "/operations/0/nothing");
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
  CHECK(std::vector(spec->needs_one_of.begin(), spec->needs_one_of.end()) ==
        std::vector<std::string_view>{"width", "height"});
}

}  // namespace
}  // namespace dip
