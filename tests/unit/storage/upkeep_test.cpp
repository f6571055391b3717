#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "storage/scrub.hpp"
#include "storage/sweep.hpp"
#include "tests/unit/storage/object_kit.hpp"

namespace dip::testing {
namespace {

constexpr wall_time grace_end{milliseconds{1'700'000'000'000}};
constexpr wall_time old = grace_end - milliseconds{1};

back_end any_back_end() { return GENERATE(back_end::file, back_end::memory); }

object_name put_at(object_store& store, const object_name& name, wall_time at) {
  put(store, name, "x");
  set_time(store, name, at);
  return name;
}

TEST_CASE("a sweep removes old files without a row, in every bucket") {
  const store_under_test store(any_back_end());
  const auto kept = put_at(*store, new_upload(), old);
  const auto young = put_at(*store, new_upload(), grace_end);
  const auto upload = put_at(*store, new_upload(), old);
  const auto preprocessed = put_at(*store, new_upload(bucket::preprocessed_files), old);
  const auto output = put_at(*store, new_output(new_ulid(), "small"), old);
  const auto removed =
      sweep_orphans(*store, [&](const object_name& name, wall_time) { return name == kept; }, grace_end);
  CHECK(removed == std::size_t{3});
  CHECK(store->open(kept));
  CHECK(store->open(young));
  for (const auto& name : {upload, preprocessed, output}) CHECK_FALSE(store->open(name));
}

TEST_CASE("a sweep of a store without orphans removes nothing") {
  const store_under_test store(any_back_end());
  put_at(*store, new_upload(), old);
  CHECK(
      sweep_orphans(*store, [](const object_name&, wall_time) { return true; }, grace_end) == std::size_t{0});
  CHECK(count(*store, bucket::request_files) == 1);
}

// Rows as a table gives them: newest first, strictly older than `before`.
scrubber::row_source source_of(const std::vector<object_row>& rows) {
  return
      [&rows](const std::optional<std::string>& before, const std::function<bool(const object_row&)>& visit) {
        for (const auto& row : rows) {
          if (before && row.name.key >= *before) continue;
          if (!visit(row)) return;
        }
      };
}

std::vector<object_row> put_rows(object_store& store, int n, std::string_view bytes) {
  std::vector<object_row> rows;
  for (int i = 0; i < n; ++i) rows.push_back(put(store, new_upload(), bytes));
  std::ranges::sort(rows, std::greater{}, [](const object_row& row) { return row.name.key; });
  return rows;
}

TEST_CASE("a scrub names what is damaged or gone, once a round") {
  const store_under_test store(any_back_end());
  const auto rows = put_rows(*store, 7, "0123456789");
  flip_byte(*store, rows[1].name, 3);
  REQUIRE(store->remove(rows[4].name));
  truncate(*store, rows[6].name, 2);
  scrubber scrub(*store, source_of(rows));
  const std::vector<scrubber::finding> expected{
      {rows[1].name, errc::corrupt}, {rows[4].name, errc::not_found}, {rows[6].name, errc::corrupt}};
  const std::uint64_t budget = GENERATE(0U, 10U, 25U, 1'000U);
  for (std::uint64_t round = 1; round <= 2; ++round) {
    std::vector<scrubber::finding> found;
    while (scrub.rounds() < round) {
      const auto bad = scrub.step(budget);
      found.insert(found.end(), bad.begin(), bad.end());
    }
    CHECK(found == expected);
  }
}

TEST_CASE("a step keeps to its budget") {
  const store_under_test store(back_end::memory);
  const auto rows = put_rows(*store, 5, "0123456789");
  for (const auto& row : rows) flip_byte(*store, row.name, 0);
  scrubber scrub(*store, source_of(rows));
  CHECK(scrub.step(29).size() == 2);
  CHECK(scrub.step(3).size() == 1);
  CHECK(scrub.step(20).size() == 2);
  CHECK(scrub.rounds() == 1);
}

TEST_CASE("a scrub of nothing finds nothing") {
  const store_under_test store(back_end::memory);
  const std::vector<object_row> none;
  scrubber scrub(*store, source_of(none));
  CHECK(scrub.step(1'000).empty());
  CHECK(scrub.rounds() == 1);
}

TEST_CASE("of all rows those are told whose files are not there, whatever is in the others") {
  const store_under_test store(any_back_end());
  const int many = 1'030;  // more than are looked at at once
  std::vector<object_row> rows(many);
  for (auto& row : rows) row.name = new_upload();
  std::ranges::sort(rows, std::greater{}, [](const object_row& row) { return row.name.key; });
  std::vector<object_name> expected, told;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (i % 100 == 0 || i > 1'020)
      expected.push_back(rows[i].name);
    else
      put(*store, rows[i].name, "");
  each_missing(*store, source_of(rows), [&](const object_row& row) {
    told.push_back(row.name);
    return true;
  });
  CHECK(told == expected);
  told.clear();
  each_missing(*store, source_of(rows), [&](const object_row& row) {
    told.push_back(row.name);
    return told.size() < 2;
  });
  CHECK(told.size() == 2);
}

}  // namespace
}  // namespace dip::testing
