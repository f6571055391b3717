#include "actors/group_keeper.hpp"

#include <map>
#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace dip;

namespace {

using kind = group_step::kind;
constexpr auto voter = member_role::voter, learner = member_role::learner;

// A partition as its leader n1 sees it: n1 is 1 in Raft, n2 is 2, and so on; all are up, and close.
struct scene {
  membership members = make_membership({{1}, {2}, {3}});
  bool changing = false, to_follow = false;
  std::vector<std::string> wanted{"n1", "n2", "n3"};
  std::string leader = "n1";
  std::map<std::string, node_id> names{{"n1", {1}}, {"n2", {2}}, {"n3", {3}}, {"n4", {4}}};
  std::map<node_id, std::string> nodes{{{1}, "n1"}, {{2}, "n2"}, {{3}, "n3"}, {{4}, "n4"}, {{22}, "n2"}};
  std::set<std::string> down;
  std::set<node_id> caught_up, far;

  [[nodiscard]] group_picture picture() const {
    return {.self = {1},
            .members = members,
            .changing = changing,
            .wanted = {{0}, wanted, leader},
            .to_follow = to_follow,
            .raft_name_of = [this](const std::string& n) -> std::optional<node_id> {
              const auto it = names.find(n);
              return it == names.end() ? std::nullopt : std::optional{it->second};
            },
            .node_of =
                [this](node_id id) {
                  const auto it = nodes.find(id);
                  return it == nodes.end() ? std::string{} : it->second;
                },
            .able = [this](const std::string& n) { return !down.contains(n); },
            .caught_up = [this](node_id id) { return caught_up.contains(id); },
            .is_close = [this](node_id id) { return !far.contains(id); }};
  }
  [[nodiscard]] std::optional<group_step> next() const { return next_step(picture()); }
  [[nodiscard]] bool settled() const { return is_settled(picture()); }
  // Does what it says until it has nothing more to say, or hands over; answers the memberships on the way.
  std::vector<std::string> run() {
    std::vector<std::string> out;
    for (int i = 0; i < 20; ++i) {
      const auto step = next();
      if (!step) return out;
      switch (step->what) {
        case kind::change:
          members = step->members;
          out.push_back(to_string(members));
          break;
        case kind::catch_up: caught_up.insert(step->id); break;
        case kind::transfer: out.push_back("to " + std::to_string(step->id.value)); return out;
      }
    }
    out.emplace_back("without end");
    return out;
  }
};

}  // namespace

TEST_CASE("a group that is as it should be is left alone") {
  const scene s;
  CHECK_FALSE(s.next());
  CHECK(s.settled());
}

TEST_CASE("a node that is to keep a copy comes in as a learner, catches up, and votes") {
  scene s;
  s.members = make_membership({{1}, {2}});
  CHECK_FALSE(s.settled());
  auto step = s.next();
  REQUIRE(step);
  CHECK(step->what == kind::change);
  CHECK(step->members == s.members.with({3}, learner));
  s.members = step->members;
  CHECK_FALSE(s.settled());
  step = s.next();
  REQUIRE(step);
  CHECK(step->what == kind::catch_up);
  CHECK(step->id == node_id{3});
  s.caught_up.insert({3});
  step = s.next();
  REQUIRE(step);
  CHECK(step->members == s.members.with({3}, voter));
  s.members = step->members;
  CHECK_FALSE(s.next());
  CHECK(s.settled());
}

TEST_CASE("one replaces another: the new one votes before the old one goes") {
  scene s;
  s.wanted = {"n1", "n2", "n4"};
  CHECK(s.run() == std::vector<std::string>{"1 2 3 4?", "1 2 3 4", "1 2 4"});
  CHECK(s.settled());
}

TEST_CASE("nobody is let go of before all who are to stay have said who they are") {
  scene s;
  s.wanted = {"n1", "n2", "n4"};
  s.names.erase("n4");
  CHECK_FALSE(s.next());
  CHECK_FALSE(s.settled());
  s.names["n4"] = {4};
  CHECK(s.next()->members == s.members.with({4}, learner));
}

TEST_CASE("while a change is on its way there is no other") {
  scene s;
  s.wanted = {"n1", "n2", "n4"};
  s.changing = true;
  CHECK_FALSE(s.next());
  s.changing = false;
  CHECK(s.next());
}

