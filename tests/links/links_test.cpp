#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/certificates.hpp"
#include "tests/links/peer_process.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

// The kinds that link_peer takes: it counts 1, gives 2 back as it came, forgets 3, and keeps 4 without an
// answer.
constexpr unsigned echoed = 2, forgotten = 3, kept = 4, by_actor = 9, unknown = 200;
constexpr std::size_t most = 1024 * 1024;

using arguments = std::vector<std::string>;
using process = std::unique_ptr<peer_process>;

struct authority {
  explicit authority(milliseconds valid = 24h) {
    REQUIRE(net::make_authority({dir / "ca.pem", dir / "ca.key"}, {"dip", {}, valid}));
  }
  [[nodiscard]] std::string node(const std::string& name, milliseconds valid = 24h) const {
    const net::key_pair_files files{dir / (name + ".pem"), dir / (name + ".key")};
    if (::access(files.key.c_str(), F_OK) != 0)
      REQUIRE(
          net::make_node_certificate(files, {name, {"127.0.0.1"}, valid}, {dir / "ca.pem", dir / "ca.key"}));
    return files.certificate + "," + files.key + "," + (dir / "ca.pem");
  }
  scratch_dir dir;
};

std::string at(const std::string& name, std::uint16_t port) {
  return name + ",127.0.0.1," + std::to_string(port);
}

arguments operator+(arguments a, const arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string in_hex(std::uint16_t port) {
  char out[8];
  std::snprintf(out, sizeof out, "%04X", unsigned{port});
  return out;
}

// n1, who dials, and n2, who waits.
struct couple {
  explicit couple(bool tls) : ca(tls ? std::make_unique<authority>() : nullptr) {}
  [[nodiscard]] arguments secured(const std::string& name) const {
    return ca ? arguments{"--tls", ca->node(name)} : arguments{};
  }
  void start_n2(const arguments& more = {}) {
    // n1's port is of no interest to n2: it is n1 who dials.
    n2 = std::make_unique<peer_process>(arguments{"--name", "n2", "--peer", at("n1", 1), "--port",
                                                  std::to_string(port), "--objects", "4902"} +
                                        secured("n2") + more);
    port = static_cast<std::uint16_t>(std::stoul(n2->expect("ready ").substr(6)));
  }
  void start_n1(const arguments& more = {}) {
    n1 = std::make_unique<peer_process>(
        arguments{"--name", "n1", "--peer", at("n2", port), "--objects", "4901"} + secured("n1") + more);
    n1->expect("ready ");
  }
  void start() {
    start_n2({"--start", "n2#1"});
    start_n1({"--start", "n1#1"});
    CHECK(n1->expect("up n2") == "up n2 n2#1 4902");
    CHECK(n2->expect("up n1") == "up n1 n1#1 4901");
  }
  void check_traffic() const {
    CHECK(n1->ask("n2", echoed, 5) == "ok 5");
    CHECK(n2->ask("n1", echoed, 5) == "ok 5");
  }

  std::unique_ptr<authority> ca;
  std::uint16_t port = 0;
  process n1, n2;
};

}  // namespace

TEST_CASE("two nodes meet, and messages and requests go both ways") {
  couple c{GENERATE(true, false)};
  c.start();
  c.check_traffic();
  for (auto* const node : {c.n1.get(), c.n2.get()}) {
    const std::string other = node == c.n1.get() ? "n2" : "n1";
    CHECK(node->ask(other, echoed, most) == "ok " + std::to_string(most));
    CHECK(node->ask(other, echoed, most + 1).starts_with("too_large not: "));
    CHECK(node->ask(other, unknown, 1).starts_with("bad_request"));
    CHECK(node->ask(other, by_actor, 0) == "figures 42");
    CHECK(node->ask(other, by_actor, 1).starts_with("bad_request not: "));
    CHECK(node->ask(other, forgotten, 1).starts_with("internal"));
    CHECK(node->ask(other, kept, 1, 50) == "no_quorum maybe: " + other + " did not answer within 50 ms");
    node->tell("post " + other + " 1234 3");
    CHECK(node->ask("n9", echoed, 1) == "no link");
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(c.n2->expect("message ") == "message n1 7 1234");
    CHECK(c.n1->expect("message ") == "message n2 7 1234");
  }
  CHECK(c.n1->await_status("n2", " up ").find("rtt_us=-1") == std::string::npos);
  for (auto* const node : {c.n1.get(), c.n2.get()}) {
    node->tell("quit");
    CHECK(node->end() == 0);
  }
}

