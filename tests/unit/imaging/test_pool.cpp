#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "imaging/codec_pool.hpp"
#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;

std::unique_ptr<codec_pool> pool_of(codec_launcher& launcher, size_t count) {
  auto pool = codec_pool::make(launcher, count);
  REQUIRE(pool);
  return std::move(*pool);
}

TEST_CASE("a pool has its children before they are needed") {
  const auto launcher = start();
  const auto pool = pool_of(*launcher, 3);
  CHECK(launcher->children().size() == 3);
}

TEST_CASE("many threads share a few codecs, each with one thread at a time") {
  const auto launcher = start();
  const auto pool = pool_of(*launcher, 2);
  const memory_file file{quarters_png(16, 12)};
  std::atomic<int> busy{0}, most{0}, done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        const auto lease = pool->borrow();
        const int now = ++busy;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        if (lease->probe(file.get(), image_format::png, plenty)) ++done;
        --busy;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(done == 60);
  CHECK(most <= 2);
  CHECK(launcher->children().size() == 2);
}

TEST_CASE("a lease that was moved gives its codec back once") {
  const auto launcher = start();
  const auto pool = pool_of(*launcher, 1);
  codec* first = nullptr;
  {
    auto lease = pool->borrow();
    first = &*lease;
    const auto moved = std::move(lease);
    CHECK(&*moved == first);
  }
  CHECK(&*pool->borrow() == first);
}

TEST_CASE("who waits for a codec no longer than so long gets one only when it is free by then") {
  const auto launcher = start();
  const auto pool = pool_of(*launcher, 1);
  {
    const auto lease = pool->borrow();
    CHECK_FALSE(pool->borrow_within(milliseconds{0}));
  }
  CHECK(pool->borrow_within(milliseconds{0}));
}

}  // namespace
}  // namespace dip
