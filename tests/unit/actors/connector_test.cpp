#include "actors/connector.hpp"

#include <array>
#include <set>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "actors/hello.hpp"

using namespace dip;
using namespace std::chrono_literals;
using step = connector::step;

namespace {

// A connector, and a clock for it.
struct bench {
  explicit bench(bool dials, std::uint64_t seed = 1) : c(config, dials, wall, seed) {}
  step tick() { return c.tick(now, wall); }
  void pass(milliseconds t) {
    now += t;
    wall += t;
  }
  // To when it wants to be asked again.
  step wait() {
    REQUIRE(c.due() != steady_time::max());
    if (c.due() > now) pass(std::chrono::ceil<milliseconds>(c.due() - now));
    return tick();
  }
  void fail(const std::string& why, bool again = false) { c.failed(c.attempt(), why, now, wall, again); }
  void come_up() {
    CHECK(wait() == step::probe);
    CHECK(c.probed(c.attempt(), now, wall) == step::dial);
    CHECK(c.dialled(c.attempt(), now, wall) == step::greet);
    c.met(wall);
  }

  connector_config config;
  steady_time now{1h};
  wall_time wall{1'000'000h};
  connector c;
};

hello from(const std::string& name, const std::string& to = "n1") {
  hello h;
  h.cluster = "dip";
  h.from = name;
  h.to = to;
  return h;
}

}  // namespace

TEST_CASE("a link probes, dials and greets before it is up") {
  bench b{true};
  CHECK(b.c.phase() == link_phase::down);
  CHECK(b.tick() == step::probe);
  CHECK(b.c.phase() == link_phase::probing);
  CHECK(b.tick() == step::none);
  CHECK(b.c.probed(b.c.attempt(), b.now, b.wall) == step::dial);
  CHECK(b.c.phase() == link_phase::dialling);
  CHECK(b.c.dialled(b.c.attempt(), b.now, b.wall) == step::greet);
  CHECK(b.c.phase() == link_phase::greeting);
  b.pass(7ms);
  b.c.met(b.wall);
  CHECK(b.c.phase() == link_phase::up);
  CHECK(b.c.since() == b.wall);
  CHECK(b.c.due() == steady_time::max());
}

TEST_CASE("of two nodes exactly one dials, and the other only waits") {
  CHECK(dials("n1", "n2"));
  CHECK_FALSE(dials("n2", "n1"));
  bench b{false};
  CHECK(b.c.due() == steady_time::max());
  b.c.met(b.wall);
  CHECK(b.c.phase() == link_phase::up);
  b.c.lost("it left", b.now, b.wall);
  CHECK(b.c.phase() == link_phase::down);
  CHECK(b.c.due() == steady_time::max());
}

TEST_CASE("each step has its own deadline, to the millisecond") {
  bench b{true};
  b.tick();
  b.pass(b.config.probe_timeout - 1ms);
  b.tick();
  CHECK(b.c.phase() == link_phase::probing);
  b.pass(1ms);
  b.tick();
  CHECK(b.c.phase() == link_phase::down);
  CHECK(b.c.last_error() == "the address does not answer");

  b.wait();
  b.c.probed(b.c.attempt(), b.now, b.wall);
  b.pass(b.config.dial_timeout);
  b.tick();
  CHECK(b.c.last_error() == "something listens there, but the connection does not come about");

  b.wait();
  b.c.probed(b.c.attempt(), b.now, b.wall);
  b.c.dialled(b.c.attempt(), b.now, b.wall);
  b.pass(b.config.greet_timeout);
  b.tick();
  CHECK(b.c.last_error() == "connected, but the node there does not introduce itself");
  CHECK(b.c.failures() == 3);
}

TEST_CASE("failures are waited out longer and longer, up to a bound, and not in step with others") {
  std::set<steady_time> all;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    bench b{true, seed};
    b.tick();
    for (int i = 0; i < 12; ++i) {
      b.fail("no");
      const auto wait = b.c.due() - b.now;
      CHECK(wait >= b.config.backoff_min / 2);
      CHECK(wait <= b.config.backoff_max);
      if (i > 6) CHECK(wait >= b.config.backoff_max / 2);
      b.wait();
    }
    all.insert(b.c.due());
  }
  CHECK(all.size() > 10);
}

