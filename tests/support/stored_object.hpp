// A file in an object store, with the row that the log would have of it.
#pragma once

#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include "storage/object_store.hpp"

namespace dip::testing {

inline object_row put(object_store& store, const object_name& name, std::string_view bytes,
                      checksum sum = checksum::sha256) {
  auto writer = store.create(name.in, sum);
  REQUIRE(writer);
  REQUIRE((*writer)->write(bytes));
  const auto written = (*writer)->commit(name);
  REQUIRE(written);
  object_row row;
  row.name = name;
  row.size = written->size;
  row.sha256 = written->sha256;
  row.xxh3 = written->xxh3;
  return row;
}

}  // namespace dip::testing
