// The tables as the state of a replicated log.
#include "storage/table_state.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/table_view.hpp"
#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

const wall_time noon{milliseconds{1'000'000}};

replicated_entry carrying(command what, wall_time at = noon) {
  return {{1}, entry_kind::normal, encode(stamped_command{at, std::move(what)})};
}

}  // namespace

TEST_CASE("entries are applied at their places, and only commands have outcomes and times") {
  const auto kv = make_memory_kv();
  row_versions versions;
  table_state state{*kv, versions, here};
  REQUIRE(state.reload());
  const auto file = a_file(bucket::request_files);
  REQUIRE(
      state.apply({{{1}, entry_kind::members, encode(make_membership({{1}}))}, carrying(put_object{file})}));
  CHECK(state.applied().value == 2);
  CHECK(state.stamp() == noon);
  REQUIRE(state.apply({{{2}, entry_kind::no_op, {}}}));
  CHECK(state.applied().value == 3);
  CHECK(state.stamp() == noon);
  const auto outcomes = state.take_outcomes();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].index.value == 2);
  CHECK(state.take_outcomes().empty());

  // Another that reads the same rows goes on from there.
  table_state again{*kv, versions, here};
  REQUIRE(again.reload());
  CHECK(again.applied().value == 3);
  CHECK(again.stamp() == noon);
  CHECK(make_table_view(kv->snapshot(), here)->object(file.name));
}

TEST_CASE("an entry that cannot be read stops the replica, and nothing of its batch is applied") {
  const auto kv = make_memory_kv();
  row_versions versions;
  table_state state{*kv, versions, here};
  const auto file = a_file(bucket::request_files);
  const auto done = state.apply({carrying(put_object{file}), {{1}, entry_kind::normal, "garbage"}});
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::corrupt);
  CHECK(state.applied().value == 0);
  CHECK(state.take_outcomes().empty());
  CHECK_FALSE(make_table_view(kv->snapshot(), here)->object(file.name));
}

TEST_CASE("a row that was changed has another version; when all are put in place, every row has") {
  const auto kv = make_memory_kv();
  row_versions versions;
  table_state state{*kv, versions, here};
  const auto file = a_file(bucket::request_files);
  const auto key = keys::of_object(file.name);
  const auto at_first = versions.of(key);
  REQUIRE(state.apply({carrying(barrier{})}));
  CHECK(versions.of(key) == at_first);
  REQUIRE(state.apply({carrying(put_object{file})}));
  const auto changed = versions.of(key);
  CHECK(changed != at_first);
  REQUIRE(state.reload());
  CHECK(versions.of(key) != changed);
  CHECK(versions.of("any other") != 0);
}