TEST_CASE("a peer that is killed is missed at once, and found again when it is back") {
  couple c{GENERATE(true, false)};
  c.start();
  for (int round = 2; round <= 4; ++round) {
    c.n1->tell("ask n2 4 1 60000");
    c.n2->expect("held n1");
    c.n2->signal(SIGKILL);
    c.n1->expect("down n2");
    // Not after its deadline: now.
    CHECK(c.n1->expect("reply n2 ").starts_with("reply n2 no_quorum maybe: n2 went away"));
    CHECK(c.n1->ask("n2", echoed, 1).starts_with("no_quorum not: n2 cannot be reached"));
    const auto again = "n2#" + std::to_string(round);
    c.start_n2({"--start", again});
    CHECK(c.n1->expect("up n2") == "up n2 " + again + " 4902");
    c.n2->expect("up n1");
    c.check_traffic();
  }
  c.n1->signal(SIGKILL);
  c.n2->expect("down n1");
  CHECK(c.n2->ask("n1", echoed, 1).starts_with("no_quorum not: n1 cannot be reached"));
  c.start_n1({"--start", "n1#2"});
  CHECK(c.n2->expect("up n1") == "up n1 n1#2 4901");
  c.n1->expect("up n2");
  c.check_traffic();
}

TEST_CASE("a peer that is frozen is given up, and is welcome again when it thaws") {
  couple c{true};
  c.start();
  for (auto* const frozen : {c.n2.get(), c.n1.get()}) {
    auto* const other = frozen == c.n2.get() ? c.n1.get() : c.n2.get();
    const std::string name = frozen == c.n2.get() ? "n2" : "n1";
    frozen->signal(SIGSTOP);
    CHECK(other->ask(name, echoed, 1).starts_with("no_quorum maybe: " + name + " went away"));
    other->expect("down " + name);
    frozen->signal(SIGCONT);
    // The handle that comes equals the one that died: the one that works must be in use.
    c.n1->expect("up n2");
    c.n2->expect("up n1");
    c.n1->await_status("n2", " up ");
    c.n2->await_status("n1", " up ");
    while (!c.n1->ask("n2", echoed, 5).starts_with("ok")) ::poll(nullptr, 0, 10);
    while (!c.n2->ask("n1", echoed, 5).starts_with("ok")) ::poll(nullptr, 0, 10);
  }
}

