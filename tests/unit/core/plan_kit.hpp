// Headers and requests that plans are made of.
#pragma once

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "core/config.hpp"
#include "core/plan.hpp"

namespace dip::test {

inline image_header photo(std::uint32_t width, std::uint32_t height,
                          image_format format = image_format::jpeg) {
  image_header header;
  header.format = format;
  header.width = width;
  header.height = height;
  return header;
}

// The fields of a request, `file` aside, as JSON without the braces.
inline recipe asked(const std::string& fields) {
  const auto text = R"({"file":"a")" + (fields.empty() ? "" : "," + fields) + "}";
  const auto request = parse_process_request(text, limits_config{}, nullptr, nullptr);
  REQUIRE(request);
  return request->what;
}

inline recipe steps(const std::string& list) { return asked(R"("operations":[)" + list + "]"); }

inline result<job_plan> plan(const image_header& header, const recipe& what,
                             const limits_config& limits = {}) {
  return make_plan(header, what, limits);
}

}  // namespace dip::test
