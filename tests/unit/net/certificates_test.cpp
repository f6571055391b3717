#include "net/certificates.hpp"

#include <chrono>
#include <cstdlib>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds a_year = 24h * 365;

struct cluster_dir {
  test::scratch_dir dir;
  net::key_pair_files authority = pair("ca");

  [[nodiscard]] net::key_pair_files pair(const std::string& name) const {
    return {dir / (name + ".pem"), dir / (name + ".key")};
  }
  void make_authority(milliseconds valid = a_year) const {
    REQUIRE(net::make_authority(authority, {"dip", {}, valid}));
  }
  [[nodiscard]] net::node_credentials make_node(const std::string& name, milliseconds valid = a_year) const {
    const auto files = pair(name);
    REQUIRE(
        net::make_node_certificate(files, {name, {"127.0.0.1", "::1", name + ".example"}, valid}, authority));
    return {files.certificate, files.key, authority.certificate};
  }
  // The output of openssl, which is somebody else's reading of what was made.
  [[nodiscard]] std::string openssl(const std::string& arguments) const {
    const auto command = "cd '" + dir.text() + "' && openssl " + arguments + " >out 2>&1";
    const bool well = std::system(command.c_str()) == 0;
    return (well ? "" : "failed: ") + test::read_file(dir / "out");
  }
};

mode_t mode_of(const std::string& file) {
  struct stat s{};
  REQUIRE(::stat(file.c_str(), &s) == 0);
  return s.st_mode & 0777;
}

bool one_sentence(const std::vector<std::string>& wrong, const std::string& part) {
  CAPTURE(wrong, part);
  return wrong.size() == 1 && wrong[0].find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a node's certificate is believed by all who know the authority") {
  const cluster_dir c;
  c.make_authority();
  const auto n1 = c.make_node("n1");
  CHECK(net::check_credentials(n1).empty());
  CHECK(mode_of(n1.key) == 0600);
  CHECK(mode_of(c.authority.key) == 0600);
  CHECK(mode_of(n1.certificate) == 0644);

  CHECK(c.openssl("verify -CAfile ca.pem -purpose sslserver -verify_ip 127.0.0.1 n1.pem") == "n1.pem: OK\n");
  CHECK(c.openssl("verify -CAfile ca.pem -purpose sslclient -verify_hostname n1.example n1.pem") ==
        "n1.pem: OK\n");
  CHECK(c.openssl("verify -CAfile ca.pem -verify_ip 127.0.0.2 n1.pem").starts_with("failed"));
  const auto text = c.openssl("x509 -in n1.pem -noout -text");
  CHECK(text.find("prime256v1") != std::string::npos);
  CHECK(text.find("IP Address:0:0:0:0:0:0:0:1") != std::string::npos);
  // No node can make certificates.
  CHECK(text.find("CA:FALSE") != std::string::npos);
}

TEST_CASE("nothing is ever overwritten, nor left half done") {
  const cluster_dir c;
  c.make_authority();
  const auto before = test::read_file(c.authority.key);
  CHECK(net::make_authority(c.authority, {"dip", {}, a_year}).error().code == errc::conflict);
  CHECK(test::read_file(c.authority.key) == before);

  c.dir.write("n1.pem", "somebody's");
  const auto refused = net::make_node_certificate(c.pair("n1"), {"n1", {"127.0.0.1"}, a_year}, c.authority);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().detail.find("n1.pem") != std::string::npos);
  CHECK(test::read_file(c.dir / "n1.pem") == "somebody's");
  CHECK(c.dir.names().size() == 3);
}

TEST_CASE("what cannot be made is refused") {
  const cluster_dir c;
  c.make_authority();
  const auto code_of = [&](const net::certificate_spec& spec) {
    return net::make_node_certificate(c.pair("x"), spec, c.authority).error().code;
  };
  CHECK(code_of({"", {"h"}, a_year}) == errc::bad_request);
  CHECK(code_of({std::string(65, 'n'), {"h"}, a_year}) == errc::bad_request);
  CHECK(code_of({"n", {"h,DNS:evil"}, a_year}) == errc::bad_request);
  CHECK(code_of({"n", {""}, a_year}) == errc::bad_request);
  CHECK(code_of({"n", {"h"}, milliseconds{999}}) == errc::bad_request);
  CHECK(
      net::make_node_certificate({c.dir / "no/x.pem", c.dir / "no/x.key"}, {"n", {"h"}, a_year}, c.authority)
          .error()
          .code == errc::io);
  CHECK(net::make_node_certificate(c.pair("x"), {"n", {"h"}, a_year}, c.pair("nobody")).error().code ==
        errc::io);
  CHECK(net::make_node_certificate(c.pair("x"), {std::string(64, 'n'), {"h"}, 1s}, c.authority));
}

