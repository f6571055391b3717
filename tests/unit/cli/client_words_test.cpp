// What the client tells a person, and a script.
#include "tests/unit/cli/client_kit.hpp"

namespace dip::test {
namespace {

TEST_CASE("the key is sent, and its lack explained") {
  client c({"--key", "sesame"});
  const auto a = c.dir.write("a.jpg", "A");
  const auto refused = c.run({"upload", a});
  CHECK(refused.code == 1);
  CHECK(one_plain_line(refused.err));
  CHECK(has(refused.err, "DIP_API_KEY"));
  c.set("DIP_API_KEY", "sesame");
  CHECK(c.run({"upload", a}).code == 0);
}

TEST_CASE("no node is exit code 3, said once") {
  client c;
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("b.jpg", "B");
  std::string gone;
  {
    const test::python_child other({"tests/support/fake_node.py"});
    gone = "127.0.0.1:" + std::to_string(other.hello()["port"].get<int>());
  }
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"upload", a, b}, {"process", a, b}, {"status", "X"}, {"requests"}}) {
    auto with_url = arguments;
    with_url.insert(with_url.end(), {"--url", gone});
    const auto got = c.run(with_url);
    CAPTURE(arguments[0], got.err);
    CHECK(got.code == 3);
    CHECK(one_plain_line(got.err));
    CHECK(has(got.err, "no node answers at http://" + gone +
                           ": start one with `dip serve`, or name another with --url"));
  }
}

TEST_CASE("wrong usage is exit code 2 and one line") {
  client c;
  const auto a = c.dir.write("a.jpg", "A");
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"upload"},
                                                                     {"prozess", a},
                                                                     {"process", a, "--op", "resise"},
                                                                     {"process", a, "--quality", "101"},
                                                                     {"upload", a, "--wait"}}) {
    const auto got = c.run(arguments);
    CAPTURE(got.err);
    CHECK(got.code == 2);
    CHECK(one_plain_line(got.err));
    CHECK(got.out.empty());
  }
  CHECK(c.log().empty());
}

TEST_CASE("help names every command, with examples") {
  client c;
  const auto got = c.run({"--help"});
  CHECK(got.code == 0);
  for (const char* word : {"upload", "process", "status", "requests", "check-config", "Examples:"})
    CHECK(has(got.out, word));
  CHECK(has(c.run({"process", "--help"}).out, "--op"));
}

TEST_CASE("a file that is none is told before anything is sent") {
  client c;
  const auto got = c.run({"upload", c.dir / "nothing.jpg"});
  CHECK(got.code == 1);
  CHECK(has(got.err, "nothing.jpg: No such file or directory"));
  std::filesystem::create_directory(c.dir / "empty");
  CHECK(has(c.run({"upload", c.dir / "empty"}).err, "there is no image in " + (c.dir / "empty")));
  CHECK(c.log().empty());
}

TEST_CASE("status and requests are tables") {
  client c({"--fail", "bad.jpg"});
  REQUIRE(c.run({"process", c.dir.write("good.jpg", "A")}).code == 0);
  REQUIRE(c.run({"process", c.dir.write("bad.jpg", "B")}).code == 0);
  const auto status = c.run({"status", "R1"});
  CHECK(status.code == 0);
  CHECK(has(status.out, "status    failed\n"));
  CHECK(has(status.out, "error     it is cut off (invalid_image, preprocess)\n"));
  CHECK(has(c.run({"status", "R0"}).out, "OUTPUT"));
  const auto list = c.run({"requests", "--limit", "5", "--status", "failed"});
  CHECK(has(list.out, "REQUEST"));
  CHECK(has(list.out, "R1"));
  const auto found = json::parse(c.run({"requests", "--json", "--since", "2026-03-04T05:06:07Z"}).out);
  CHECK(found["query"] == "limit=20&since=2026-03-04T05%3A06%3A07.000Z");
  CHECK(c.run({"requests", "--since", "yesterday"}).code == 2);
  const auto unknown = c.run({"status", "R9"});
  CHECK(unknown.code == 1);
  CHECK(has(unknown.err, "no such request (not_found)"));
}

