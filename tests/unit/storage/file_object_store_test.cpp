#include <cerrno>
#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "storage/object_bytes.hpp"
#include "tests/unit/storage/object_kit.hpp"

namespace dip::testing {
namespace {

namespace fs = std::filesystem;

TEST_CASE("an upload is in the folder of its first random characters") {
  const store_under_test store(back_end::file);
  const auto name = put(*store, new_upload(), "abc").name;
  const auto shard = store.folder.path() / "objects" / "rtp-request-files" / name.key.substr(10, 2);
  CHECK(fs::is_regular_file(shard / name.key));
  CHECK(fs::hard_link_count(shard / name.key) == 1);
}

TEST_CASE("an attempt's outputs share a folder, which goes with the last of them") {
  const store_under_test store(back_end::file);
  const auto attempt = new_ulid();
  const auto small = put(*store, new_output(attempt, "small"), "s").name;
  const auto large = put(*store, new_output(attempt, "large"), "l").name;
  const auto text = attempt.text();
  const auto folder = store.folder.path() / "objects" / "rtp-processed-files" / text.substr(10, 2) / text;
  CHECK(fs::is_regular_file(folder / "small.webp"));
  REQUIRE(store->remove(small));
  CHECK(fs::is_regular_file(folder / "large.webp"));
  REQUIRE(store->remove(large));
  CHECK_FALSE(fs::exists(folder));
  CHECK(store->remove(large));
}

TEST_CASE("objects are there after the store is opened again") {
  const store_under_test store(back_end::file);
  const auto row = put(*store, new_upload(), "abc");
  const auto again = open_object_store(store.folder.path());
  REQUIRE(again);
  CHECK((*again)->verify(row));
}

TEST_CASE("a folder that is not there yet is made") {
  const test::scratch_dir folder;
  const auto store = open_object_store(folder.path() / "a" / "b");
  REQUIRE(store);
  CHECK(read_all(**store, put(**store, new_upload(), "abc").name) == "abc");
}

TEST_CASE("a folder that cannot be written is told by its name") {
  const test::scratch_dir folder;
  const auto file = folder.path() / "file";
  std::ofstream(file) << "in the way";
  const auto store = open_object_store(file);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == errc::io);
  CHECK(store.error().detail.find(file.string()) != std::string::npos);
  // /proc refuses even the superuser.
  const auto refused = open_object_store("/proc/dip");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("/proc/dip") != std::string::npos);
}

TEST_CASE("files that are no objects are passed over") {
  const store_under_test store(back_end::file);
  const auto name = put(*store, new_upload(), "abc").name;
  const auto bucket_path = store.folder.path() / "objects" / "rtp-request-files";
  std::ofstream(bucket_path / "note.txt") << "x";
  std::ofstream(bucket_path / name.key.substr(10, 2) / "README") << "x";
  std::ofstream(bucket_path / new_upload().key) << "not in a shard";
  fs::create_symlink("/etc/passwd", bucket_path / name.key.substr(10, 2) / new_upload().key);
  CHECK(count(*store, bucket::request_files) == 1);
}

TEST_CASE("a link in an object's place is not followed") {
  const store_under_test store(back_end::file);
  const auto name = put(*store, new_upload(), "abc").name;
  const auto path = store.folder.path() / "objects" / "rtp-request-files" / name.key.substr(10, 2) / name.key;
  fs::remove(path);
  fs::create_symlink("/etc/passwd", path);
  CHECK_FALSE(store->open(name));
}

TEST_CASE("a full disk is told from a broken one") {
  CHECK(fail_errno("x", ENOSPC).value().code == errc::disk_full);
  CHECK(fail_errno("x", EDQUOT).value().code == errc::disk_full);
  CHECK(fail_errno("x", EIO).value() == error{errc::io, "x: Input/output error", ""});
}

}  // namespace
}  // namespace dip::testing
