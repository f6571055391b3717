#include "tests/unit/storage/object_kit.hpp"

#include <array>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/object_bytes.hpp"

namespace dip::testing {
namespace {

// The descriptor of a reader may only read.
file_descriptor writable(object_store& store, const object_name& name) {
  const auto reader = store.open(name);
  REQUIRE(reader);
  const auto self = "/proc/self/fd/" + std::to_string((*reader)->descriptor());
  file_descriptor file(::open(self.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(file);
  return file;
}

}  // namespace

store_under_test::store_under_test(back_end kind) {
  if (kind == back_end::memory) {
    store = make_memory_object_store();
    return;
  }
  auto opened = open_object_store(folder.path());
  REQUIRE(opened);
  store = std::move(*opened);
}

ulid new_ulid() { return ulid::make(system_clock{}.wall(), partition_id{3}); }

object_name new_upload(bucket in) { return make_upload_name(in, new_ulid(), image_format::jpeg); }

object_name new_output(ulid attempt, std::string_view output) {
  return make_output_name(attempt, output, image_format::webp);
}

std::string read_all(object_store& store, const object_name& name) {
  const auto reader = store.open(name);
  REQUIRE(reader);
  std::string bytes((*reader)->size(), '\0');
  const auto got = (*reader)->read(0, bytes);
  REQUIRE(got);
  REQUIRE(*got == bytes.size());
  return bytes;
}

std::size_t count(object_store& store, bucket in) {
  std::size_t n = 0;
  REQUIRE(store.each(in, [&](const object_name&, wall_time) { return ++n > 0; }));
  return n;
}

void truncate(object_store& store, const object_name& name, std::uint64_t size) {
  REQUIRE(::ftruncate(writable(store, name).get(), static_cast<off_t>(size)) == 0);
}

void flip_byte(object_store& store, const object_name& name, std::uint64_t offset) {
  const auto file = writable(store, name);
  char byte = 0;
  REQUIRE(::pread(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
  byte = static_cast<char>(byte ^ 1);
  REQUIRE(::pwrite(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
}

void set_time(object_store& store, const object_name& name, wall_time at) {
  const auto since = at.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  const auto rest = std::chrono::nanoseconds(since - whole);
  const timespec t{.tv_sec = whole.count(), .tv_nsec = rest.count()};
  const std::array times{t, t};
  REQUIRE(::futimens(writable(store, name).get(), times.data()) == 0);
}

}  // namespace dip::testing
