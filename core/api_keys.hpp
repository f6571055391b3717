// Who may do what: scopes, and the file of API keys.
//
//   [[key]]
//   name = "shop"
//   sha256 = "…"                      # of the key, hex: the key itself stands nowhere
//   scopes = ["upload", "process"]
//   rate = 20                         # calls a second, and how many at once: 0, the default, is no limit
//   burst = 100
//   requests = 500                    # accepted and not final yet
//   bytes = "10 GiB"                  # sent to a node within a day
//   expires = 2027-01-01T00:00:00Z
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/config.hpp"

namespace dip {

enum class scope : std::uint8_t {
  upload = 1,   // POST /files, and DELETE of files
  process = 2,  // POST /process-file, and cancelling
  read = 4,     // listings, and the files of buckets that are not public
  admin = 8     // operator calls; holds all others
};
[[nodiscard]] std::string_view to_string(scope s);

class scope_set {
public:
  constexpr scope_set() = default;
  constexpr scope_set(std::initializer_list<scope> all) {
    for (const auto s : all) bits_ |= static_cast<std::uint8_t>(s);
  }
  [[nodiscard]] constexpr bool has(scope s) const {
    return ((bits_ | (bits_ & 8U ? 15U : 0U)) & static_cast<std::uint8_t>(s)) != 0;
  }
  // Those that were named; without what an `admin` holds besides.
  [[nodiscard]] std::vector<scope> all() const;
  constexpr scope_set operator|(scope_set other) const {
    other.bits_ |= bits_;
    return other;
  }
  bool operator==(const scope_set&) const = default;

private:
  std::uint8_t bits_ = 0;
};

struct rate_limit {
  std::uint32_t rate = 0;   // a second; 0: none
  std::uint32_t burst = 0;  // at once; 0: as many as in ten seconds
  bool operator==(const rate_limit&) const = default;
};

struct api_key {
  std::string name;
  std::string sha256;  // 64 hexadecimal digits, in small letters
  scope_set scopes;
  rate_limit calls;
  std::uint32_t requests = 0;  // 0: no limit
  std::uint64_t bytes = 0;     // 0: no limit
  wall_time expires_at{};      // not set: never
  bool operator==(const api_key&) const = default;
};

// All that is wrong, in the order of the file; a file without a key is right: then nobody has one.
[[nodiscard]] tl::expected<std::vector<api_key>, std::vector<config_error>> parse_api_keys(
    std::string_view text);

}  // namespace dip
