// Messages as bytes: nothing is lost, nothing damaged is taken, and any bytes at all are safe to read.
#include "consensus/parcel.hpp"

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <xxhash.h>

#include "core/codec.hpp"
#include "core/membership.hpp"

using namespace dip;
using namespace dip::consensus;

namespace {

membership three() { return make_membership({{1}, {2}, {3}}); }

std::vector<addressed_message> one_of_each() {
  const node_id a{1}, b{2};
  const snapshot_mark mark{{40}, {3}, three(), {12}, 0x1122334455667788};
  return {
      {{0},
       {a, b,
        append_entries{{5},
                       {7},
                       {4},
                       {6},
                       {{{4}, entry_kind::normal, "x"}, {{5}, entry_kind::members, encode(three())}}}}},
      {{1}, {a, b, append_result{{5}, {}, {9}}}},
      {{2}, {a, b, append_result{{5}, {9}, {8}}}},
      {{3}, {a, b, request_vote{{6}, {9}, {5}, true, false}}},
      {{4}, {a, b, vote_result{{6}, true, true}}},
      {{5}, {a, b, install_snapshot{{6}, mark}}},
      {{6}, {a, b, timeout_now{{6}, {9}, {5}}}},
      {{7}, {a, b, read_probe{{6}, 3}}},
      {{7}, {a, b, read_ack{{6}, 3}}},
      {{8}, {a, b, piece_request{{3}, {40}, "here"}}},
      {{8}, {a, b, piece_answer{{3}, {40}, "here", false, "rows", "there"}}},
      {{8}, {a, b, piece_answer{{3}, {40}, "", true, "", ""}}},
  };
}

bool is_refused(message_body body) {
  const auto read = parse_parcel(to_parcel({{{0}, {{1}, {2}, std::move(body)}}}));
  return !read && read.error().code == errc::corrupt;
}

}  // namespace

TEST_CASE("a parcel is read as it was written") {
  const auto all = one_of_each();
  const auto read = parse_parcel(to_parcel(all));
  REQUIRE(read);
  CHECK(*read == all);
}

TEST_CASE("a parcel with any byte changed, or cut off anywhere, is refused") {
  const auto bytes = to_parcel(one_of_each());
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    CHECK_FALSE(parse_parcel(changed));
    CHECK_FALSE(parse_parcel(std::string_view{bytes}.substr(0, i)));
  }
}

TEST_CASE("messages that no replica sends are refused, also when their checksum is right") {
  const replicated_entry good{{4}, entry_kind::normal, "x"};
  CHECK_FALSE(is_refused(append_entries{{5}, {7}, {4}, {6}, {good}}));
  CHECK(is_refused(append_entries{{}, {}, {}, {}, {}}));          // no term
  CHECK(is_refused(append_entries{{5}, {7}, {}, {6}, {}}));       // an index without a term
  CHECK(is_refused(append_entries{{5}, {}, {4}, {6}, {}}));       // and the other way round
  CHECK(is_refused(append_entries{{3}, {7}, {3}, {6}, {good}}));  // an entry of a later term
  CHECK(is_refused(append_entries{{5}, {7}, {5}, {6}, {good}}));  // terms that fall
  CHECK(is_refused(append_entries{{5}, {7}, {4}, {6}, {{{4}, entry_kind::members, "no"}}}));
  CHECK(is_refused(append_result{{5}, {9}, {9}}));
  CHECK(is_refused(request_vote{{5}, {9}, {5}, false, false}));  // its log is of the term that it asks for
  CHECK(is_refused(install_snapshot{{5}, {{}, {}, three(), {1}, 0}}));
  CHECK(is_refused(install_snapshot{{5}, {{9}, {4}, {}, {1}, 0}}));  // no members
  CHECK(is_refused(install_snapshot{{5}, {{9}, {4}, three(), {10}, 0}}));
  CHECK(is_refused(read_probe{{5}, 0}));
  CHECK(is_refused(piece_request{{5}, {}, ""}));
  CHECK(is_refused(piece_answer{{5}, {9}, "", true, "rows", ""}));  // gone, and there
  CHECK_FALSE(is_refused(piece_answer{{5}, {9}, "", true, "", ""}));
  CHECK_FALSE(parse_parcel(to_parcel({{{0}, {{}, {2}, read_probe{{5}, 1}}}})));
  CHECK_FALSE(parse_parcel(to_parcel({{{0}, {{2}, {2}, read_probe{{5}, 1}}}})));
}

