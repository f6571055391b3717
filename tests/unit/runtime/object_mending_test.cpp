#include "runtime/object_mending.hpp"

#include <atomic>
#include <condition_variable>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/runtime/object_nodes.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

object_row new_row() { return row_of(some_upload(), "x"); }

// Answers what the test says, in the test's time.
struct scripted {
  result<void> operator()(const object_row& row) {
    std::unique_lock lock{mutex};
    calls.push_back(row.name);
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    return calls.size() <= failures ? result<void>{fail(code, "not now")} : result<void>{};
  }
  void await_calls(std::size_t n) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return calls.size() >= n; });
  }
  void let_go() {
    const std::lock_guard lock{mutex};
    open = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<object_name> calls;
  std::size_t failures = 0;
  errc code = errc::no_quorum;
  bool open = true;
};

void await_none(const object_mending& m) {
  while (m.told().pending > 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("mending: what may pass is tried again, a number of times") {
  scripted s;
  const mending_config quick{.waiting = 10, .tries = 3, .pause = 1ms};
  SECTION("and succeeds") {
    s.failures = 2;
    object_mending m(std::ref(s), quick);
    REQUIRE(m.add(new_row()));
    await_none(m);
    CHECK(s.calls.size() == 3);
    CHECK(m.told().mended == 1);
  }
  SECTION("and is given up") {
    s.failures = 9;
    object_mending m(std::ref(s), quick);
    REQUIRE(m.add(new_row()));
    await_none(m);
    CHECK(s.calls.size() == 3);
    CHECK(m.told().given_up == 1);
    CHECK(m.told().last_error.find("not now") != std::string::npos);
  }
}

TEST_CASE("mending: what nobody has is not asked for again") {
  for (const auto code : {errc::not_found, errc::corrupt}) {
    scripted s;
    s.failures = 9;
    s.code = code;
    object_mending m(std::ref(s), {.waiting = 10, .tries = 3, .pause = 1h});
    REQUIRE(m.add(new_row()));
    await_none(m);
    CHECK(s.calls.size() == 1);
    CHECK(m.told().given_up == 1);
  }
}

TEST_CASE("mending: a file waits once, one at a time is mended, and no more wait than may") {
  scripted s;
  s.open = false;
  const auto first = new_row(), second = new_row(), third = new_row();
  object_mending m(std::ref(s), {.waiting = 1, .tries = 3, .pause = 1h});
  REQUIRE(m.add(first));
  s.await_calls(1);
  CHECK(m.add(first));
  CHECK(m.add(second));
  CHECK(m.add(second));
  CHECK_FALSE(m.add(third));
  CHECK(m.told().pending == 2);
  CHECK(s.calls.size() == 1);
  s.let_go();
  await_none(m);
  CHECK(s.calls == std::vector{first.name, second.name});
}

TEST_CASE("mending: one that waits for its next try does not keep the others waiting, nor the end") {
  scripted s;
  s.failures = 1;
  object_mending m(std::ref(s), {.waiting = 10, .tries = 3, .pause = 1h});
  REQUIRE(m.add(new_row()));
  s.await_calls(1);
  REQUIRE(m.add(new_row()));
  s.await_calls(2);
  while (m.told().mended == 0) std::this_thread::yield();
  CHECK(m.told().pending == 1);
  m.stop();
  CHECK_FALSE(m.add(new_row()));
}
