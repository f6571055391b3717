#include "core/ip_address.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

TEST_CASE("only addresses in their plain spelling are read, and come back as they were") {
  for (const char* good :
       {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1"}) {
    CAPTURE(good);
    REQUIRE(parse_ip(good));
    CHECK(to_string(*parse_ip(good)) == good);
  }
  for (const char* bad : {"", "127.1", "0x7f.0.0.1", "2130706433", "256.0.0.1", "1.2.3.4 ", "[::1]", "::1%lo",
                          "1.2.3.4.5", "12345::", "localhost"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_ip(bad));
  }
  CHECK_FALSE(parse_ip(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("what is not public is known on both sides of each border") {
  for (const char* public_one : {"1.0.0.0",
                                 "9.255.255.255",
                                 "11.0.0.0",
                                 "100.63.255.255",
                                 "100.128.0.0",
                                 "126.255.255.255",
                                 "128.0.0.0",
                                 "169.253.255.255",
                                 "169.255.0.0",
                                 "172.15.255.255",
                                 "172.32.0.0",
                                 "191.255.255.255",
                                 "192.0.1.0",
                                 "192.0.3.0",
                                 "192.88.98.255",
                                 "192.88.100.0",
                                 "192.167.255.255",
                                 "192.169.0.0",
                                 "198.17.255.255",
                                 "198.20.0.0",
                                 "198.51.99.255",
                                 "198.51.101.0",
                                 "203.0.112.255",
                                 "203.0.114.0",
                                 "223.255.255.255",
                                 "8.8.8.8",
                                 "2000::",
                                 "2001:200::",
                                 "2001:4860:4860::8888",
                                 "2001:db7:ffff::",
                                 "2001:db9::",
                                 "2003::",
                                 "2001:ffff::1",
                                 "3ffe:ffff::",
                                 "3fff:1000::",
                                 "3fff:ffff::",
                                 "64:ff9b::8.8.8.8"}) {
    CAPTURE(public_one);
    REQUIRE(parse_ip(public_one));
    CHECK(why_not_public(*parse_ip(public_one)).empty());
  }
  for (const char* other :
       {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.1",
        "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7",
        "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        // IPv6: unspecified, loopback, mapped, compatible, translated, local, documentation, tunnels
        "::", "::1", "::2", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8", "::127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1",
        "1fff:ffff::", "4000::", "fc00::", "fdff:ffff::", "fe80::1", "febf::1", "fec0::1",
        "ff00::", "ff02::1", "2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1ff:ffff::", "2001:2::1",
        "2001:10::1", "2001:20::1",
        "2001:db8::", "2001:db8:ffff::", "2002::", "2002:7f00:1::", "2002:ffff::", "3fff::", "3fff:fff::"}) {
    CAPTURE(other);
    REQUIRE(parse_ip(other));
    CHECK_FALSE(why_not_public(*parse_ip(other)).empty());
  }
}

TEST_CASE("a network holds what begins as it does") {
  const auto holds = [](const char* network, const char* address) {
    REQUIRE(parse_network(network));
    return parse_network(network)->contains(*parse_ip(address));
  };
  CHECK(holds("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("10.1.2.3/8", "10.0.0.1"));
  CHECK(holds("192.168.1.128/25", "192.168.1.128"));
  CHECK_FALSE(holds("192.168.1.128/25", "192.168.1.127"));
  CHECK(holds("127.0.0.1", "127.0.0.1"));
  CHECK_FALSE(holds("127.0.0.1", "127.0.0.2"));
  CHECK(holds("0.0.0.0/0", "255.1.2.3"));
  CHECK_FALSE(holds("0.0.0.0/0", "::1"));
  CHECK(holds("fd00::/8", "fdab::1"));
  CHECK_FALSE(holds("fd00::/8", "fc00::1"));
  CHECK(holds("::/0", "::1"));
  for (const char* bad :
       {"", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10/8", "/8", "a/8"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_network(bad));
  }
}

TEST_CASE("a host is loopback by its address, or by its name when that is localhost") {
  for (const char* here : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) CHECK(is_loopback_host(here));
  for (const char* elsewhere : {"0.0.0.0", "::", "10.0.0.1", "n1.example", "localhost.example", ""})
    CHECK_FALSE(is_loopback_host(elsewhere));
}