TEST_CASE("who has come back under another name is given up first, and is brought in again") {
  scene s;
  s.names["n2"] = {22};
  CHECK_FALSE(s.settled());
  CHECK(s.run() == std::vector<std::string>{"1 3", "1 3 22?", "1 3 22"});
  CHECK(s.settled());
}

TEST_CASE("a member of whom nothing was heard since the start is not given up") {
  scene s;
  s.names.erase("n2");
  s.nodes.erase({2});
  CHECK_FALSE(s.next());
  CHECK_FALSE(s.settled());
}

TEST_CASE("the one that should lead does, when it can") {
  scene s;
  s.leader = "n2";
  const auto step = s.next();
  REQUIRE(step);
  CHECK(step->what == kind::transfer);
  CHECK(step->id == node_id{2});
  SECTION("not one that cannot be reached or drains") { s.down.insert("n2"); }
  SECTION("not one that is far behind") { s.far.insert({2}); }
  SECTION("not a learner") { s.members = s.members.with({2}, learner), s.changing = true; }
  SECTION("not one of whom nothing was heard") { s.names.erase("n2"); }
  CHECK_FALSE(s.next());
}

TEST_CASE("leadership moves also while members change") {
  scene s;
  s.leader = "n2";
  s.changing = true;
  REQUIRE(s.next());
  CHECK(s.next()->what == kind::transfer);
}

TEST_CASE("a node that drains, or is not to keep a copy any more, hands over to any that can") {
  scene s;
  SECTION("it drains, or its disk is full") { s.to_follow = true; }
  SECTION("it goes, and is the last that is not wanted") {
    s.wanted = {"n2", "n3"};
    s.leader = "n9";
    s.names["n9"] = {9};
  }
  s.down.insert("n2");
  const auto step = s.next();
  REQUIRE(step);
  CHECK(step->what == kind::transfer);
  CHECK(step->id == node_id{3});
  s.far.insert({3});
  CHECK_FALSE(s.next());
}

TEST_CASE("a leader does not remove itself: whoever leads next does") {
  scene s;
  s.wanted = {"n2", "n3"};
  s.leader = "n3";
  CHECK(s.run() == std::vector<std::string>{"to 3"});
}

TEST_CASE("when a majority is lost for good, those go on whose nodes are in cluster.conf") {
  scene s;
  s.members = make_membership({{1}, {2}, {3}}).with({4}, learner);
  const auto left = [&](const std::vector<std::string>& nodes, bool empty = false) {
    return who_is_left(s.picture(), nodes, [&](const auto& n) { return !s.down.contains(n); }, empty);
  };
  // n2 and n3 are gone; n4 has a copy, and n5 is new.
  s.names["n5"] = {5};
  CHECK(*left({"n1", "n4", "n5"}) == make_membership({{1}}).with({4}, learner));
  // n2 has come back as another, without what it had.
  s.names["n2"] = {22};
  CHECK(*left({"n1", "n2"}) == make_membership({{1}}));
  // A copy that did not vote votes now.
  s.members = make_membership({{2}, {3}}).with({1}, learner);
  CHECK(*left({"n1", "n4"}) == make_membership({{1}}));

  CHECK(left({"n1", "n4"}, true).error().detail == "this node has a copy of it");
  s.members = {};
  CHECK(left({"n1", "n4"}).error().detail == "this node has no copy of it");
  CHECK(*left({"n1", "n4"}, true) == make_membership({{1}}));
}

TEST_CASE("nobody is given up while a majority is there, or a node of cluster.conf may come back") {
  scene s;
  const auto left = [&](const std::vector<std::string>& nodes) {
    return who_is_left(s.picture(), nodes, [&](const auto& n) { return !s.down.contains(n); }, false);
  };
  CHECK(left({"n1", "n2"}).error().detail == "a majority of its copies is there");
  s.down = {"n2"};
  CHECK(left({"n1", "n2"}).error().detail == "n2 is in cluster.conf and cannot be reached");
  CHECK(left({"n1", "n9"}).error().detail == "n9 is in cluster.conf and cannot be reached");
  CHECK(left({"n1", "n4"}));
}