TEST_CASE("after having been up it is tried soon") {
  bench b{true};
  for (int i = 0; i < 12; ++i) {
    b.wait();
    b.fail("no");
  }
  b.come_up();
  b.c.lost("the connection broke", b.now, b.wall);
  CHECK(b.c.due() - b.now <= b.config.backoff_min);
  CHECK(b.c.last_error() == "the connection broke");
  b.come_up();
  CHECK(b.c.last_error() == "the connection broke");
}

TEST_CASE("a failure that says nothing about the peer gives one quick try, not many") {
  bench b{true};
  b.tick();
  b.fail("a tick of the heartbeat", true);
  CHECK(b.c.due() == b.now);
  CHECK(b.wait() == step::probe);
  b.fail("a tick of the heartbeat", true);
  CHECK(b.c.due() > b.now);
}

TEST_CASE("what belongs to an attempt that is over changes nothing") {
  bench b{true};
  b.tick();
  const auto old = b.c.attempt();
  b.fail("no");
  CHECK(b.c.probed(old, b.now, b.wall) == step::none);
  b.wait();
  CHECK(b.c.probed(old, b.now, b.wall) == step::none);
  b.c.failed(old, "late", b.now, b.wall);
  CHECK(b.c.phase() == link_phase::probing);
  CHECK(b.c.dialled(b.c.attempt(), b.now, b.wall) == step::none);
  b.c.probed(b.c.attempt(), b.now, b.wall);
  b.c.dialled(b.c.attempt(), b.now, b.wall);
  b.c.met(b.wall);
  b.c.failed(b.c.attempt(), "late", b.now, b.wall);
  CHECK(b.c.phase() == link_phase::up);
}

TEST_CASE("who was refused asks again later, not at once") {
  bench b{true};
  b.tick();
  b.c.refused("another cluster", b.now, b.wall);
  CHECK(b.c.due() - b.now == b.config.after_refusal);
  CHECK(b.c.last_error() == "another cluster");
}

TEST_CASE("nodes that belong together have nothing against each other") {
  CHECK_FALSE(why_not(from("n1", "n2"), from("n2", "n1")));
  CHECK_FALSE(why_not(from("n1", ""), from("n2", "n1")));
}

TEST_CASE("another version, cluster or node is refused with a clear word") {
  const auto here = from("n1", "n2");
  auto said = from("n2");
  said.speaks = {3, 4};
  CHECK(why_not(here, said) == "incompatible version: n2 speaks protocol 3 to 4, n1 speaks 1");
  said = from("n2");
  said.cluster = "shop";
  CHECK(why_not(here, said) == "n2 belongs to the cluster \"shop\", n1 to \"dip\"");
  CHECK(why_not(here, from("n3")) == "the node there is n3, not n2");
  CHECK(why_not(here, from("n2", "n7")) == "n2 looks for n7, and this is n1");
}

TEST_CASE("versions that overlap meet at the highest that both speak") {
  auto here = from("n1", "n2"), said = from("n2");
  here.speaks = {1, 3};
  for (const auto& [oldest, newest, common] :
       std::vector<std::array<std::uint32_t, 3>>{{1, 1, 1}, {2, 2, 2}, {3, 9, 3}, {1, 9, 3}, {2, 3, 3}}) {
    said.speaks = {oldest, newest};
    CHECK_FALSE(why_not(here, said));
    CHECK(common_version(here, said) == common);
  }
  for (const protocol_versions& other :
       {protocol_versions{4, 9}, protocol_versions{0, 0}, protocol_versions{3, 1}}) {
    said.speaks = other;
    CHECK(why_not(here, said));
  }
}

TEST_CASE("a hello comes through as it was, and any other bytes are refused") {
  auto h = from("n2");
  h.start = "n2#01J";
  h.objects = 4901;
  h.session = 77;
  const auto bytes = encode(h);
  CHECK(*parse_hello(bytes) == h);
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x80);
    (void)parse_hello(damaged);
    (void)parse_hello(bytes.substr(0, i));
  }
  CHECK(!parse_hello(""));
  CHECK(!parse_hello("GET / HTTP/1.1\r\n\r\n"));
  h.cluster = std::string(256, 'c');
  CHECK(parse_hello(encode(h)));
  h.cluster += 'c';
  CHECK(!parse_hello(encode(h)));
}
