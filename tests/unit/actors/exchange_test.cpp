#include "actors/exchange.hpp"

#include <deque>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

namespace {

const partition_id three{3};

// One end, with all that it said and heard.
struct end final : exchange::owner {
  end(const exchange_config& config, const std::string& peer, steady_time now)
      : x(config, peer, *this, traffic, now) {}
  void transmit(std::string e) override { out.push_back(std::move(e)); }
  void arrived(envelope e) override { in.push_back(std::move(e)); }
  void answered(std::uint64_t ticket, link_reply r) override { answers.emplace_back(ticket, std::move(r)); }

  link_traffic traffic;
  std::deque<std::string> out;
  std::vector<envelope> in;
  std::vector<std::pair<std::uint64_t, link_reply>> answers;
  exchange x;
};

struct pair_of_ends {
  explicit pair_of_ends(exchange_config c = {}) : config(c) {}
  void settle() {
    while (!a.out.empty() || !b.out.empty()) {
      carry(a, b);
      carry(b, a);
    }
  }
  void carry(end& from, end& to) {
    while (!from.out.empty()) {
      const auto bytes = std::move(from.out.front());
      from.out.pop_front();
      REQUIRE(to.x.receive(bytes, now));
    }
  }

  exchange_config config;
  steady_time now{1h};
  end a{config, "n2", now}, b{config, "n1", now};
};

exchange_config small() {
  exchange_config c;
  c.window = 4096;
  c.requests = 3;
  return c;
}

}  // namespace

TEST_CASE("a message arrives with its kind, its partition and its bytes") {
  pair_of_ends p;
  CHECK(p.a.x.post(envelope_kind::consensus, three, "parcel"));
  p.settle();
  REQUIRE(p.b.in.size() == 1);
  CHECK(p.b.in[0].kind == envelope_kind::consensus);
  CHECK(p.b.in[0].partition == three);
  CHECK(p.b.in[0].bytes == "parcel");
  CHECK(p.a.traffic.messages_out == 1);
  CHECK(p.b.traffic.bytes_in == p.a.traffic.bytes_out);
}

TEST_CASE("messages that can wait go together, and in their order with those that cannot") {
  pair_of_ends p;
  REQUIRE(p.a.x.tick(p.now));  // the first ping
  p.settle();
  const auto before = p.a.traffic.messages_out;
  CHECK(p.a.x.post_soon(envelope_kind::consensus, {1}, "one", p.now));
  p.now += 3ms;
  CHECK(p.a.x.post_soon(envelope_kind::standing, {2}, "two", p.now));
  CHECK(p.a.out.empty());
  CHECK(p.a.x.due() == p.now + 2ms);
  REQUIRE(p.a.x.tick(p.now + 1ms));
  CHECK(p.a.out.empty());

  SECTION("after a while") {
    REQUIRE(p.a.x.tick(p.now + 2ms));
    CHECK(p.a.x.due() > p.now + 100ms);
  }
  SECTION("with the next that cannot wait") { CHECK(p.a.x.post(envelope_kind::available, {3}, "three")); }

  CHECK(p.a.traffic.messages_out == before + 1);
  p.settle();
  REQUIRE(p.b.in.size() >= 2);
  CHECK(p.b.in[0].kind == envelope_kind::consensus);
  CHECK(p.b.in[0].partition == partition_id{1});
  CHECK(p.b.in[0].bytes == "one");
  CHECK(p.b.in[1].kind == envelope_kind::standing);
  CHECK(p.b.in[1].bytes == "two");
  if (p.b.in.size() > 2) CHECK(p.b.in[2].bytes == "three");
}

