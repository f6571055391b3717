// Images on their way to a node and back.
#include "tests/unit/cli/client_kit.hpp"

namespace dip::test {
namespace {

TEST_CASE("upload prints each file's URL and keeps its name") {
  client c;
  const auto a = c.dir.write("Grüße 1.jpg", "A");
  const auto got = c.run({"upload", a});
  CHECK(got.code == 0);
  CHECK(got.err.empty());
  CHECK(got.out == a + "\thttp://img.example.org/files/rtp-request-files/F0.jpg\n");
  CHECK(c.log()[0]["headers"]["content-disposition"] ==
        "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.jpg");

  const auto as_json = json_lines(c.run({"upload", "--json", a}).out);
  REQUIRE(as_json.size() == 1);
  CHECK(as_json[0]["key"] == "F1.jpg");
  CHECK(as_json[0]["input"] == a);
}

TEST_CASE("process uploads, submits, waits and downloads") {
  client c;
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("b.jpg", "B");
  const auto out = c.dir / "out/deep";
  const auto got =
      c.run({"process", a, b, "--op", "resize:width=800,fit=cover", "--op", "sharpen", "--format", "webp",
             "--quality", "82", "--email", "owner@example.org", "--out", out});
  CHECK(got.code == 0);
  CHECK(got.err.empty());
  CHECK(has(got.out, a + "\t" + out + "/a.webp\n"));
  CHECK(test::read_file(out + "/a.webp") == "result of A");
  CHECK(test::read_file(out + "/b.webp") == "result of B");
  const auto record = json::parse(c.run({"status", "R0", "--json"}).out);
  CHECK(record["asked"]["operations"] ==
        json::array({{{"op", "resize"}, {"width", 800}, {"fit", "cover"}}, {{"op", "sharpen"}}}));
  CHECK(record["asked"]["outputs"] ==
        json::array({{{"name", "output"}, {"format", "webp"}, {"quality", 82}}}));
  CHECK(record["asked"]["notify"]["email"] == "owner@example.org");

  const auto again = c.run({"process", a, "--format", "webp", "--out", out});
  CHECK(again.code == 1);
  CHECK(one_plain_line(again.err));
  CHECK(has(again.err, "a.webp is there already; --force replaces it"));
  CHECK(c.run({"process", a, "--format", "webp", "--out", out, "--force"}).code == 0);
}

TEST_CASE("two files of one name do not take each other's place, forced or not") {
  client c;
  std::filesystem::create_directory(c.dir / "other");
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("other/a.jpg", "B");
  const auto got = c.run({"process", a, b, "--out", c.dir / "out", "--force"});
  CHECK(got.code == 2);
  CHECK(one_plain_line(got.err));
  CHECK(has(got.err, "would both become " + (c.dir / "out/a.jpg") + "; put {dir} or {file} into --out"));
  CHECK(c.log().empty());
}

TEST_CASE("without waiting, the request's id is the answer") {
  client c;
  const auto a = c.dir.write("a.jpg", "A");
  CHECK(c.run({"process", a, "--preset", "avatar"}).out == a + "\tR0\n");
  CHECK(c.calls("/requests/") == 0);
  CHECK(has(c.run({"process", a, "--wait"}).out, "\thttp://img.example.org/files/rtp-processed-files/"));
}

TEST_CASE("many files go on beside one that fails") {
  client c({"--fail", "f7.jpg"});
  std::vector<std::string> arguments{"process", "--json", "--out", c.dir / "out"};
  for (int i = 0; i < 30; ++i)
    arguments.push_back(c.dir.write("f" + std::to_string(i) + ".jpg", std::to_string(i)));
  const auto got = c.run(arguments);
  CHECK(got.code == 1);
  CHECK(one_plain_line(got.err));
  CHECK(has(got.err, "f7.jpg: it is cut off (invalid_image); dip status R"));
  const auto lines = json_lines(got.out);
  CHECK(lines.size() == 30);
  CHECK(std::count_if(lines.begin(), lines.end(),
                      [](const json& l) { return l.value("status", "") == "processed"; }) == 29);
  CHECK(test::read_file(c.dir / "out/f29.jpg") == "result of 29");
}

TEST_CASE("a node without room is asked again") {
  client c({"--busy", "3"});
  CHECK(c.run({"process", c.dir.write("a.jpg", "A"), "--wait"}).code == 0);
  const auto log = c.log();
  CHECK(log.size() == 5);
}

TEST_CASE("Ctrl-C ends the waiting and leaves no half result") {
  client c({"--hold"});
  const auto pid = c.start({"process", c.dir.write("a.jpg", "A"), "--out", c.dir / "out"});
  while (c.calls("/requests/") == 0) {
  }
  ::kill(pid, SIGINT);
  const auto got = c.finish(pid);
  CHECK(got.code == 130);
  CHECK(got.out.empty());
  CHECK(got.err == "dip: interrupted; the same command goes on from here\n");
  CHECK_FALSE(std::filesystem::exists(c.dir / "out/a.jpg"));
}

TEST_CASE("a directory is walked, and results stand as their files do") {
  client c;
  std::filesystem::create_directories(c.dir / "in/deep");
  c.dir.write("in/b.jpg", "B");
  c.dir.write("in/deep/a.jpg", "A");
  c.dir.write("in/notes.txt", "no image");
  const auto got = c.run({"process", c.dir / "in", "--out", c.dir / "in/out", "--json"});
  CHECK(got.code == 0);
  CHECK(got.err == "dip: 1 file is no image and left out: notes.txt\n");
  const auto lines = json_lines(got.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == json{{"input", c.dir / "in/notes.txt"}, {"left_out", "no image"}});
  CHECK(test::read_file(c.dir / "in/out/b.jpg") == "result of B");
  CHECK(test::read_file(c.dir / "in/out/deep/a.jpg") == "result of A");
  // What was done is forgotten, and results are no inputs.
  CHECK_FALSE(std::filesystem::exists(c.dir / "in/out/.dip-resume"));
  CHECK(json_lines(c.run({"process", c.dir / "in", "--out", c.dir / "in/out", "--force", "--json"}).out)
            .size() == 3);
}

TEST_CASE("--out makes names, and a node's own cannot lead out of the directory") {
  client c({"--name", ".."});
  const auto a = c.dir.write("a.jpg", "A");
  CHECK(c.run({"process", a, "--out", c.dir / "t/{name}/{stem}-{width}x{height}.{ext}"}).code == 0);
  CHECK(test::read_file(c.dir / "t/__/a-32x24.jpg") == "result of A");
  const auto wrong = c.run({"process", a, "--out", "{stam}.{ext}"});
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "{stam} is none of {dir}, {file}, {stem}"));
}

