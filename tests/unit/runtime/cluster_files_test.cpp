#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "runtime/node_log.hpp"
#include "runtime/node_view.hpp"
#include "runtime/ssh_call.hpp"
#include "runtime/supervisor_state.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;

namespace {

cluster_place place_in(const test::scratch_dir& dir) {
  cluster_place p;
  p.config = dir / "cluster.conf";
  p.home = p.directory = dir.text();
  return p;
}

}  // namespace

TEST_CASE("a supervisor's state is read as it was written, and by nobody after the machine started again") {
  const test::scratch_dir dir;
  const auto place = place_in(dir);
  supervisor_state state{boot_id(), "/etc/dip/cluster.conf", 17, {}};
  supervised_node n{
      "n1", 18, 1234, wall_time{milliseconds{1'000'000'000'123}}, 2, "was ended by SIGKILL", std::nullopt};
  state.nodes.push_back(n);
  n.name = "n2";
  n.starts_again = wall_time{milliseconds{1'000'000'002'000}};
  state.nodes.push_back(n);
  CHECK(parse_supervisor_state(to_text(state)) == state);
  CHECK_FALSE(parse_supervisor_state("{}"));
  CHECK_FALSE(parse_supervisor_state("not json"));

  CHECK(read_state(place) == supervisor_state{});
  REQUIRE(replace_file(place.state_file(), to_text(state)));
  CHECK(read_state(place) == state);
  state.boot = "another";
  REQUIRE(replace_file(place.state_file(), to_text(state)));
  CHECK(read_state(place) == supervisor_state{});
}

TEST_CASE("a pid is believed only together with its start") {
  const auto ticks = start_ticks_of(::getpid());
  REQUIRE(ticks);
  CHECK(watched_process::find(::getpid(), *ticks));
  CHECK_FALSE(watched_process::find(::getpid(), *ticks + 1));
  CHECK_FALSE(watched_process::find(0, 0));
}

TEST_CASE("there is one supervisor, and to ask for it does not take its place") {
  const test::scratch_dir dir;
  const auto place = place_in(dir);
  CHECK_FALSE(supervisor_lock::holder(place));
  {
    const auto lock = supervisor_lock::take(place);
    REQUIRE(lock);
    const auto holder = supervisor_lock::holder(place);
    REQUIRE(holder);
    CHECK(holder->pid() == ::getpid());
    const auto second = supervisor_lock::take(place);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == errc::conflict);
  }
  CHECK_FALSE(supervisor_lock::holder(place));
  CHECK(supervisor_lock::take(place));
}

TEST_CASE("a process is started in its directory, and how it ended is known") {
  const test::scratch_dir dir;
  const auto run = [&](const std::string& script) {
    auto p = watched_process::start({"/bin/sh", "-c", script}, dir.text(), dir / "log");
    REQUIRE(p);
    REQUIRE(p->wait_for_end(-1));
    return *p->ended();
  };
  CHECK(run("pwd").well);
  CHECK(run("exit 3").text == "ended with 3");
  CHECK(run("kill -9 $$").text == "was ended by SIGKILL");
  CHECK(last_lines(dir / "log", 1) == std::vector<std::string>{dir.text()});
  const auto none = watched_process::start({"/no/such/program"}, dir.text(), dir / "log");
  REQUIRE_FALSE(none);
  CHECK(none.error().detail.find("/no/such/program cannot be started") == 0);
}

TEST_CASE("a log beyond its size is put aside, and its last lines are still found") {
  const test::scratch_dir dir;
  const auto log = dir.write("n1.log", "one\ntwo\nthree\n");
  bound_log(log, 14);
  CHECK(test::read_file(log) == "one\ntwo\nthree\n");
  bound_log(log, 13);
  CHECK(test::read_file(log).empty());
  CHECK(test::read_file(log + ".1") == "one\ntwo\nthree\n");
  (void)dir.write("n1.log", "four\n");
  CHECK(last_lines(log, 2) == std::vector<std::string>{"three", "four"});
  CHECK(last_lines(log, 9).size() == 4);
  CHECK(last_lines(dir / "none", 3).empty());
}

TEST_CASE("words arrive as they are over a shell") {
  CHECK(quoted({"dip", "it's", "a b", "$x"}) == R"('dip' 'it'\''s' 'a b' '$x')");
  const auto words = ssh_words("dip@b", {"dip", "cluster"});
  CHECK(std::vector<std::string>(words.end() - 3, words.end()) ==
        std::vector<std::string>{"--", "dip@b", "'dip' 'cluster'"});
}

TEST_CASE("nodes as a table and as JSON") {
  auto conf = default_config();
  conf.nodes[0].http = 8081;
  conf.nodes[0].actors = 4801;
  auto ready = view_of(conf, conf.nodes[0], "");
  ready.pid = 4711;
  ready.is = node_view::state::ready;
  ready.supervised = true;
  auto far = view_of(conf, conf.nodes[0], "dip@b");
  far.name = "n2";
  far.is = node_view::state::not_ready;
  far.detail = "it does not answer";
  CHECK(render_nodes({ready}, 0, {}) ==
        "NODE  ADDRESS                ACTORS   PID  STATE\n"
        "n1    http://127.0.0.1:8081    4801  4711  ready\n");
  CHECK(render_nodes({ready, far}, 0, {}) ==
        "NODE  ADDRESS                ACTORS   PID  MACHINE  STATE\n"
        "n1    http://127.0.0.1:8081    4801  4711  here     ready\n"
        "n2    http://127.0.0.1:8081    4801        dip@b    not ready: it does not answer (without a "
        "supervisor)\n");
  CHECK(all_ready({ready}));
  CHECK_FALSE(all_ready({ready, far}));
  CHECK(parse_node_views(to_json(std::vector{ready, far}).dump()) == std::vector{ready, far});
  CHECK_FALSE(parse_node_views("{}"));
  conf.security.tls_cert = "cert.pem";
  CHECK(view_of(conf, conf.nodes[0], "").url == "https://127.0.0.1:8081");
}
