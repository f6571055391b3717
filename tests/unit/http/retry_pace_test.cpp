// How long those who find no room are told to stay away.
#include "http/retry_pace.hpp"

#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace dip::http;

namespace {

struct seconds_of_load {
  retry_pace pace;
  steady_time now{std::chrono::hours{1}};

  void pass(int served, int turned_away) {
    for (int i = 0; i < served; ++i) pace.served();
    for (int i = 0; i < turned_away; ++i) pace.turned_away();
    pace.tick(now += std::chrono::seconds{1});
  }
  [[nodiscard]] std::set<unsigned> waits() const {
    std::set<unsigned> out;
    for (std::uint64_t who = 1; who <= 10'000; ++who) out.insert(pace.wait(who << 32U));
    return out;
  }
};

}  // namespace

TEST_CASE("who finds no room once comes again soon") {
  seconds_of_load l;
  l.pass(100, 1);
  CHECK(*l.waits().begin() == 1);
  CHECK(*l.waits().rbegin() == 3);
}

TEST_CASE("the more are turned away, the longer they stay away, up to a bound, and not all as long") {
  seconds_of_load l;
  l.pass(100, 100);
  CHECK(*l.waits().begin() == 4);
  CHECK(*l.waits().rbegin() == 12);
  CHECK(l.waits().size() == 9);
  for (int i = 0; i < 20; ++i) l.pass(0, 1000);
  CHECK(*l.waits().begin() == 15);
  CHECK(*l.waits().rbegin() == 45);
  // A quarter of what is served is what it is meant to come to.
  l.pass(400, 100);
  CHECK(*l.waits().rbegin() == 45);
  for (int i = 0; i < 20; ++i) l.pass(100, 0);
  CHECK(*l.waits().rbegin() == 3);
}

TEST_CASE("a moment is no measure") {
  seconds_of_load l;
  l.pass(100, 1);
  for (int i = 0; i < 1000; ++i) l.pace.turned_away();
  l.pace.tick(l.now + milliseconds{249});
  CHECK(*l.waits().rbegin() == 3);
}
