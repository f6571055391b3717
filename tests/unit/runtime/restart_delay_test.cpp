#include "runtime/restart_delay.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

TEST_CASE("a node that keeps failing is started after 1 s, 2 s, 4 s … 30 s") {
  restart_delay delay;
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) CHECK(delay.after(false, 59'999ms) == expected);
}

TEST_CASE("a minute of health makes the delay short again") {
  restart_delay delay;
  CHECK(delay.after(false, 0ms) == 1s);
  CHECK(delay.after(false, 0ms) == 2s);
  CHECK(delay.after(false, 60s) == 1s);
  CHECK(delay.after(false, 0ms) == 2s);
}

TEST_CASE("what ended well is started at once, but not what does so within a second") {
  restart_delay delay;
  CHECK(delay.after(true, 1s) == 0ms);
  CHECK(delay.after(true, 999ms) == 1s);
  CHECK(delay.after(true, 999ms) == 2s);
}