TEST_CASE("a certificate ends no later than its authority") {
  const cluster_dir c;
  c.make_authority(1h);
  const auto n1 = c.make_node("n1", a_year);
  CHECK(*net::expiry_of(n1.certificate) == *net::expiry_of(c.authority.certificate));
}

TEST_CASE("each thing that is wrong is said, with the file that it is wrong in") {
  const cluster_dir c, other;
  c.make_authority();
  other.make_authority();
  const auto n1 = c.make_node("n1"), n2 = c.make_node("n2"), foreign = other.make_node("n1");
  const auto check = [](const std::string& cert, const std::string& key, const std::string& ca) {
    return net::check_credentials({cert, key, ca});
  };

  CHECK(
      one_sentence(check(c.dir / "none.pem", n1.key, n1.authority), "none.pem cannot be read: No such file"));
  CHECK(one_sentence(check(n1.certificate, c.dir / "none.key", n1.authority), "none.key cannot be read"));
  CHECK(one_sentence(check(n1.certificate, n1.key, c.dir / "none.pem"), "none.pem cannot be read"));
  CHECK(check("", "", "").size() == 3);
  CHECK(one_sentence(check(n1.certificate, n2.key, n1.authority), "n2.key is not the key of"));
  CHECK(one_sentence(check(n1.certificate, n1.key, foreign.authority), "does not come from the authority"));
  CHECK(one_sentence(check(foreign.certificate, foreign.key, n1.authority),
                     "does not come from the authority"));

  const auto empty = c.dir.write("empty.pem", "nothing here\n");
  CHECK(one_sentence(check(empty, n1.key, n1.authority), "empty.pem holds no certificate"));
  CHECK(one_sentence(check(n1.certificate, empty, n1.authority), "empty.pem holds no private key"));
  auto damaged = test::read_file(n1.certificate);
  damaged.erase(damaged.find("\n") + 20, 8);
  CHECK(!check(c.dir.write("damaged.pem", damaged), n1.key, n1.authority).empty());
  const auto half = test::read_file(c.authority.certificate) + test::read_file(n1.certificate).substr(0, 200);
  CHECK(
      one_sentence(check(n1.certificate, n1.key, c.dir.write("half.pem", half)), "half.pem holds a damaged"));

  REQUIRE(::chmod(n1.key.c_str(), 0640) == 0);
  CHECK(one_sentence(net::check_credentials(n1), "n1.key can be read by others"));
  REQUIRE(::chmod(n1.key.c_str(), 0600) == 0);
  CHECK(net::check_credentials(n1).empty());
}

TEST_CASE("expired, not valid yet and made for another purpose are told apart") {
  const cluster_dir c;
  c.make_authority();
  const auto n1 = c.make_node("n1");
  const std::string leaf = "req -new -key n1.key -subj /CN=n1 -out n1.csr && openssl ";
  const auto sign = [&](const std::string& how) {
    return c.openssl(leaf + "x509 -req -in n1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out other.pem " +
                     how);
  };
  const net::node_credentials other{c.dir / "other.pem", n1.key, n1.authority};

  c.dir.write("both", "extendedKeyUsage=serverAuth,clientAuth\n");
  REQUIRE(!sign("-days 0 -extfile both").starts_with("failed"));
  CHECK(one_sentence(net::check_credentials(other), "expired at 20"));

  c.dir.write("server", "extendedKeyUsage=serverAuth\n");
  REQUIRE(!sign("-days 1 -extfile server").starts_with("failed"));
  CHECK(one_sentence(net::check_credentials(other), "may not be used as a client"));

  c.dir.write("client", "extendedKeyUsage=clientAuth\n");
  REQUIRE(!sign("-days 1 -extfile client").starts_with("failed"));
  CHECK(one_sentence(net::check_credentials(other), "may not be used as a server"));

  REQUIRE(!sign("-days 1 -extfile both").starts_with("failed"));
  CHECK(net::check_credentials(other).empty());
}
