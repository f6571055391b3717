#include "core/codec.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/ids.hpp"
#include "core/object.hpp"
#include "core/request.hpp"

namespace dip {
namespace {

enum class shade : std::uint8_t { dark, light };

struct inner {
  std::uint32_t number = 7;
  std::string word;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.number, s.word);
  }
  bool operator==(const inner&) const = default;
};

// One field of each kind that the codec knows.
struct everything {
  bool flag = false;
  std::uint8_t tiny = 0;
  std::uint64_t huge = 0;
  std::int32_t negative = 0;
  std::int64_t lowest = 0;
  double fraction = 0;
  std::string text;
  shade colour = shade::dark;
  std::optional<std::uint32_t> maybe;
  std::optional<inner> maybe_inner;
  std::vector<std::string> words;
  std::vector<inner> inners;
  std::variant<std::monostate, bool, std::int64_t, double, std::string> value;
  wall_time when{};
  milliseconds span{};
  log_index index;
  request_id id;
  inner one;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.flag, s.tiny, s.huge, s.negative, s.lowest, s.fraction, s.text, s.colour, s.maybe,
             s.maybe_inner, s.words, s.inners, s.value, s.when, s.span, s.index, s.id, s.one);
  }
  bool operator==(const everything&) const = default;
};

everything full() {
  everything x;
  x.flag = true;
  x.tiny = 255;
  x.huge = std::numeric_limits<std::uint64_t>::max();
  x.negative = -1;
  x.lowest = std::numeric_limits<std::int64_t>::min();
  x.fraction = -0.1;
  x.text = std::string("a\0\xff", 3);
  x.colour = shade::light;
  x.maybe = 300;
  x.maybe_inner = inner{1, "x"};
  x.words = {"", "two", std::string(200, 'w')};
  x.inners = {{1, "a"}, {}, {3, "c"}};
  x.value = std::string{"v"};
  x.when = wall_time{milliseconds{1'700'000'000'000}};
  x.span = milliseconds{-5};
  x.index = {128};
  x.id = {ulid::from_bytes("0123456789abcdef")};
  x.one = {42, "last"};
  return x;
}

TEST_CASE("a record with a field of each kind is read back") {
  CHECK(decode<everything>(encode(everything{})) == everything{});
  CHECK(decode<everything>(encode(full())) == full());
}

TEST_CASE("the bytes are those of the format's page") {
  CHECK(encode(inner{7, "a"}) ==
        "\x01\x07\x01"
        "a");
  CHECK(encode(inner{300, ""}) == std::string("\x01\xac\x02\x00", 4));
}

TEST_CASE("numbers at the edges are kept") {
  const auto number =
      GENERATE(values<std::int64_t>({0, 1, -1, 63, 64, -64, -65, 127, 128, INT64_MAX, INT64_MIN}));
  everything x;
  x.lowest = number;
  x.huge = static_cast<std::uint64_t>(number);
  CHECK(decode<everything>(encode(x)) == x);
}

TEST_CASE("fractions are kept bit by bit") {
  everything x;
  for (const double fraction : {0.0, -0.0, 1e308, 5e-324, std::numeric_limits<double>::infinity()}) {
    x.fraction = fraction;
    const auto back = decode<everything>(encode(x));
    REQUIRE(back);
    CHECK(back->fraction == fraction);
    CHECK(std::signbit(back->fraction) == std::signbit(fraction));
  }
  x.fraction = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(decode<everything>(encode(x))->fraction));
}

TEST_CASE("every alternative of a variant is kept") {
  everything x;
  for (const decltype(x.value)& value :
       std::vector<decltype(x.value)>{std::monostate{}, true, std::int64_t{-3}, 0.5, std::string{"s"}}) {
    x.value = value;
    CHECK(decode<everything>(encode(x)) == x);
  }
}

struct one_field {
  std::uint32_t number = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.number);
  }
  bool operator==(const one_field&) const = default;
};

template <class T>
struct list_of {
  std::vector<T> all;
  std::string after;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.all, s.after);
  }
};

