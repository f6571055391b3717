#include <array>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/object_kit.hpp"

namespace dip::testing {
namespace {

constexpr std::string_view abc_sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

back_end any_back_end() { return GENERATE(back_end::file, back_end::memory); }

// Larger than the piece that checksums are read by, and not a multiple of it.
std::string large() {
  std::string bytes(1'000'003, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

// A child process writes through its inherited descriptor, which shares our offset.
void write_in_child(int fd, std::string_view bytes) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

TEST_CASE("an object that was committed can be read") {
  const store_under_test store(any_back_end());
  const auto name = new_upload();
  const auto row = put(*store, name, "abc");
  CHECK(row.size == 3);
  CHECK(row.sha256 == abc_sha256);
  CHECK(row.xxh3 == 0);
  CHECK(read_all(*store, name) == "abc");
  CHECK(store->verify(row));
}

TEST_CASE("an empty object is an object") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "");
  CHECK(row.size == 0);
  CHECK(row.sha256 == empty_sha256);
  CHECK(read_all(*store, row.name).empty());
  CHECK(store->verify(row));
}

TEST_CASE("xxh3 is the checksum of preprocessed files") {
  const store_under_test store(any_back_end());
  const auto bytes = large();
  const auto row = put(*store, new_upload(bucket::preprocessed_files), bytes, checksum::xxh3);
  CHECK(row.sha256.empty());
  CHECK(row.xxh3 != 0);
  CHECK(store->verify(row));
  CHECK(read_all(*store, row.name) == bytes);
}

TEST_CASE("bytes may come in pieces, and be left unsynced") {
  const store_under_test store(any_back_end());
  const auto name = new_upload();
  auto writer = store->create(name.in, checksum::sha256);
  REQUIRE(writer);
  for (const auto* piece : {"a", "", "bc"}) REQUIRE((*writer)->write(piece));
  CHECK((*writer)->size() == 3);
  const auto written = (*writer)->commit(name, false);
  REQUIRE(written);
  CHECK(written->sha256 == abc_sha256);
}

TEST_CASE("a part of an object can be read, and nothing after its end") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "0123456789");
  const auto reader = store->open(row.name);
  REQUIRE(reader);
  std::array<char, 4> part{};
  CHECK((*reader)->read(8, part) == size_t{2});
  CHECK(std::string_view(part.data(), 2) == "89");
  CHECK((*reader)->read(10, part) == size_t{0});
  CHECK((*reader)->read(1'000, part) == size_t{0});
}

TEST_CASE("what a child wrote through the descriptor is hashed") {
  const store_under_test store(any_back_end());
  const auto sum = GENERATE(checksum::sha256, checksum::xxh3);
  const auto expected = put(*store, new_upload(), "abc", sum);
  const auto name = new_upload();
  auto writer = store->create(name.in, sum);
  REQUIRE(writer);
  write_in_child((*writer)->descriptor(), "abc");
  CHECK((*writer)->size() == 3);
  const auto written = (*writer)->commit(name);
  REQUIRE(written);
  CHECK(written->size == 3);
  CHECK(written->sha256 == expected.sha256);
  CHECK(written->xxh3 == expected.xxh3);
}

TEST_CASE("a name is given once") {
  const store_under_test store(any_back_end());
  const auto row = put(*store, new_upload(), "first");
  auto writer = store->create(row.name.in, checksum::sha256);
  REQUIRE(writer);
  REQUIRE((*writer)->write("second"));
  const auto refused = (*writer)->commit(row.name);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(read_all(*store, row.name) == "first");
}

TEST_CASE("a writer commits once, and into its bucket") {
  const store_under_test store(any_back_end());
  auto writer = store->create(bucket::request_files, checksum::sha256);
  REQUIRE(writer);
  CHECK_FALSE((*writer)->commit(new_upload(bucket::processed_files)));
  CHECK((*writer)->commit(new_upload()));
  CHECK_FALSE((*writer)->commit(new_upload()));
  CHECK_FALSE((*writer)->write("late"));
  CHECK(count(*store, bucket::request_files) == 1);
  CHECK(count(*store, bucket::processed_files) == 0);
}

TEST_CASE("what a sealed writer wrote is known before it has a name, and is no more to be changed") {
  const store_under_test store(any_back_end());
  auto writer = store->create(bucket::request_files, checksum::sha256);
  REQUIRE(writer);
  REQUIRE((*writer)->write("abc"));
  const auto sealed = (*writer)->seal();
  REQUIRE(sealed);
  CHECK(sealed->size == 3);
  CHECK((*writer)->seal()->sha256 == sealed->sha256);
  CHECK_FALSE((*writer)->write("late"));
  CHECK(count(*store, bucket::request_files) == 0);
  const auto name = new_upload();
  CHECK((*writer)->commit(name)->sha256 == sealed->sha256);
  CHECK(read_all(*store, name) == "abc");
}

TEST_CASE("a file that is there can be made durable later") {
  const store_under_test store(any_back_end());
  auto writer = store->create(bucket::processed_files, checksum::sha256);
  REQUIRE(writer);
  const auto name = new_output(new_ulid(), "small");
  REQUIRE((*writer)->commit(name, false));
  CHECK(store->sync(name));
  CHECK(store->sync(new_upload()).error().code == errc::not_found);
}

TEST_CASE("a writer that is dropped leaves nothing") {
  const store_under_test store(any_back_end());
  {
    auto writer = store->create(bucket::request_files, checksum::sha256);
    REQUIRE(writer);
    REQUIRE((*writer)->write("abc"));
  }
  CHECK(count(*store, bucket::request_files) == 0);
}

}  // namespace
}  // namespace dip::testing
