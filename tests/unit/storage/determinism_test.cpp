// The same entries give the same bytes: over maps, over RocksDB, and with a stop in between.
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "storage/memory_node_store.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/unit/storage/random_commands.hpp"
#include "tests/unit/storage/store_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

constexpr partition_id here{1};

struct step {
  command what;
  wall_time at{};
};

std::unique_ptr<memory_node_store> in_memory() {
  node_store::options o;
  o.partitions = 2;
  o.log_keep = 50;
  o.on_fatal = [](const error& e) { FAIL(e.detail); };
  return make_memory_node_store(std::move(o));
}

std::unique_ptr<lone_replica> opened(memory_node_store& store) {
  auto owner = lone_replica::open(store, here, [&store] {
    while (store.settle()) {
    }
  });
  if (!owner) FAIL(owner.error().detail);
  return std::move(*owner);
}

// Proposes `steps` in bursts, so that one batch applies several.
void run(lone_replica& owner, const std::vector<step>& steps) {
  for (size_t i = 0; i < steps.size(); ++i) {
    REQUIRE(owner.propose(steps[i].what, steps[i].at));
    if (i % 7 != 0 && i + 1 < steps.size()) continue;
    REQUIRE(owner.settle());
  }
}

// A busy life, written down while it is lived in maps.
std::vector<step> recorded(std::uint32_t seed, size_t count) {
  const auto store = in_memory();
  const auto owner = opened(*store);
  random_commands source{seed, here};
  std::vector<step> steps;
  wall_time now{milliseconds{1'000}};
  while (steps.size() < count) {
    now += milliseconds{source.below(40)};
    steps.push_back({source.next(*store->view(here), now), now});
    run(*owner, {steps.back()});
  }
  return steps;
}

std::uint64_t hash_in_memory(const std::vector<step>& steps) {
  const auto store = in_memory();
  const auto owner = opened(*store);
  run(*owner, steps);
  return store->view(here)->state_hash();
}

}  // namespace

TEST_CASE("two stores that applied the same entries have the same state") {
  const auto steps = recorded(7, 800);
  const auto hash = hash_in_memory(steps);
  CHECK(hash != 0);
  CHECK(hash_in_memory(steps) == hash);
  CHECK(hash_in_memory({steps.begin(), steps.begin() + 400}) != hash);

  test::scratch_dir dir;
  heard_store on_disk{dir.text() + "/state", 50};
  REQUIRE(on_disk.is_open());
  for (const auto& s : steps) REQUIRE(on_disk.commit_at(here, s.what, s.at));
  CHECK(on_disk.store().view(here)->state_hash() == hash);
}

TEST_CASE("tables that lag behind the log catch up with it at the next start, to the same state") {
  const auto steps = recorded(11, 300);
  test::scratch_dir dir;
  std::uint64_t hash = 0;
  {
    heard_store lived{dir.text() + "/lived", 10'000};
    for (const auto& s : steps) REQUIRE(lived.commit_at(here, s.what, s.at));
    hash = lived.store().view(here)->state_hash();
  }
  {
    heard_store stopped{dir.text() + "/stopped", 10'000};
    auto& owner = stopped.open(here);
    for (size_t i = 0; i < steps.size(); ++i) {
      if (i < steps.size() / 2)
        REQUIRE(stopped.commit_at(here, steps[i].what, steps[i].at));
      else
        REQUIRE(owner.propose(steps[i].what, steps[i].at));
    }
    CHECK(stopped.store().view(here)->state_hash() != hash);
  }
  heard_store again{dir.text() + "/stopped", 10'000};
  const auto& owner = again.open(here);
  // Beside them: the members, and an entry of each term.
  CHECK(owner.applied().value == steps.size() + 3);
  CHECK(again.store().view(here)->state_hash() == hash);
}