TEST_CASE("a link on which nothing happens stays up") {
  couple c{true};
  c.start();
  // Three times as long as it takes to give a silent peer up.
  ::poll(nullptr, 0, 6'000);
  c.check_traffic();
  c.n1->tell("status n2");
  CHECK(c.n1->expect("status n2").find("failures=0 error=") != std::string::npos);
}

// CAF would open one of its own, without TLS, on all interfaces.
TEST_CASE("a node listens at one port, on one address") {
  couple c{true};
  c.start();
  CHECK(c.n1->listening().size() == 1);
  CHECK(c.n2->listening() == arguments{"0100007F:" + in_hex(c.port)});
}

TEST_CASE("what is sent to a peer that does not read is dropped, not kept") {
  couple c{false};
  c.start();
  c.n2->signal(SIGSTOP);
  const auto before = c.n1->peak_memory();
  c.n1->tell("post n2 60000 20000");
  c.n1->expect("down n2");
  // 1.2 GB were sent.
  CHECK(c.n1->peak_memory() - before < 400 * 1024);
  c.n2->signal(SIGCONT);
  c.n1->expect("up n2");
  while (!c.n1->ask("n2", echoed, 5).starts_with("ok")) ::poll(nullptr, 0, 10);
}

TEST_CASE("garbage at the port harms nobody") {
  couple c{true};
  c.start();
  std::minstd_rand random{11};
  std::vector<int> idle;
  for (int i = 0; i < 40; ++i) {
    std::string bytes(1 + random() % 3000, '\0');
    for (auto& b : bytes) b = static_cast<char>(random());
    // Some of it begins as TLS does.
    if (i % 3 == 0) bytes.insert(0, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    throw_at(c.port, bytes, 200);
    if (i % 4 == 0) idle.push_back(connect_to(c.port));
  }
  throw_at(c.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200);
  // The headers that end a process whose port is plain: server and client handshakes of BASP without a
  // payload.
  for (const char kind : {'\0', '\1'}) {
    std::string header(32, '\0');
    header[0] = kind;
    header[7] = 3;
    throw_at(c.port, header, 200);
  }
  c.check_traffic();
  // Not even for a moment: an error of one connection is not the next one's.
  CHECK_FALSE(c.n1->said("down n2"));
  CHECK_FALSE(c.n2->said("down n1"));
  // One that is new gets in, too.
  c.n1->signal(SIGKILL);
  c.n2->expect("down n1");
  c.start_n1();
  c.n1->expect("up n2");
  c.n2->expect("up n1");
  c.check_traffic();
  for (const int fd : idle) ::close(fd);
}

TEST_CASE("who connects and does not say who it is is given up, and the link is not") {
  couple c{true};
  c.start();
  for (const std::string& beginning : {std::string{}, std::string{"\x16\x03\x01\x02\x00\x01", 6}}) {
    const int fd = connect_to(c.port);
    REQUIRE(::send(fd, beginning.data(), beginning.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(beginning.size()));
    pollfd said{fd, POLLIN, 0};
    CHECK(::poll(&said, 1, 60'000) == 1);
    char byte = 0;
    CHECK(::recv(fd, &byte, 1, MSG_DONTWAIT) <= 0);
    ::close(fd);
  }
  CHECK_FALSE(c.n1->said("down n2"));
  CHECK_FALSE(c.n2->said("down n1"));
  c.check_traffic();
}

TEST_CASE("who has no certificate of the cluster is refused, and the node lives") {
  couple c{true};
  const authority other;
  c.start_n2();
  const std::string word = "the connection was closed during the handshake";
  {
    // Neither end believes the other.
    peer_process stranger{{"--name", "n1", "--peer", at("n2", c.port), "--tls", other.node("n1")}};
    stranger.expect("ready ");
    stranger.await_status("n2", word);
  }
  {
    peer_process plain{{"--name", "n1", "--peer", at("n2", c.port)}};
    plain.expect("ready ");
    plain.await_status("n2", word);
  }
  c.start_n1();
  c.n1->expect("up n2");
  c.n2->expect("up n1");
  c.check_traffic();
}

TEST_CASE("a node with certificates does not talk to one without") {
  const authority ca;
  peer_process plain{{"--name", "n2", "--peer", at("n1", 1)}};
  const auto port = static_cast<std::uint16_t>(std::stoul(plain.expect("ready ").substr(6)));
  peer_process n1{{"--name", "n1", "--peer", at("n2", port), "--tls", ca.node("n1")}};
  n1.expect("ready ");
  n1.await_status("n2", "down rtt_us=-1 out=0 in=0 failures=");
  CHECK(n1.ask("n2", echoed, 1).starts_with("no_quorum not: "));
  plain.tell("quit");
  CHECK(plain.end() == 0);
}

TEST_CASE("a certificate that expires while the node runs opens no new connection") {
  couple c{true};
  // Of the same authority, but short-lived.
  const net::key_pair_files brief{c.ca->dir / "brief.pem", c.ca->dir / "brief.key"};
  REQUIRE(net::make_node_certificate(brief, {"n1", {"127.0.0.1"}, 3s},
                                     {c.ca->dir / "ca.pem", c.ca->dir / "ca.key"}));
  c.start_n2();
  peer_process n1{{"--name", "n1", "--peer", at("n2", c.port), "--tls",
                   brief.certificate + "," + brief.key + "," + (c.ca->dir / "ca.pem")}};
  n1.expect("ready ");
  n1.expect("up n2");
  const auto expiry = *net::expiry_of(brief.certificate);
  while (std::chrono::system_clock::now() <= expiry + 1s) ::poll(nullptr, 0, 100);
  c.n2->signal(SIGKILL);
  n1.expect("down n2");
  c.start_n2();
  n1.await_status("n2", "the connection was closed during the handshake");
  c.n2->tell("quit");
  CHECK(c.n2->end() == 0);
}

TEST_CASE("without good certificates a node does not start where others can reach it") {
  const authority ca, other;
  const auto refusal = [](const arguments& a) {
    peer_process p{a};
    auto line = p.expect("wrong ");
    CHECK(p.end() == 1);
    return line;
  };
  CHECK(refusal({"--name", "n1", "--host", "0.0.0.0"}).find("need certificates") != std::string::npos);
  CHECK(refusal({"--name", "n1", "--peer", "n2,192.0.2.7,4802"}).find("192.0.2.7 need certificates") !=
        std::string::npos);
  CHECK(refusal({"--name", "n1", "--tls", "/nowhere.pem,/nowhere.key,/nowhere-ca.pem"})
            .starts_with("wrong /nowhere.pem cannot be read"));
  const auto mixed = (ca.dir / "n1.pem") + "," + (ca.dir / "n1.key") + "," + (other.dir / "ca.pem");
  (void)ca.node("n1");
  CHECK(refusal({"--name", "n1", "--tls", mixed}).find("does not come from the authority") !=
        std::string::npos);
  CHECK(refusal({"--name", "n1", "--peer", "n1,127.0.0.1,4801"}).find("two nodes are called \"n1\"") !=
        std::string::npos);
  // With them it may, and on loopback it needs none.
  peer_process abroad{{"--name", "n1", "--host", "0.0.0.0", "--tls", ca.node("n1")}};
  abroad.expect("ready ");
}

TEST_CASE("a peer of another version is refused in words, on both sides") {
  couple c{false};
  c.start_n2({"--oldest", "3", "--newest", "4"});
  c.start_n1();
  CHECK(c.n1->await_status("n2", "incompatible")
            .find("error=incompatible version: n1 speaks protocol 1, n2 speaks 3 "
                  "to 4") != std::string::npos);
  c.n2->await_status("n1", "incompatible version");
  CHECK(c.n1->ask("n2", echoed, 1).find("incompatible version") != std::string::npos);

  // Its next start speaks ours as well.
  c.n2->signal(SIGKILL);
  CHECK(c.n2->end() == -SIGKILL);
  c.start_n2({"--oldest", "1", "--newest", "4"});
  c.n1->expect("up n2");
  c.check_traffic();
}

TEST_CASE("a peer whose very connection is of another version is refused in words, unless both speak one") {
  couple c{GENERATE(true, false)};
  c.start_n2({"--connection", "dip-link-1", "dip-link-2"});
  c.start_n1({"--connection", "dip-link-3"});
  c.n1->await_status("n2", "error=incompatible version: the node there speaks another protocol");
  c.n1->signal(SIGKILL);
  c.start_n1({"--connection", "dip-link-2"});
  c.n1->expect("up n2");
  c.n2->expect("up n1");
  c.check_traffic();
}

TEST_CASE("another cluster and another node than was meant are refused in words") {
  couple c{false};
  c.start_n2({"--cluster", "shop"});
  c.start_n1();
  c.n1->await_status("n2", "error=n1 belongs to the cluster \"dip\", n2 to \"shop\"");

  // Where n3 should be there is n2.
  peer_process n2{{"--name", "n2", "--peer", at("n1", 1)}};
  const auto port = static_cast<std::uint16_t>(std::stoul(n2.expect("ready ").substr(6)));
  peer_process lost{{"--name", "n1", "--peer", at("n3", port)}};
  lost.expect("ready ");
  lost.await_status("n3", "error=n1 looks for n3, and this is n2");
  // And who is not in the cluster does not get in.
  peer_process foreign{{"--name", "m9", "--peer", at("n2", port)}};
  foreign.expect("ready ");
  foreign.await_status("n2", "error=n2 knows no node m9: it is not in its cluster.conf");
}

TEST_CASE("an address that swallows everything, or says nothing, holds up no other link") {
  const silent_listener hole{true}, mute{false};
  couple c{GENERATE(true, false)};
  c.start_n2();
  c.start_n1({"--peer", at("n8", hole.port()), "--peer", at("n9", mute.port())});
  c.n1->expect("up n2");
  c.n1->await_status("n8", "error=the address does not answer");
  c.n1->await_status("n9", "error=");
  for (int i = 0; i < 3; ++i) {
    c.n2->signal(SIGKILL);
    c.n1->expect("down n2");
    c.start_n2();
    c.n1->expect("up n2");
    c.n2->expect("up n1");
    c.check_traffic();
  }
}
