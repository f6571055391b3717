// Both object stores, and what tests do to their files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "storage/object_store.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/stored_object.hpp"

namespace dip::testing {

enum class back_end : std::uint8_t { file, memory };

struct store_under_test {
  explicit store_under_test(back_end kind);
  object_store* operator->() const { return store.get(); }
  object_store& operator*() const { return *store; }

  test::scratch_dir folder;
  std::unique_ptr<object_store> store;
};

[[nodiscard]] object_name new_upload(bucket in = bucket::request_files);
[[nodiscard]] object_name new_output(ulid attempt, std::string_view output);
[[nodiscard]] ulid new_ulid();

[[nodiscard]] std::string read_all(object_store& store, const object_name& name);
[[nodiscard]] std::size_t count(object_store& store, bucket in);

// Behind the store's back.
void truncate(object_store& store, const object_name& name, std::uint64_t size);
void flip_byte(object_store& store, const object_name& name, std::uint64_t offset);
void set_time(object_store& store, const object_name& name, wall_time at);

}  // namespace dip::testing
