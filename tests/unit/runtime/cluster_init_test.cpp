#include "runtime/cluster_init.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds a_year = 24h * 365;

config three_nodes() {
  auto c = default_config();
  c.nodes.clear();
  for (const std::string name : {"n1", "n2", "n3"}) {
    node_config n;
    n.name = name;
    n.host = "node-" + name + ".example";
    c.nodes.push_back(n);
  }
  return c;
}

}  // namespace

TEST_CASE("all nodes of a cluster.conf get certificates that are good") {
  const test::scratch_dir dir;
  const auto made = make_cluster_certificates(three_nodes(), dir / "tls", a_year);
  REQUIRE(made);
  CHECK(made->size() == 4);
  for (const std::string name : {"n1", "n2", "n3"})
    CHECK(net::check_credentials(credentials_in(dir / "tls", name)).empty());
  struct stat s{};
  REQUIRE(::stat((dir / "tls").c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0700);
}

TEST_CASE("a second time only what is missing is made: a new node joins with the same authority") {
  const test::scratch_dir dir;
  auto conf = three_nodes();
  REQUIRE(make_cluster_certificates(conf, dir.text(), a_year));
  const auto authority = test::read_file(dir / "ca.key"), n1 = test::read_file(dir / "n1.pem");
  CHECK(make_cluster_certificates(conf, dir.text(), a_year)->empty());
  conf.nodes.push_back(conf.nodes.front());
  conf.nodes.back().name = "n4";
  CHECK(make_cluster_certificates(conf, dir.text(), a_year)->size() == 1);
  CHECK(test::read_file(dir / "ca.key") == authority);
  CHECK(test::read_file(dir / "n1.pem") == n1);
  CHECK(net::check_credentials(credentials_in(dir.text(), "n4")).empty());
}

TEST_CASE("half a pair, a node called ca and a directory that cannot be are refused") {
  const test::scratch_dir dir;
  auto conf = three_nodes();
  dir.write("n2.pem", "somebody's");
  const auto half = make_cluster_certificates(conf, dir.text(), a_year);
  REQUIRE(!half);
  CHECK(half.error().code == errc::conflict);
  CHECK(half.error().detail.find("n2.pem is there without") != std::string::npos);
  conf.nodes.front().name = "ca";
  CHECK(make_cluster_certificates(conf, dir / "other", a_year).error().code == errc::bad_request);
  CHECK(make_cluster_certificates(conf, dir / "no/such", a_year).error().code == errc::io);
}