TEST_CASE("a field that older bytes do not have keeps its default") {
  CHECK(decode<inner>(encode(one_field{3})) == inner{3, ""});
  const auto lists = decode<list_of<inner>>(encode(list_of<one_field>{{{1}, {2}}, "x"}));
  REQUIRE(lists);
  CHECK(lists->all == std::vector<inner>{{1, ""}, {2, ""}});
  CHECK(lists->after == "x");
}

TEST_CASE("a field that is not known yet is skipped") {
  CHECK(decode<one_field>(encode(inner{3, "new"})) == one_field{3});
  const auto lists = decode<list_of<one_field>>(encode(list_of<inner>{{{1, "new"}, {2, "newer"}}, "x"}));
  REQUIRE(lists);
  CHECK(lists->all == std::vector<one_field>{{1}, {2}});
  CHECK(lists->after == "x");
}

TEST_CASE("a record that was cut off is an older one or corrupt, and never more than was written") {
  const auto bytes = encode(full());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = decode<everything>(bytes.substr(0, size));
    if (!cut) {
      CHECK(cut.error().code == errc::corrupt);
    } else {
      CHECK_FALSE(*cut == full());
    }
  }
  CHECK_FALSE(decode<everything>(bytes.substr(0, bytes.size() - 1)));
}

TEST_CASE("a record of another version is corrupt") {
  auto bytes = encode(inner{1, "a"});
  for (const char version : {'\0', '\2', '\x7f'}) {
    bytes[0] = version;
    CHECK(decode<inner>(bytes).error().code == errc::corrupt);
  }
  CHECK(decode<inner>("").error().code == errc::corrupt);
}

TEST_CASE("values that do not fit are corrupt") {
  using namespace std::string_literals;
  const std::string most = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  CHECK_FALSE(decode<one_field>("\x01\x80\x80\x80\x80\x10"));                      // 2^32 in 32 bits
  CHECK_FALSE(decode<one_field>("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));  // more than 64 bits
  CHECK_FALSE(decode<one_field>("\x01" + std::string(11, '\x80')));
  CHECK_FALSE(decode<one_field>("\x01\x80"));
  CHECK_FALSE(decode<everything>("\x01\x02"));                       // a bool of 2
  CHECK_FALSE(decode<inner>("\x01\x01" + most + "a"));               // text longer than the bytes
  CHECK_FALSE(decode<list_of<one_field>>("\x01" + most));            // a list longer than the bytes
  CHECK_FALSE(decode<list_of<one_field>>("\x01\x01" + most + "a"));  // an element longer than the bytes
  CHECK(decode<one_field>("\x01\xff\xff\xff\xff\x0f")->number == UINT32_MAX);
}

struct choice {
  std::variant<std::monostate, bool> value;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.value);
  }
};

TEST_CASE("an alternative that is not known is corrupt") {
  CHECK(decode<choice>(std::string("\x01\x00\x00", 3)));
  CHECK_FALSE(decode<choice>(std::string("\x01\x02\x00", 3)));
}

// Whatever is read without complaint is a value like any other: it can be written and read again.
template <class T>
void survive(const std::string& bytes) {
  if (const auto x = decode<T>(bytes)) CHECK(decode<T>(encode(*x)).has_value());
}

TEST_CASE("any bytes at all are safe to read") {
  std::minstd_rand random{20260304};
  const auto byte = [&] { return static_cast<char>(random() >> 8); };
  const auto valid = encode(full());
  for (int i = 0; i < 20'000; ++i) {
    std::string noise = "\x01";
    for (auto size = random() % 64; size > 0; --size) noise += byte();
    survive<everything>(noise);
    survive<request_record>(noise);
    auto damaged = valid;
    damaged[1 + random() % (damaged.size() - 1)] = byte();
    survive<everything>(damaged);
  }
}

TEST_CASE("a request's record is read back") {
  request_record r;
  r.id = {ulid::make(wall_time{milliseconds{5}}, {1})};
  r.file = make_upload_name(bucket::request_files, ulid{}, image_format::png);
  r.what.operations = {{"resize", {std::int64_t{5}, std::monostate{}, std::string{"cover"}}}};
  r.failure = request_failure{errc::timeout, "too slow", "process"};
  r.timeline = {{wall_time{milliseconds{6}}, request_status::processing, "n1", "p1", 12}};
  CHECK(decode<request_record>(encode(r)) == r);
}

}  // namespace
}  // namespace dip
