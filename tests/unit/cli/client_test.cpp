// The client as a program, against a node that is a few lines of Python.
#include <algorithm>
#include <optional>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "net/http_client.hpp"
#include "tests/support/python_child.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using nlohmann::json;

namespace {

struct outcome {
  int code = -1;
  std::string out, err;
};

class client {
public:
  explicit client(std::vector<std::string> node_options = {})
      : node_(std::in_place, [&] {
          node_options.insert(node_options.begin(), "tests/support/fake_node.py");
          return node_options;
        }()) {
    set("DIP_URL", "http://127.0.0.1:" + std::to_string(node_->hello()["port"].get<int>()));
  }

  void set(const std::string& name, const std::string& value) { environment_.push_back(name + "=" + value); }

  pid_t start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), DIP_CLIENT);
    std::vector<char*> argv, envp;
    for (auto& a : arguments) argv.push_back(a.data());
    for (auto& e : environment_) envp.push_back(e.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, (dir / "stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
    ::posix_spawn_file_actions_addopen(&actions, 2, (dir / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
    const std::string input = std::filesystem::exists(dir / "stdin") ? dir / "stdin" : "/dev/null";
    ::posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
    pid_t pid = -1;
    const int failed = ::posix_spawn(&pid, DIP_CLIENT, &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);
    return pid;
  }

  void end_node() { node_.reset(); }
  // What the next commands read from their standard input.
  void send(std::string_view bytes) { dir.write("stdin", bytes); }
  [[nodiscard]] std::string url() const { return environment_.front().substr(8); }
  // Files in a directory of this test's, but hidden ones; 0 when there is none.
  [[nodiscard]] size_t results(std::string_view in) const {
    size_t count = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(dir / in, none))
      count += entry.path().filename().string().front() != '.' ? 1 : 0;
    return count;
  }

  outcome finish(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, test::read_file(dir / "stdout"),
            test::read_file(dir / "stderr")};
  }

  outcome run(std::vector<std::string> arguments) { return finish(start(std::move(arguments))); }

  [[nodiscard]] json log() const {
    net::http_request request;
    request.url = url() + "/log";
    return json::parse(net::http_client().perform(request)->body);
  }

  // The calls of one kind so far.
  [[nodiscard]] size_t calls(const std::string& path) const {
    const auto all = log();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const json& c) {
      return c["path"].get<std::string>().substr(0, path.size()) == path;
    }));
  }

  const test::scratch_dir dir;

private:
  std::optional<test::python_child> node_;
  std::vector<std::string> environment_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
  return out;
}

// Exactly one line, and nothing that is meant for a terminal.
bool one_plain_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n' && !has(text, "\x1b");
}

}  // namespace

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
