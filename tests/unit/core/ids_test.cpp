#include "core/ids.hpp"

#include <set>
#include <string>
#include <unordered_set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace dip {
namespace {

wall_time at(std::int64_t ms) { return wall_time{milliseconds{ms}}; }

std::string bytes_of(const ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

TEST_CASE("an id holds its time and its partition") {
  const auto partition = GENERATE(values<std::uint16_t>({0, 1, 255, 256, 1023}));
  const auto ms = GENERATE(values<std::int64_t>({0, 1, 1'700'000'000'000, (std::int64_t{1} << 48) - 1}));
  const auto id = ulid::make(at(ms), {partition});
  CHECK(id.time() == at(ms));
  CHECK(id.partition() == partition_id{partition});
  CHECK(request_id{id}.partition() == partition_id{partition});
}

TEST_CASE("an id is read back from its text and from its bytes") {
  for (int i = 0; i < 200; ++i) {
    const auto id = ulid::make(at(1'700'000'000'000 + i), {static_cast<std::uint16_t>(i)});
    CHECK(id.text().size() == ulid::text_size);
    CHECK(ulid::parse(id.text()) == id);
    CHECK(ulid::from_bytes(bytes_of(id)) == id);
    CHECK(request_id{id}.text() == id.text());
  }
}

TEST_CASE("the text is Crockford's base 32, most significant first") {
  CHECK(ulid{}.text() == std::string(26, '0'));
  CHECK(ulid::from_bytes(std::string(16, '\xff')).text() == "7" + std::string(25, 'Z'));
  CHECK(ulid::from_bytes(std::string(15, '\0') + '\x2a').text() == std::string(24, '0') + "1A");
  // The example of the ULID specification.
  CHECK(ulid::parse("01ARYZ6S410000000000000000")->time() == at(1'469'918'176'385));
}

TEST_CASE("ids sort by time, as values and as text") {
  const auto earlier = ulid::make(at(1'000), {1023});
  const auto later = ulid::make(at(1'001), {0});
  CHECK(earlier < later);
  CHECK(earlier.text() < later.text());
}

TEST_CASE("ids of one moment differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(ulid::make(at(5), {7}).text());
  CHECK(seen.size() == 1000);
}

TEST_CASE("what is no id is a bad request") {
  const auto text = GENERATE(
      values<std::string>({"", "0", std::string(25, '0'), std::string(27, '0'), "8" + std::string(25, '0'),
                           std::string(25, '0') + "I", std::string(25, '0') + "L", std::string(25, '0') + "O",
                           std::string(25, '0') + "U", std::string(25, '0') + "a", std::string(25, '0') + "-",
                           std::string(26, '\0'), std::string(26, '\xff')}));
  CAPTURE(text);
  CHECK(ulid::parse(text).error().code == errc::bad_request);
}

TEST_CASE("bytes that are missing are zero") {
  CHECK(ulid::from_bytes("") == ulid{});
  CHECK(ulid::from_bytes("\x01").text() == ulid::from_bytes("\x01" + std::string(15, '\0')).text());
}

TEST_CASE("ids can be kept in hash tables") {
  std::unordered_set<request_id> requests;
  for (int i = 0; i < 100; ++i) requests.insert(request_id{ulid::make(at(i), {0})});
  CHECK(requests.size() == 100);
  CHECK(requests.contains(*requests.begin()));
  const std::unordered_set<message_id> messages{{1}, {2}, {1}};
  CHECK(messages.size() == 2);
}

}  // namespace
}  // namespace dip
