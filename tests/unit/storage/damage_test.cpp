// A node whose log was damaged or shortened must not vote: it refuses to open, and says what to do.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/support/scratch_dir.hpp"
#include "tests/unit/storage/store_kit.hpp"

using namespace dip;
using namespace dip::test;
namespace fs = std::filesystem;

namespace {

void fill(const std::string& directory, int entries) {
  heard_store s{directory};
  REQUIRE(s.is_open());
  for (int i = 0; i < entries; ++i) REQUIRE(s.commit({1}, reserve("key " + std::to_string(i))));
}

// The log files of RocksDB that hold anything, the oldest first.
std::vector<fs::path> write_ahead_logs(const std::string& directory) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator{directory + "/db"})
    if (file.path().extension() == ".log" && file.file_size() > 0) found.push_back(file.path());
  std::sort(found.begin(), found.end());
  return found;
}

void flip_byte(const fs::path& path, std::uintmax_t at) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(file.get() ^ 0x20);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
  REQUIRE(file.good());
}

void check_refused(const std::string& directory, const std::string& word) {
  heard_store again{directory};
  REQUIRE_FALSE(again.is_open());
  INFO(again.refusal().detail);
  CHECK(again.refusal().code == errc::corrupt);
  CHECK(again.refusal().detail.find(word) != std::string::npos);
  CHECK(again.refusal().detail.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("what is whole is opened again") {
  test::scratch_dir dir;
  fill(dir.text() + "/state", 50);
  heard_store again{dir.text() + "/state"};
  REQUIRE(again.is_open());
  CHECK(again.store().view({1})->idempotency("key 49"));
}

TEST_CASE("a flipped byte in the middle of the log is refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 50);
  const auto log = write_ahead_logs(state).back();
  flip_byte(log, fs::file_size(log) / 2);
  check_refused(state, "aside");
}

TEST_CASE("a log that lost its end is refused, wherever it was cut") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state", copy = dir.text() + "/copy";
  fill(state, 50);
  const auto size = fs::file_size(write_ahead_logs(state).back());
  for (std::uintmax_t share = 1; share < 10; ++share) {
    fs::remove_all(copy);
    fs::copy(state, copy, fs::copy_options::recursive);
    fs::resize_file(write_ahead_logs(copy).back(), size * share / 10);
    check_refused(copy, "aside");
  }
}

TEST_CASE("a deleted log is refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 50);
  for (const auto& log : write_ahead_logs(state)) fs::remove(log);
  check_refused(state, "aside");
}

TEST_CASE("a deleted database is refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 10);
  fs::remove_all(state + "/db");
  check_refused(state, "ends before");
}

TEST_CASE("marks that are missing, damaged or older than the log are refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state", marks = state + "/marks";
  fill(state, 10);
  fs::copy(marks, dir.text() + "/old marks");
  fill(state, 10);
  fs::copy(marks, dir.text() + "/marks");

  fs::remove(marks);
  check_refused(state, "marks");
  fs::copy(dir.text() + "/old marks", marks);
  check_refused(state, "older");
  fs::remove(marks);
  fs::copy(dir.text() + "/marks", marks);
  flip_byte(marks, 20);
  flip_byte(marks, 32 * 1024 + 20);
  check_refused(state, "marks");
  fs::remove(marks);
  fs::copy(dir.text() + "/marks", marks);
  CHECK(heard_store{state}.is_open());
}

TEST_CASE("one damaged slot of the marks is made up for by the other") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 10);
  flip_byte(state + "/marks", 20);
  heard_store again{state};
  // The slot that was damaged may have been the newer one; the older has the term that the log knows.
  CHECK(again.is_open());
}

TEST_CASE("an older copy of the log beside newer marks is refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 10);
  fs::copy(state + "/db", dir.text() + "/db", fs::copy_options::recursive);
  fill(state, 10);
  fs::remove_all(state + "/db");
  fs::copy(dir.text() + "/db", state + "/db", fs::copy_options::recursive);
  check_refused(state, "aside");
}

TEST_CASE("a state without its FORMAT is refused") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 3);
  fs::remove(state + "/FORMAT");
  check_refused(state, "FORMAT");
}

TEST_CASE("a state of an earlier or a later format is refused, and is not called damaged") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  fill(state, 3);
  const auto [version, word] = GENERATE(table<int, std::string>({{1, "earlier dip"}, {3, "does not know"}}));
  std::ofstream{state + "/FORMAT"} << "dip " << version << "\npartitions 2\n";
  heard_store again{state};
  REQUIRE_FALSE(again.is_open());
  CHECK(again.refusal().code == errc::conflict);
  CHECK(again.refusal().detail.find(word) != std::string::npos);
}

TEST_CASE("a partition has one owner at a time") {
  test::scratch_dir dir;
  heard_store s{dir.text() + "/state"};
  REQUIRE(s.is_open());
  CHECK(s.open({0}).term().value > 0);
  const auto none = [](const std::function<void()>&) {};
  const auto second = s.store().open_partition({0}, {}, none);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
  CHECK(s.store().open_partition({2}, {}, none).error().code == errc::not_found);
}
