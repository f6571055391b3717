#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/storage/object_kit.hpp"

namespace dip::testing {
namespace {

back_end any_back_end() { return GENERATE(back_end::file, back_end::memory); }

errc verdict(object_store& store, const object_row& row) {
  const auto good = store.verify(row);
  REQUIRE_FALSE(good);
  return good.error().code;
}

TEST_CASE("damage is found") {
  const store_under_test store(any_back_end());
  const auto sum = GENERATE(checksum::sha256, checksum::xxh3);
  const auto row = put(*store, new_upload(), "0123456789", sum);
  SECTION("a flipped bit") { flip_byte(*store, row.name, 7); }
  SECTION("a short file") { truncate(*store, row.name, 9); }
  SECTION("a long file") { truncate(*store, row.name, 11); }
  CHECK(verdict(*store, row) == errc::corrupt);
}

TEST_CASE("what is not there is not found, and removing it is fine") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "abc");
  CHECK(store->remove(row.name));
  CHECK(store->remove(row.name));
  CHECK(verdict(*store, row) == errc::not_found);
  const auto reader = store->open(row.name);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == errc::not_found);
}

TEST_CASE("an object that is open can be read after its removal") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "abc");
  const auto reader = store->open(row.name);
  REQUIRE(reader);
  REQUIRE(store->remove(row.name));
  std::string bytes(3, '\0');
  CHECK((*reader)->read(0, bytes) == size_t{3});
  CHECK(bytes == "abc");
}

TEST_CASE("no key leads out of its folder") {
  const store_under_test store(any_back_end());
  const auto id = new_ulid().text();
  const std::string key = GENERATE_COPY(std::string("../../state/CURRENT"), id + "/../x.jpg", "/etc/passwd",
                                        id + "//x.jpg", id + ".jpg/..", std::string(), id);
  const object_name name{bucket::processed_files, key};
  CHECK_FALSE(store->open(name));
  CHECK(store->remove(name));
  object_row row;
  row.name = name;
  CHECK_FALSE(store->verify(row));
  auto writer = store->create(name.in, checksum::sha256);
  REQUIRE(writer);
  CHECK_FALSE((*writer)->commit(name));
  CHECK(count(*store, name.in) == 0);
}

TEST_CASE("each visits all objects of a bucket, and stops when told") {
  const store_under_test store(any_back_end());
  const auto attempt = new_ulid();
  std::set<object_name> put_names, seen;
  for (int i = 0; i < 5; ++i) put_names.insert(put(*store, new_upload(bucket::processed_files), "x").name);
  for (const auto* output : {"small", "large"}) {
    put_names.insert(put(*store, new_output(attempt, output), "x").name);
  }
  put(*store, new_upload(bucket::request_files), "elsewhere");
  const auto in = bucket::processed_files;
  REQUIRE(store->each(in, [&](const object_name& name, wall_time) { return seen.insert(name).second; }));
  CHECK(seen == put_names);
  int visits = 0;
  REQUIRE(store->each(in, [&](const object_name&, wall_time) { return ++visits < 3; }));
  CHECK(visits == 3);
}

TEST_CASE("each tells when an object changed last") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "x");
  const wall_time at{milliseconds{1'700'000'000'123}};
  set_time(*store, row.name, at);
  wall_time told{};
  REQUIRE(store->each(row.name.in, [&](const object_name&, wall_time changed) {
    told = changed;
    return true;
  }));
  CHECK(told == at);
}

TEST_CASE("there is free space") {
  const store_under_test store(any_back_end());
  const auto free = store->free_bytes();
  REQUIRE(free);
  CHECK(*free > 0);
}

// Catch2's checks are not for several threads: the threads count, and the counts are checked.
bool commit_one(object_store& store, const object_name& name, std::string_view bytes) {
  auto writer = store.create(name.in, checksum::sha256);
  return writer && (*writer)->write(bytes) && (*writer)->commit(name, false);
}

TEST_CASE("of many that commit one name at once, one wins") {
  const store_under_test store(any_back_end());
  constexpr int rounds = 20;
  std::vector<object_name> names;
  for (int i = 0; i < rounds; ++i) names.push_back(new_upload());
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (const auto& name : names) won += commit_one(*store, name, std::to_string(t)) ? 1 : 0;
      });
    }
  }
  CHECK(won == rounds);
  CHECK(count(*store, bucket::request_files) == rounds);
}

TEST_CASE("commits and removals in one attempt's folder do not disturb each other") {
  const store_under_test store(any_back_end());
  constexpr int rounds = 200;
  const auto attempt = new_ulid();
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, name = new_output(attempt, "out" + std::to_string(t))] {
        for (int i = 0; i < rounds; ++i) {
          if (!commit_one(*store, name, "x") || !store->open(name) || !store->remove(name)) ++failures;
        }
      });
    }
  }
  CHECK(failures == 0);
  CHECK(count(*store, bucket::processed_files) == 0);
}

}  // namespace
}  // namespace dip::testing