TEST_CASE("check-config says what is wrong, as compilers do") {
  client c;
  CHECK(c.run({"check-config", "cluster.conf"}).out ==
        "cluster.conf is good: 3 nodes, 8 partitions, 3 copies of everything, 0 presets\n");
  const auto bad = c.dir.write("bad.conf", "[cluster]\nnam = 1\n");
  const auto got = c.run({"check-config", bad});
  CHECK(got.code == 1);
  CHECK(got.err == bad + ":2:1: cluster.nam is not a key of cluster.conf\n");
  CHECK(json::parse(c.run({"check-config", "--json", bad}).out)["errors"][0]["line"] == 2);
  CHECK(has(c.run({"check-config", "/nonexistent"}).err, "cannot be read: No such file"));
}

TEST_CASE("watch follows the events over broken connections, each once") {
  client c({"--break-streams", "2"});
  REQUIRE(c.run({"process", c.dir.write("a.jpg", "A")}).code == 0);
  const auto got = c.run({"watch", "R0", "--json"});
  CHECK(got.code == 0);
  CHECK(got.err.empty());
  const auto lines = json_lines(got.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["status"] == "accepted");
  CHECK(lines[2]["status"] == "processed");
  CHECK(lines[2]["id"] == "2");
  CHECK(c.calls("/requests/R0/events") == 3);
  CHECK(has(c.run({"watch", "R0"}).out, "05:06:07  processed"));
  CHECK(has(c.run({"watch", "R9"}).err, "no such request (not_found)"));
}

TEST_CASE("what failed is watched to its end, which is exit code 1") {
  client c({"--fail", "a.jpg"});
  REQUIRE(c.run({"process", c.dir.write("a.jpg", "A")}).code == 0);
  const auto got = c.run({"watch", "R0"});
  CHECK(got.code == 1);
  CHECK(got.err == "dip: it is cut off (invalid_image)\n");
}

TEST_CASE("cancel answers for each request") {
  client c({"--hold"});
  REQUIRE(c.run({"process", c.dir.write("a.jpg", "A")}).code == 0);
  const auto got = c.run({"cancel", "R0", "R9"});
  CHECK(got.code == 1);
  CHECK(got.out == "R0\tcancelled\n");
  CHECK(got.err == "dip: R9: no such request (not_found)\n");
  CHECK(has(c.run({"cancel", "R0"}).err, "the request is final (conflict)"));
}

TEST_CASE("info tells what a stored file is") {
  client c;
  CHECK(has(c.run({"info", "F0.jpg"}).out, "pixels    64×48\n"));
  CHECK(json::parse(c.run({"info", "http://x/files/rtp-processed-files/a/b.jpg", "--json"}).out)["url"] ==
        "http://img.example.org/files/rtp-processed-files/a/b.jpg");
}

TEST_CASE("a key that may not do it is explained, and never printed") {
  client c({"--key", "sesame"});
  c.set("DIP_API_KEY", "open-barley");
  const auto got = c.run({"requests"});
  CHECK(got.code == 1);
  CHECK(one_plain_line(got.err));
  CHECK(has(got.err, "the cluster does not know the key in DIP_API_KEY"));
  CHECK_FALSE(has(got.err + got.out, "barley"));
}

TEST_CASE("listings go on over pages") {
  client c;
  for (int i = 0; i < 5; ++i) REQUIRE(c.run({"process", c.dir.write("a.jpg", "A")}).code == 0);
  CHECK(json::parse(c.run({"requests", "--json", "--limit", "5"}).out)["requests"].size() == 5);
  CHECK(json::parse(c.run({"requests", "--json", "--limit", "3"}).out)["requests"].size() == 3);
  CHECK(c.calls("/requests?") == 5);
}

TEST_CASE("when the node is gone for good, that is said once and soon") {
  test::scratch_dir dir;
  std::optional<client> c(std::in_place, std::vector<std::string>{"--hold"});
  std::vector<std::string> arguments{"process", "--out", dir / "out", "--parallel", "2", "--retry-for", "1"};
  for (int i = 0; i < 20; ++i)
    arguments.push_back(dir.write("f" + std::to_string(i) + ".jpg", std::to_string(i)));
  const auto pid = c->start(arguments);
  while (c->calls("/requests/") < 2) {
  }
  c->end_node();
  const auto got = c->finish(pid);
  CHECK(got.code == 3);
  CHECK(one_plain_line(got.err));
  CHECK(std::filesystem::exists(dir / "out/.dip-resume"));
}

}  // namespace
}  // namespace dip::test
