// Supervisors in virtual time.
#include "actors/supervisor.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

using call_atom = caf::atom_constant<caf::atom("call")>;

// Children that note when they begin and end, and do nothing else.
struct family {
  std::vector<std::string> log;
  std::map<std::string, caf::actor> now;

  child_spec child(const std::string& name) {
    return {name, [this, name](caf::local_actor* parent) {
              log.push_back("+" + name);
              auto h = parent->spawn([this, name](caf::event_based_actor* self) -> caf::behavior {
                self->attach_functor([this, name](const caf::error&) { log.push_back("-" + name); });
                return {[](call_atom) {}};
              });
              now[name] = h;
              return h;
            }};
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }
};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("supervisor: it makes its children in order, and again only the one that went down") {
  family f;
  still_node node;
  node.start_supervisor({f.child("a"), f.child("b"), f.child("c")});
  CHECK(f.take() == words{"+a", "+b", "+c"});
  still_node::crash(f.now["b"]);
  node.settle();
  CHECK(f.take() == words{"-b"});
  node.pass(99ms);
  CHECK(f.take().empty());
  node.pass(1ms);
  CHECK(f.take() == words{"+b"});
  f.now.clear();
}

TEST_CASE("supervisor: its children end in reverse order, whatever ends it") {
  family f;
  still_node node;
  auto s = node.start_supervisor({f.child("a"), f.child("b"), f.child("c")});
  (void)f.take();
  SECTION("asked to") { caf::anon_send_exit(s, caf::exit_reason::user_shutdown); }
  SECTION("killed") { caf::anon_send_exit(s, caf::exit_reason::kill); }
  node.settle();
  CHECK(f.take() == words{"-c", "-b", "-a"});
  node.pass(1h);
  CHECK(f.take().empty());
  f.now.clear();
}

TEST_CASE("supervisor: a child that ends normally is made again too") {
  family f;
  still_node node;
  node.start_supervisor({f.child("a")});
  caf::anon_send_exit(f.now["a"], caf::exit_reason::user_shutdown);
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "-a", "+a"});
  f.now.clear();
}

TEST_CASE("supervisor: the intensity is five restarts in 30 s, for each child") {
  family f;
  still_node node;
  const auto s = node.start_supervisor({f.child("a"), f.child("b")});
  const auto fall = [&](const char* name, milliseconds then) {
    still_node::crash(f.now[name]);
    node.pass(then);
  };
  SECTION("five of each are put up with, the sixth within 30 s is not") {
    for (int i = 0; i < 5; ++i) {
      fall("a", 3s);
      fall("b", 3s);
    }
    CHECK(still_node::alive(s.address()));
    (void)f.take();
    fall("a", 0ms);
    CHECK_FALSE(still_node::alive(s.address()));
    CHECK(f.take() == words{"-a", "-b"});
  }
  SECTION("the window is 30 s long, its end included") {
    fall("a", 10s);
    for (int i = 0; i < 4; ++i) fall("a", 5s);
    CHECK(still_node::alive(s.address()));
    fall("a", 0ms);  // 30 s after the first
    CHECK_FALSE(still_node::alive(s.address()));
  }
  SECTION("a restart longer ago does not count") {
    fall("a", 10s + 1ms);
    for (int i = 0; i < 4; ++i) fall("a", 5s);
    fall("a", 0ms);
    CHECK(still_node::alive(s.address()));
  }
  f.now.clear();
}

TEST_CASE("supervisor: one above another makes the whole house again, and nobody of the old one is left") {
  family f;
  still_node node;
  const auto inner = [&](caf::local_actor* parent) {
    return caf::actor_cast<caf::actor>(parent->spawn(supervisor, std::string{"house"},
                                                     std::vector{f.child("a"), f.child("b")}, &node.env,
                                                     restart_config{1}));
  };
  const auto outer = node.start_supervisor({{"house", inner}});
  still_node::crash(f.now["a"]);
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "+b", "-a", "+a"});
  still_node::crash(f.now["a"]);
  node.settle();
  CHECK(f.take() == words{"-a", "-b"});
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "+b"});
  CHECK(still_node::alive(outer.address()));
  f.now.clear();
}
