#include "runtime/recent_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sys/uio.h>

namespace dip {
namespace {

constexpr wall_time noon{milliseconds{1'772'625'600'000}};

struct shelf {
  explicit shelf(recent_files::limits l = {}) : recent(l) {}
  ~shelf() { std::filesystem::remove_all(folder); }

  // Of `size` bytes, each the letter.
  object_name store(char letter, size_t size) {
    const object_name name{bucket::request_files, ulid::make(noon, partition_id{1}).text() + ".png"};
    auto writer = objects->create(name.in, checksum::xxh3).value();
    REQUIRE(writer->write(std::string(size, letter)));
    REQUIRE(writer->commit(name));
    return name;
  }
  std::shared_ptr<http::opened_object> keep(const object_name& name, std::uint64_t version = 1) {
    auto reader = objects->open(name).value();
    object_row row;
    row.name = name;
    row.size = reader->size();
    return recent.keep(std::move(row), std::move(reader), version);
  }

  const std::string folder = [] {
    std::string path = std::filesystem::current_path() / "recent-files-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error{"cannot make a folder in " + path};
    return path;
  }();
  std::unique_ptr<object_store> objects = open_object_store(folder).value();
  recent_files recent;
};

std::string read_all(http::opened_object& file) {
  std::string out(file.row().size + 1, '?');
  out.resize(file.read(0, out).value());
  return out;
}

TEST_CASE("a small file is in memory, a larger one open") {
  shelf s;
  const auto small = s.keep(s.store('a', recent_files::small));
  const auto large = s.keep(s.store('b', recent_files::small + 1));
  CHECK(small->descriptor() == -1);
  CHECK(large->descriptor() >= 0);
  CHECK(read_all(*small) == std::string(recent_files::small, 'a'));
  CHECK(read_all(*large) == std::string(recent_files::small + 1, 'b'));
  CHECK(small->at_hand(0, small->row().size));
  // It was written just now. A file system without RWF_NOWAIT, as that of memfd, cannot tell.
  char byte = 0;
  const iovec to{&byte, 1};
  const bool can_tell = ::preadv2(large->descriptor(), &to, 1, 0, RWF_NOWAIT) == 1;
  CHECK(large->at_hand(0, large->row().size) == can_tell);
  CHECK_FALSE(large->at_hand(large->row().size, 1));
  std::string rest(10, '?');
  CHECK(small->read(recent_files::small - 1, rest) == size_t{1});
  CHECK(small->read(recent_files::small + 5, rest) == size_t{0});
}

TEST_CASE("what was kept is found until its row's version is another") {
  shelf s;
  const auto name = s.store('a', 10);
  CHECK(s.recent.find(name, 1) == nullptr);
  const auto kept = s.keep(name, 1);
  CHECK(s.recent.find(name, 1) == kept);
  CHECK(s.recent.find(name, 2) == nullptr);
  CHECK(s.recent.find(name, 1) == nullptr);
  CHECK(read_all(*kept) == std::string(10, 'a'));
}

TEST_CASE("what is forgotten is not found, and who has it keeps it") {
  shelf s;
  const auto name = s.store('a', 10), other = s.store('b', 10);
  const auto held = s.keep(name);
  s.keep(other);
  s.recent.forget(name);
  s.recent.forget(name);
  CHECK_FALSE(s.recent.find(name, 1));
  CHECK(s.recent.find(other, 1));
  CHECK(read_all(*held) == std::string(10, 'a'));
}

TEST_CASE("a file that is kept again is there once, as it came last") {
  shelf s{{.files = 2}};
  const auto a = s.store('a', 10), b = s.store('b', 10);
  const auto first = s.keep(a, 1);
  s.keep(b, 1);
  const auto again = s.keep(a, 2);
  CHECK(s.recent.find(a, 2) == again);
  CHECK(s.recent.find(b, 1) != nullptr);
}

TEST_CASE("beyond each limit the file goes that was asked for longest ago") {
  const auto largest = recent_files::small;
  const auto [limit, size] = GENERATE_COPY(table<recent_files::limits, size_t>(
      {{{.files = 2}, 10}, {{.open = 2}, largest + 1}, {{.bytes = 2 * largest}, largest}}));
  shelf s{limit};
  const auto a = s.store('a', size), b = s.store('b', size), c = s.store('c', size);
  s.keep(a);
  s.keep(b);
  REQUIRE(s.recent.find(a, 1) != nullptr);
  REQUIRE(s.recent.find(b, 1) != nullptr);
  REQUIRE(s.recent.find(a, 1) != nullptr);
  s.keep(c);
  CHECK(s.recent.find(a, 1) != nullptr);
  CHECK(s.recent.find(b, 1) == nullptr);
  CHECK(s.recent.find(c, 1) != nullptr);
}

TEST_CASE("a file that went is read to its end by who has it") {
  shelf s;
  const auto name = s.store('a', recent_files::small + 1);
  const auto kept = s.keep(name);
  REQUIRE(s.objects->remove(name));
  CHECK(s.recent.find(name, 2) == nullptr);
  CHECK(read_all(*kept) == std::string(recent_files::small + 1, 'a'));
}

}  // namespace
}  // namespace dip