TEST_CASE("one that waited alone goes as it is, and much does not wait") {
  pair_of_ends p;
  CHECK(p.a.x.post_soon(envelope_kind::consensus, three, "alone", p.now));
  REQUIRE(p.a.x.tick(p.now + 5ms));
  REQUIRE(!p.a.out.empty());
  CHECK(parse_envelope(p.a.out.front())->kind == envelope_kind::consensus);
  p.settle();
  REQUIRE(p.b.in.size() == 1);

  const std::string much(20'000, 'x');
  CHECK(p.a.x.post_soon(envelope_kind::consensus, three, much, p.now));
  CHECK(p.a.out.empty());
  CHECK(p.a.x.post_soon(envelope_kind::consensus, three, much, p.now));
  CHECK(p.a.out.size() == 1);
}

TEST_CASE("what waits to be sent counts for the window") {
  pair_of_ends p{small()};
  int taken = 0;
  while (p.a.x.post_soon(envelope_kind::available, three, std::string(1024, 'x'), p.now)) ++taken;
  CHECK(taken == 3);
  CHECK(p.a.traffic.dropped == 1);
}

TEST_CASE("a bundle that cannot be read, or is in a bundle, ends the session") {
  pair_of_ends p;
  envelope e;
  e.kind = envelope_kind::bundle;
  e.bytes = encode(message_bundle{{{envelope_kind::bundle, three, encode(message_bundle{})}}});
  CHECK(p.b.x.receive(encode(e), p.now).error().code == errc::corrupt);
  e.bytes = "\xff";
  CHECK(p.b.x.receive(encode(e), p.now).error().code == errc::corrupt);
  CHECK(p.b.in.empty());
  CHECK(p.b.traffic.unreadable == 2);
}

TEST_CASE("requests are answered in any order, each once") {
  pair_of_ends p;
  p.a.x.ask(71, envelope_kind::propose, three, "one", 5s, p.now);
  p.a.x.ask(72, envelope_kind::lease, three, "two", 5s, p.now);
  p.settle();
  REQUIRE(p.b.in.size() == 2);
  CHECK(p.b.in[0].within == 5s);
  p.b.x.answer(p.b.in[1].number, {true, errc::internal, false, "second"});
  p.b.x.answer(p.b.in[0].number, refuse(errc::stale_lease, "too late"));
  p.b.x.answer(p.b.in[0].number, {true, errc::internal, false, "again"});
  p.settle();
  REQUIRE(p.a.answers.size() == 2);
  CHECK(p.a.answers[0].first == 72);
  CHECK(p.a.answers[0].second == link_reply{true, errc::internal, false, "second"});
  CHECK(p.a.answers[1].first == 71);
  CHECK(p.a.answers[1].second == refuse(errc::stale_lease, "too late"));
  CHECK(p.a.x.waiting() == 0);
}

TEST_CASE("a request that nobody answers ends at its deadline, and not before") {
  pair_of_ends p;
  p.a.x.ask(1, envelope_kind::propose, three, "", 700ms, p.now);
  REQUIRE(p.a.x.tick(p.now));
  CHECK(p.a.x.due() == p.now + 700ms);
  p.settle();
  CHECK(p.a.x.tick(p.now + 699ms));
  CHECK(p.a.answers.empty());
  CHECK(p.a.x.tick(p.now + 700ms));
  REQUIRE(p.a.answers.size() == 1);
  CHECK(p.a.answers[0].second == refuse(errc::no_quorum, "n2 did not answer within 700 ms", true));
  CHECK(p.a.traffic.overdue == 1);

  // The answer that comes after all is nobody's.
  p.b.x.answer(p.b.in[0].number, {});
  p.settle();
  CHECK(p.a.answers.size() == 1);
}

TEST_CASE("when the link goes down all that wait are told at once that it may have been done") {
  pair_of_ends p;
  p.a.x.ask(1, envelope_kind::propose, three, "", 5s, p.now);
  p.a.x.ask(2, envelope_kind::propose, three, "", 5s, p.now);
  p.a.x.end("the connection broke");
  REQUIRE(p.a.answers.size() == 2);
  for (const auto& [ticket, r] : p.a.answers)
    CHECK(r == refuse(errc::no_quorum, "n2 went away: the connection broke", true));
  p.a.x.end("again");
  CHECK(p.a.x.tick(p.now + 1s));
  CHECK(p.a.answers.size() == 2);
}

TEST_CASE("a MiB passes in every form, in envelopes of 64 KiB, and one byte more does not") {
  pair_of_ends p;
  std::string most;
  while (most.size() < max_message) most += std::to_string(most.size()) + ",";
  most.resize(max_message);
  const auto more = most + "x";
  CHECK(p.a.x.post(envelope_kind::consensus, three, most));
  CHECK_FALSE(p.a.x.post(envelope_kind::consensus, three, more));
  CHECK(p.a.out.size() == max_message / max_payload + 1);
  for (const auto& bytes : p.a.out) CHECK(bytes.size() <= max_envelope);
  p.a.x.ask(1, envelope_kind::propose, three, most, 5s, p.now);
  p.a.x.ask(2, envelope_kind::propose, three, more, 5s, p.now);
  REQUIRE(p.a.answers.size() == 1);
  CHECK(p.a.answers[0].first == 2);
  CHECK(p.a.answers[0].second.code == errc::too_large);
  CHECK_FALSE(p.a.answers[0].second.maybe_taken);
  p.settle();
  REQUIRE(p.b.in.size() == 2);
  CHECK(p.b.in[0].bytes == most);
  CHECK(p.b.in[1].bytes == most);
  p.b.x.answer(p.b.in[1].number, {true, errc::internal, false, most});
  p.settle();
  CHECK(p.a.answers.at(1).second.bytes == most);

  p.a.x.ask(3, envelope_kind::propose, three, "", 5s, p.now);
  p.settle();
  p.b.x.answer(p.b.in[2].number, {true, errc::internal, false, more});
  p.settle();
  CHECK(p.a.answers.at(2).second.code == errc::too_large);
}

TEST_CASE("a message in pieces is not mixed with another, and not longer than one may be") {
  pair_of_ends p;
  envelope e;
  e.kind = envelope_kind::consensus;
  e.bytes = "begun";
  e.more = true;
  REQUIRE(p.a.x.receive(encode(e), p.now));
  CHECK(p.a.in.empty());
  SECTION("another kind") {
    e.kind = envelope_kind::available;
    CHECK(p.a.x.receive(encode(e), p.now).error().code == errc::corrupt);
  }
  SECTION("a ping, which has no pieces") {
    e.form = envelope_form::ping;
    CHECK(p.a.x.receive(encode(e), p.now).error().code == errc::corrupt);
    end fresh{p.config, "n1", p.now};
    CHECK(fresh.x.receive(encode(e), p.now).error().code == errc::corrupt);
  }
  SECTION("for ever") {
    e.bytes.assign(max_payload, 'x');
    size_t pieces = 0;
    result<void> taken;
    while (taken && ++pieces < 100) taken = p.a.x.receive(encode(e), p.now);
    CHECK(taken.error().code == errc::too_large);
    CHECK(pieces == (max_message - 5) / max_payload + 1);
  }
  CHECK(p.a.in.empty());
}

TEST_CASE("an envelope of 64 KiB is read, and a larger one is not") {
  envelope e;
  e.version = 255;
  e.form = envelope_form::request;
  e.kind = envelope_kind{255};
  e.partition = {1023};
  e.number = e.received = ~std::uint64_t{0};
  e.within = milliseconds::max();
  e.bytes = std::string(max_payload, 'x');
  const auto worst = encode(e);
  CHECK(worst.size() <= max_envelope);
  CHECK(*parse_envelope(worst) == e);
  e.bytes.resize(e.bytes.size() + max_envelope - worst.size());
  CHECK(encode(e).size() == max_envelope);
  CHECK(parse_envelope(encode(e)));
  e.bytes += 'x';
  CHECK(parse_envelope(encode(e)).error().code == errc::too_large);
}

TEST_CASE("what the peer has not confirmed is bounded: messages are dropped, requests refused") {
  pair_of_ends p{small()};
  const std::string kib(1024, 'x');
  int sent = 0;
  while (p.a.x.post(envelope_kind::available, three, kib)) ++sent;
  CHECK(sent >= 2);
  CHECK(p.a.x.in_flight() <= p.config.window / 4 * 3 + 64);
  CHECK(p.a.traffic.dropped == 1);
  p.a.x.ask(1, envelope_kind::propose, three, kib, 5s, p.now);
  REQUIRE(p.a.answers.size() == 1);
  CHECK(p.a.answers[0].second == refuse(errc::overloaded, "too much is on its way to n2"));

  // Raft still gets through, up to the whole window.
  CHECK(p.a.x.post(envelope_kind::consensus, three, std::string(1900, 'r')));
  CHECK_FALSE(p.a.x.post(envelope_kind::consensus, three, kib));
  CHECK(p.a.x.in_flight() <= p.config.window + 64);

  // The peer reads, and there is room again.
  p.settle();
  CHECK(p.a.x.in_flight() < p.config.window / 8 + 64);
  CHECK(p.a.x.post(envelope_kind::available, three, kib));
}

TEST_CASE("the number of requests that wait is bounded on both sides") {
  pair_of_ends p{small()};
  for (std::uint64_t i = 1; i <= 4; ++i) p.a.x.ask(i, envelope_kind::propose, three, "", 5s, p.now);
  REQUIRE(p.a.answers.size() == 1);
  CHECK(p.a.answers[0].first == 4);
  CHECK(p.a.answers[0].second.code == errc::overloaded);

  // One that does not keep to it is answered without being asked further.
  auto generous = small();
  generous.requests = 10;
  end wild{generous, "n2", p.now};
  for (std::uint64_t i = 1; i <= 4; ++i) wild.x.ask(i, envelope_kind::propose, three, "", 5s, p.now);
  p.carry(wild, p.b);
  CHECK(p.b.in.size() == 3);
  p.carry(p.b, wild);
  REQUIRE(wild.answers.size() == 1);
  CHECK(wild.answers[0].second == refuse(errc::overloaded, "too many requests at once"));
}

TEST_CASE("answers go through when the window is full of messages, and are bounded too") {
  pair_of_ends p{small()};
  p.a.x.ask(1, envelope_kind::propose, three, "", 5s, p.now);
  p.a.x.ask(2, envelope_kind::propose, three, "", 5s, p.now);
  p.settle();
  while (p.b.x.post(envelope_kind::consensus, three, std::string(500, 'x'))) {
  }
  p.b.x.answer(p.b.in[0].number, {true, errc::internal, false, std::string(3900, 'a')});
  p.b.x.answer(p.b.in[1].number, {true, errc::internal, false, std::string(3900, 'b')});
  p.settle();
  REQUIRE(p.a.answers.size() == 2);
  CHECK(p.a.answers[0].second.bytes.size() == 3900);
  CHECK(p.a.answers[1].second == refuse(errc::overloaded, "no room for the answer"));
}

TEST_CASE("pings measure the round trip and notice silence") {
  pair_of_ends p;
  CHECK(p.a.x.tick(p.now));
  p.carry(p.a, p.b);
  p.now += 3ms;
  p.carry(p.b, p.a);
  CHECK(p.a.x.round_trip() == 3ms);
  CHECK(p.a.x.last_heard() == p.now);

  const auto heard = p.now;
  for (; p.now < heard + p.config.silence; p.now += 1ms) REQUIRE(p.a.x.tick(p.now));
  CHECK_FALSE(p.a.x.tick(p.now));
  // One every second; that they cannot be answered does not make them more.
  CHECK(p.a.out.size() == 5);
}

TEST_CASE("an end that sends for ever and one that only listens confirm each other") {
  pair_of_ends p{small()};
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(p.a.x.post(envelope_kind::consensus, three, std::string(200, 'x')));
    p.settle();
  }
  CHECK(p.b.in.size() == 1000);
  // An acknowledgement for every 512 bytes at most, and none for acknowledgements.
  CHECK(p.b.traffic.messages_out < 500);
  CHECK(p.a.traffic.messages_out == 1000);
}

TEST_CASE("bytes that are no envelope end the session, whatever they are") {
  pair_of_ends p;
  p.a.x.ask(1, envelope_kind::propose, three, "bytes", 5s, p.now);
  const auto good = p.a.out.front();
  std::minstd_rand random{7};
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good.substr(0, random() % (good.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !bad.empty(); --changes)
      bad[random() % bad.size()] = static_cast<char>(random());
    end fresh{p.config, "n1", p.now};
    (void)fresh.x.receive(bad, p.now);
  }
  CHECK(p.b.x.receive("", p.now).error().code == errc::corrupt);
  CHECK(p.b.x.receive(std::string(max_envelope + 1, '\1'), p.now).error().code == errc::too_large);
  envelope liar;
  liar.form = envelope_form::ack;
  liar.received = 1;
  CHECK(p.b.x.receive(encode(liar), p.now).error().code == errc::corrupt);
  CHECK(p.b.traffic.unreadable == 3);
}
