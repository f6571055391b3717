// A process that proposes is killed at some moment: what it acknowledged is there afterwards, and applied
// once.
#include <algorithm>
#include <array>
#include <random>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scratch_dir.hpp"
#include "tests/unit/storage/store_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

constexpr const char* directory_variable = "DIP_TEST_CRASH_DIRECTORY";
constexpr partition_id partition{1};

object_name numbered_file(std::uint64_t number) {
  std::string bytes(ulid::size, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[13 - i] = static_cast<char>(number >> (8 * i));
  bytes[15] = static_cast<char>(partition.value);
  return {bucket::request_files, ulid::from_bytes(bytes).text() + ".jpg"};
}

// This very program again, running only the hidden case below: a fork alone would lack RocksDB's threads.
pid_t start_child(const std::string& directory, int report) {
  ::setenv(directory_variable, directory.c_str(), 1);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, report, 3);
  std::array<char*, 3> words{const_cast<char*>("test"), const_cast<char*>("[crash-child]"), nullptr};
  pid_t child = 0;
  const int bad = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE(bad == 0);
  return child;
}

// Kills the child when it has acknowledged `count` entries; answers the last one that it did acknowledge.
std::uint64_t last_acknowledged(const std::string& directory, std::uint64_t count) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const auto child = start_child(directory, ends[1]);
  ::close(ends[1]);
  std::uint64_t number = 0, last = 0;
  for (std::uint64_t seen = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
    last = number;
    if (++seen == count) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return last;
}

}  // namespace

TEST_CASE("the process that is killed", "[.][crash-child]") {
  const char* directory = std::getenv(directory_variable);
  REQUIRE(directory != nullptr);
  heard_store s{directory, 64};
  REQUIRE(s.is_open());
  std::uint64_t next = 0;
  const auto is_done = [&](std::uint64_t number) {
    const auto row = s.store().view(partition)->object(numbered_file(number));
    return row && row->pins == 1;
  };
  while (is_done(next)) ++next;
  for (;; ++next) {
    object_row row;
    row.name = numbered_file(next);
    REQUIRE(s.commit(partition, put_object{row})->verdict);
    // Counted by a pin: applied twice, it would be two.
    request_record r;
    r.id = {ulid::make(wall_time{milliseconds{1}}, partition)};
    r.file = row.name;
    REQUIRE(s.commit(partition, accept_request{r})->verdict);
    REQUIRE(::write(3, &next, sizeof next) == sizeof next);
  }
}

TEST_CASE("what was acknowledged before a kill is there, once") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  std::minstd_rand random{42};
  std::uint64_t term = 0;
  for (int round = 0; round < 20; ++round) {
    const auto last = last_acknowledged(state, 1 + random() % 60);
    heard_store s{state, 64};
    INFO("round " << round << ": " << s.refusal().detail);
    REQUIRE(s.is_open());
    const auto& owner = s.open(partition);
    CHECK(owner.term().value > term);
    term = owner.term().value;
    const auto view = s.store().view(partition);
    std::uint64_t whole = 0;
    for (std::uint64_t i = 0; i <= last; ++i) {
      const auto row = view->object(numbered_file(i));
      if (row && row->pins == 1) ++whole;
    }
    CHECK(whole == last + 1);
    CHECK_FALSE(view->object(numbered_file(last + 3)));
  }
}
