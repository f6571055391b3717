#pragma once

#include <string>

#include "core/codec.hpp"
#include "storage/kv.hpp"

namespace dip {

// The row behind `key`; one that is not there reads as a new one. Errors: `io`, `corrupt`.
template <class T>
[[nodiscard]] result<T> row_or_default(const kv_snapshot& kv, family f, const std::string& key) {
  const auto bytes = kv.get(f, key);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!*bytes) return T{};
  return decode<T>(**bytes);
}

}  // namespace dip
