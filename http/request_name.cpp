#include "http/request_name.hpp"

#include <algorithm>

#include "core/ids.hpp"

namespace dip::http {

std::string request_name(std::string_view given, wall_time now) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!given.empty() && given.size() <= 128 && std::ranges::all_of(given, allowed)) return std::string{given};
  return ulid::make(now, partition_id{}).text();
}

}  // namespace dip::http