TEST_CASE("--out names one file, whose extension is the format") {
  client c;
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("b.jpg", "B");
  CHECK(c.run({"process", a, "--out", c.dir / "small.webp"}).code == 0);
  CHECK(test::read_file(c.dir / "small.webp") == "result of A");
  CHECK(json::parse(c.run({"status", "R0", "--json"}).out)["asked"]["outputs"][0]["format"] == "webp");
  CHECK(c.run({"process", a, b, "--out", c.dir / "other.webp"}).code == 2);
}

TEST_CASE("an image comes from standard input and goes to standard output") {
  client c;
  c.send("PIPED");
  const auto got = c.run({"process", "-", "--format", "webp", "--out", "-"});
  CHECK(got.code == 0);
  CHECK(got.out == "result of PIPED");
  CHECK(got.err.empty());
  CHECK(has(c.run({"upload", "-"}).out, "-\thttp://img.example.org/"));
  const auto two = c.run({"process", "-", c.dir.write("a.jpg", "A"), "--out", "-"});
  CHECK(two.code == 2);
  CHECK(c.run({"process", "-", "--json", "--out", "-"}).code == 2);
}

TEST_CASE("a killed run goes on, and nothing is sent or processed twice") {
  client c({"--hold-after", "6"});
  std::vector<std::string> arguments{"process", "--out", c.dir / "out", "--parallel", "3"};
  for (int i = 0; i < 9; ++i)
    arguments.push_back(c.dir.write("f" + std::to_string(i) + ".jpg", std::to_string(i)));
  const auto pid = c.start(arguments);
  while (c.calls("/process-file") < 9 || c.results("out") < 6) {
  }
  ::kill(pid, SIGKILL);
  (void)c.finish(pid);
  CHECK(std::filesystem::exists(c.dir / "out/.dip-resume"));
  const size_t fetched = c.calls("/files/rtp-processed-files/");

  const auto second = c.start(arguments);
  while (c.calls("/requests/R6") < 2 || c.calls("/requests/R7") < 2 || c.calls("/requests/R8") < 2) {
  }
  ::kill(second, SIGINT);
  CHECK(c.finish(second).code == 130);
  CHECK(c.calls("/process-file") == 9);
  CHECK(c.calls("/files/rtp-processed-files/") - fetched <= 3);
}

TEST_CASE("an upload that is done is not sent again, until the file is another") {
  client c;
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("b.jpg", "B"), state = c.dir / "state";
  const auto first = c.run({"upload", a, b, "--resume", state, "--parallel", "1"});
  CHECK(first.code == 0);
  CHECK(c.run({"upload", a, b, "--resume", state, "--parallel", "1"}).out == first.out);
  CHECK(c.calls("/files") == 2);
  c.dir.write("b.jpg", "another");
  CHECK(c.run({"upload", a, b, "--resume", state}).code == 0);
  CHECK(c.calls("/files") == 3);
  const auto no_state = c.run({"upload", a, "--resume", a});
  CHECK(no_state.code == 1);
  CHECK(has(no_state.err, "is not a file that --resume has written"));
}

TEST_CASE("a request that failed is made anew by the next run") {
  client c({"--fail", "a.jpg"});
  const auto a = c.dir.write("a.jpg", "A"), b = c.dir.write("b.jpg", "B");
  CHECK(c.run({"process", a, b, "--out", c.dir / "out"}).code == 1);
  CHECK(c.run({"process", a, b, "--out", c.dir / "out"}).code == 1);
  CHECK(c.calls("/process-file") == 3);
}

TEST_CASE("the next node of the list is asked when one is gone") {
  client c;
  std::string gone;
  {
    const test::python_child other({"tests/support/fake_node.py"});
    gone = "127.0.0.1:" + std::to_string(other.hello()["port"].get<int>());
  }
  const auto a = c.dir.write("a.jpg", "A");
  CHECK(c.run({"process", a, "--wait", "--url", gone, "--url", c.url()}).code == 0);
  CHECK(c.run({"process", a, "--wait", "--url", gone + "," + c.url()}).code == 0);
  CHECK(has(c.run({"requests", "--url", gone + "," + gone}).err,
            "no node answers at http://" + gone + ", http://" + gone + ": start"));
}

TEST_CASE("a wait that is longer than --retry-for is not begun") {
  client c({"--busy", "1000", "--retry-after", "30"});
  const auto got = c.run({"requests", "--retry-for", "5"});
  CHECK(got.code == 1);
  CHECK(got.err == "dip: no room now (overloaded)\n");
  CHECK(c.log().size() == 1);
}

}  // namespace
}  // namespace dip::test
