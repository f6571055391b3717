#include "actors/errand.hpp"

#include <functional>
#include <map>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "actors/directory.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "actors/partition_news.hpp"
#include "tests/unit/actors/still_system.hpp"

namespace dip::test {
namespace {

using namespace std::chrono_literals;

using script = std::function<std::optional<link_reply>(const link_request&)>;  // nothing: never answered

// The link to a node that answers as the test says.
struct scripted_link {
  static inline const char* name = "link";
  std::vector<caf::typed_response_promise<link_reply>> open;
};
link_actor::behavior_type link_to(link_actor::stateful_pointer<scripted_link> self, const script* says) {
  return {
      [](welcome_atom, const std::string&, const caf::actor&) {},
      [](refused_atom, const std::string&) {},
      [](wire_atom, const std::string&) {},
      [](const link_post&) {},
      [=](const link_request& r) -> caf::result<link_reply> {
        if (const auto reply = (*says)(r)) return *reply;
        auto promise = self->make_response_promise<link_reply>();
        self->state.open.push_back(promise);
        return promise;
      },
      [](const link_answer&) {},
      [](hello_atom, const std::string&, const caf::actor&) {},
      [](caf::atom_constant<caf::atom("wake")>, std::int64_t) {},
      [](caf::atom_constant<caf::atom("look")>, std::uint64_t, std::int64_t) {},
  };
}

link_reply with(const answer& a) { return {true, errc::internal, false, encode(a)}; }
link_reply led_by(const std::string& node) {
  auto a = error_answer({errc::no_quorum, "the partition is not led here", ""});
  a.leader = node;
  return with(a);
}

// Node n1, which keeps no replica of the partition; n2 and n3 do.
class caller final : public still_system {
public:
  caller() {
    env.time = &time();
    env.where = &where;
    env.node = "n1";
    env.leads = &leads;
    env.linked = &all;
    env.place_of = [](partition_id p) { return partition_place{p, {"n2", "n3"}, "n2"}; };
    for (const auto* const node : {"n2", "n3"}) (void)all.put(node, keep(system.spawn(link_to, &says[node])));
  }
  ~caller() {
    end_actors();
    all.clear();
    where.clear();
    must_be_empty();
  }
  auto call(const command& what) {
    return ask<answer>(system.spawn(errand, &env),
                       far_call{envelope_kind::propose, {}, encode(propose{what})});
  }

  std::map<std::string, script> says;
  directory where;
  leaders leads{"n1", 1};
  links all;
  environment env;

private:
  bool write_logs() override { return false; }
};

}  // namespace

TEST_CASE("errand: who was asked in vain says whom to ask, and is asked first no more") {
  caller c;
  int asked_in_vain = 0;
  c.says["n2"] = [&](const link_request&) { return ++asked_in_vain, led_by("n3"); };
  c.says["n3"] = [](const link_request& r) {
    CHECK(r.kind == envelope_kind::propose);
    return with({});
  };
  for (int i = 0; i < 3; ++i) {
    const auto a = c.call(barrier{});
    c.pass(1s);
    REQUIRE(a->value);
    CHECK(a->value->ok);
  }
  CHECK(asked_in_vain == 1);
  CHECK(c.leads.of({}) == "n3");
}

TEST_CASE("errand: a link that is down costs a moment, not the call") {
  caller c;
  c.leads.hint({}, "n2");
  c.says["n2"] = [](const link_request&) { return refuse(errc::no_quorum, "n2 cannot be reached"); };
  c.says["n3"] = [](const link_request&) { return with({}); };
  const auto a = c.call(barrier{});
  c.pass(1s);
  REQUIRE(a->value);
  CHECK(a->value->ok);
  CHECK_FALSE(a->value->maybe_taken);
}

TEST_CASE("errand: with no leader to be had it ends, and nothing was taken") {
  caller c;
  int tries = 0;
  c.says["n2"] = c.says["n3"] = [&](const link_request& r) {
    CHECK(r.within <= 3s);
    ++tries;
    return led_by("");
  };
  const auto a = c.call(barrier{});
  c.pass(7s);
  CHECK(a->open());
  c.pass(2s);
  REQUIRE(a->value);
  CHECK(a->value->code == errc::no_quorum);
  CHECK_FALSE(a->value->maybe_taken);
  CHECK(tries > 10);
}

TEST_CASE("errand: what may have been taken is tried again, and what the second time says is marked") {
  caller c;
  int tries = 0;
  auto second = answer{};
  SECTION("taken now, or before: it is in the log") {}
  SECTION("the second time is refused as the first was taken") {
    second = error_answer({errc::stale_lease, "the lease is not held", ""});
  }
  c.says["n2"] = c.says["n3"] = [&](const link_request&) {
    return ++tries == 1 ? refuse(errc::no_quorum, "the connection broke", true) : with(second);
  };
  const auto a = c.call(barrier{});
  c.pass(1s);
  REQUIRE(a->value);
  CHECK(tries == 2);
  CHECK(a->value->ok == second.ok);
  CHECK(a->value->maybe_taken == !second.ok);
}

TEST_CASE("errand: a refusal that is no question of leaders is the answer at once") {
  caller c;
  c.says["n2"] = c.says["n3"] = [](const link_request&) {
    return with(error_answer({errc::disk_full, "no space", ""}));
  };
  const auto a = c.call(barrier{});
  c.settle();
  REQUIRE(a->value);
  CHECK(a->value->code == errc::disk_full);
  CHECK_FALSE(a->value->maybe_taken);
}

TEST_CASE("leaders: what this node's own replica knows weighs more than a hint") {
  leaders l{"n1", 2};
  CHECK(l.of({}).empty());
  l.hint({}, "n3");
  CHECK(l.of({}) == "n3");
  l.heard({}, {22}, 1);  // nobody has said yet who that is
  CHECK(l.of({}).empty());
  l.met("n2", {22});
  CHECK(l.of({}) == "n2");
  l.hint({}, "n3");
  CHECK(l.of({}) == "n2");
  l.heard({}, {}, 2);
  CHECK(l.of({}) == "n3");
  CHECK(l.term({}) == 2);
  CHECK(l.of({1}).empty());
  // Back under another name: both are that node.
  l.met("n2", {23}, true);
  CHECK(l.node_of({22}) == "n2");
  CHECK(l.raft_name_of("n2") == node_id{23});
  CHECK(l.is_to_follow("n2"));
  CHECK_FALSE(l.is_to_follow("n1"));
  CHECK_FALSE(l.raft_name_of("n4"));
}

}  // namespace dip::test
