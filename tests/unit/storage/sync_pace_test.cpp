#include "storage/sync_pace.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

namespace {

struct disk {
  sync_pace pace;
  steady_time now{std::chrono::hours{1}};

  void sync(milliseconds takes, int times = 1) {
    for (; times > 0; --times) {
      pace.begin(now);
      now += takes;
      pace.end(now);
    }
  }
  [[nodiscard]] bool slow() const { return pace.slow(now); }
};

constexpr milliseconds one{1};

}  // namespace

TEST_CASE("a disk is slow when syncs in a row are") {
  disk d;
  CHECK_FALSE(d.slow());
  d.sync(sync_pace::slow_from, sync_pace::in_a_row - 1);
  CHECK_FALSE(d.slow());
  SECTION("and one more makes it so") {
    d.sync(sync_pace::slow_from);
    CHECK(d.slow());
  }
  SECTION("a quick one between begins anew") {
    d.sync(sync_pace::slow_from - one);
    d.sync(sync_pace::slow_from, sync_pace::in_a_row - 1);
    CHECK_FALSE(d.slow());
  }
}

TEST_CASE("a disk that hangs is slow before its sync ends") {
  disk d;
  d.pace.begin(d.now);
  d.now += sync_pace::hangs_from - one;
  CHECK_FALSE(d.slow());
  d.now += one;
  CHECK(d.slow());
  d.pace.end(d.now);
  CHECK(d.slow());
}

TEST_CASE("a slow disk is well when it has not been slow for a while") {
  disk d;
  d.sync(sync_pace::slow_from, sync_pace::in_a_row);
  d.sync(one, 100);
  CHECK(d.slow());
  SECTION("however idle it was") {
    d.now += sync_pace::rest - 101 * one;
    CHECK(d.slow());
    d.now += one;
    CHECK_FALSE(d.slow());
  }
  SECTION("and then it takes as many slow ones as before") {
    d.now += sync_pace::rest;
    d.sync(sync_pace::slow_from, sync_pace::in_a_row - 1);
    CHECK_FALSE(d.slow());
    d.sync(sync_pace::slow_from);
    CHECK(d.slow());
  }
  SECTION("a slow one now and then keeps it so") {
    d.now += sync_pace::rest / 2;
    d.sync(sync_pace::slow_from);
    d.now += sync_pace::rest - one;
    CHECK(d.slow());
  }
}