TEST_CASE("numbers that leave no room to count on from are refused") {
  constexpr std::uint64_t most = (std::uint64_t{1} << 56) - 1;
  CHECK_FALSE(is_refused(append_entries{{most}, {most}, {4}, {6}, {}}));
  CHECK(is_refused(append_entries{{most + 1}, {most}, {4}, {6}, {}}));
  CHECK(is_refused(append_entries{{most}, {most + 1}, {4}, {6}, {}}));
  CHECK_FALSE(is_refused(append_result{{5}, {}, {most}}));
  CHECK(is_refused(append_result{{5}, {}, {most + 1}}));
  CHECK_FALSE(is_refused(install_snapshot{{5}, {{most}, {4}, three(), {1}, 0}}));
  CHECK(is_refused(install_snapshot{{5}, {{most + 1}, {4}, three(), {1}, 0}}));
}

TEST_CASE("a membership in which one stands twice, or nobody, is refused") {
  membership twice{{{{1}, member_role::voter}, {{1}, member_role::learner}}};
  CHECK_FALSE(parse_membership(encode(twice)));
  membership nobody{{{{0}, member_role::voter}}};
  CHECK_FALSE(parse_membership(encode(nobody)));
  CHECK(parse_membership(encode(three())));
}

TEST_CASE("messages to one node travel together, up to the parcel's size") {
  outbox out{1'000};
  for (std::uint16_t p = 0; p < 8; ++p) {
    out.add({p}, {{1}, {2}, append_entries{{5}, {7}, {4}, {6}, {}}});
    out.add({p}, {{1}, {3}, append_entries{{5}, {7}, {4}, {6}, {}}});
  }
  const auto heartbeats = out.take();
  REQUIRE(heartbeats.size() == 2);
  CHECK(parse_parcel(heartbeats[0].second)->size() == 8);
  CHECK(out.take().empty());

  for (int i = 0; i < 5; ++i)
    out.add(
        {0},
        {{1}, {2}, append_entries{{5}, {7}, {4}, {6}, {{{5}, entry_kind::normal, std::string(400, 'x')}}}});
  CHECK(out.take().size() == 3);
}

TEST_CASE("random bytes, and random changes of a parcel's inside, are read safely") {
  std::minstd_rand random{7};
  const auto good = to_parcel(one_of_each()).substr(9);
  for (int round = 0; round < 20'000; ++round) {
    auto record = good;
    for (auto n = 1 + random() % 4; n > 0; --n)
      record[random() % record.size()] = static_cast<char>(random());
    if (random() % 4 == 0) record.resize(random() % record.size());
    // With the right checksum, so that the readers behind it are met.
    XXH64_canonical_t sum;
    XXH64_canonicalFromHash(&sum, XXH3_64bits(record.data(), record.size()));
    std::string bytes(1, '\1');
    bytes.append(reinterpret_cast<const char*>(sum.digest), sizeof sum.digest).append(record);
    const auto read = parse_parcel(bytes);
    // What is taken can be said again.
    if (read) CHECK(parse_parcel(to_parcel(*read)));
    std::string noise(random() % 64, '\0');
    for (auto& c : noise) c = static_cast<char>(random());
    CHECK_FALSE(parse_parcel(noise));
  }
}

TEST_CASE("a parcel is as docs/formats.md says") {
  std::string hex;
  for (const char c : to_parcel({{{3}, {{1}, {2}, append_entries{{5}, {7}, {4}, {6}, {}}}}})) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  std::ifstream in{"docs/formats.md"};
  const std::string page{std::istreambuf_iterator<char>{in}, {}};
  INFO("docs/formats.md should have: | parcel | `" << hex << "` |");
  CHECK(page.find("| parcel | `" + hex + "` |") != std::string::npos);
}
