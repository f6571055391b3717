#include "core/clock.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace dip {
namespace {

wall_time at(std::int64_t ms) { return wall_time{milliseconds{ms}}; }

const auto moment = at(1'772'600'767'089);

TEST_CASE("a time is written as RFC 3339, to the millisecond") {
  CHECK(to_rfc3339(moment) == "2026-03-04T05:06:07.089Z");
  CHECK(to_rfc3339(at(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(at(951'782'400'000)) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("a time is written as HTTP has it") {
  CHECK(to_http_date(moment) == "Wed, 04 Mar 2026 05:06:07 GMT");
  CHECK(to_http_date(at(784'111'777'000)) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's example
}

TEST_CASE("what was written is read back") {
  const auto ms = GENERATE(values<std::int64_t>({0, 1, 999, -1, 1'772'600'767'089, 253'402'300'799'999}));
  CHECK(parse_rfc3339(to_rfc3339(at(ms))) == at(ms));
}

TEST_CASE("a fraction may have any number of digits, or be left out") {
  CHECK(parse_rfc3339("2026-03-04T05:06:07Z") == at(1'772'600'767'000));
  CHECK(parse_rfc3339("2026-03-04T05:06:07.5Z") == at(1'772'600'767'500));
  CHECK(parse_rfc3339("2026-03-04T05:06:07.08Z") == at(1'772'600'767'080));
  CHECK(parse_rfc3339("2026-03-04T05:06:07.089999999999Z") == moment);
}

TEST_CASE("what is no such time is a bad request") {
  const auto text = GENERATE(values<std::string>({"",
                                                  "2026-03-04",
                                                  "2026-03-04T05:06:07",
                                                  "2026-03-04T05:06:07+00:00",
                                                  "2026-03-04 05:06:07Z",
                                                  "2026-03-04t05:06:07Z",
                                                  "2026-13-04T05:06:07Z",
                                                  "2026-00-04T05:06:07Z",
                                                  "2026-02-29T05:06:07Z",
                                                  "2026-03-32T05:06:07Z",
                                                  "2026-03-00T05:06:07Z",
                                                  "2026-03-04T24:06:07Z",
                                                  "2026-03-04T05:60:07Z",
                                                  "2026-03-04T05:06:60Z",
                                                  "2026-03-04T05:06:07.Z",
                                                  "2026-03-04T05:06:07,5Z",
                                                  "2026-03-04T05:06:07.5xZ",
                                                  "2026-03-04T05:06:07ZZ",
                                                  "2026/03/04T05:06:07Z",
                                                  "+026-03-04T05:06:07Z",
                                                  "2026-3-4T5:6:7Z"}));
  CAPTURE(text);
  CHECK(parse_rfc3339(text).error().code == errc::bad_request);
}

TEST_CASE("the system's clocks are those of the standard library") {
  const system_clock clock;
  const auto before = clock.steady();
  CHECK(clock.steady() >= before);
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  CHECK(clock.wall() >= now);
}

}  // namespace
}  // namespace dip
