// Topic, queue and partition together, in virtual time.
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

// A dispatcher of the same type, which only listens.
struct heard {
  std::vector<available> hints;
};

dispatcher_actor::behavior_type listener(dispatcher_actor::pointer, const std::shared_ptr<heard>& what) {
  return {
      [=](const available& a) { what->hints.push_back(a); },
      [](const idle&, const worker_actor&) {},
      [](const at_work&, const worker_actor&) {},
      [](const drain&) { return true; },
  };
}

struct silent_peers final : peers {
  void send(node_id, partition_id, std::string, bool) override {}
  void tell_all(envelope_kind kind, partition_id, const std::string&) override {
    told += kind == envelope_kind::available ? 1 : 0;
  }
  int told = 0;  // how often of what is ready
};

std::shared_ptr<heard> listen(still_node& node) {
  auto what = std::make_shared<heard>();
  node.where.put(node.keep(node.system.spawn(listener, what)));
  return what;
}

give_back failed(const leased_work& w, bool counted = true) {
  return {dip::test::claim_of(w), errc::timeout, "no luck", counted};
}

// Gives back and answers the row afterwards.
queue_message fail_once(still_node& node, const leased_work& w) {
  caf::anon_send(node.queue(w.message.ref.queue), failed(w));
  node.settle();
  const auto rows = node.messages(w.message.ref.queue);
  REQUIRE(rows.size() == 1);
  return rows.front();
}

}  // namespace

TEST_CASE("queue: news is told to nobody before it is durable") {
  still_node node;
  node.start_partition();
  const auto dispatcher = listen(node);
  node.start_relay();
  request_record r;
  r.file = node.upload().name;
  r.id = {ulid::make(node.wall(), {})};
  watcher waits{node.watch, r.id};

  const auto said = node.ask<answer>(node.topic(topic_name::request), publish{accept_request{r}});
  node.run_actors();
  CHECK(said->open());
  CHECK(dispatcher->hints.empty());
  CHECK_FALSE(waits.heard());

  node.settle();
  REQUIRE(said->value);
  CHECK(said->value->ok);
  CHECK(said->value->request->status == request_status::accepted);
  REQUIRE(dispatcher->hints.size() == 1);
  CHECK(dispatcher->hints[0].queue == queue_name::request);
  CHECK(dispatcher->hints[0].count == 1);
  CHECK(waits.heard());
  CHECK(node.figures(queue_name::request).visible == 1);
}

TEST_CASE("queue: what the log refuses is answered, and told to nobody else") {
  still_node node;
  node.start_partition();
  const auto dispatcher = listen(node);
  request_record r;
  r.file = make_upload_name(bucket::request_files, ulid::make(node.wall(), {}), image_format::jpeg);
  r.id = {ulid::make(node.wall(), {})};
  const auto a = node.publish_to(topic_name::request, accept_request{r});
  CHECK_FALSE(a.ok);
  CHECK(a.code == errc::not_found);
  CHECK(dispatcher->hints.empty());
  CHECK(node.messages(queue_name::request).empty());
}

TEST_CASE("queue: hints are coalesced until a dispatcher has come") {
  still_node node;
  node.start_partition();
  const auto dispatcher = listen(node);
  node.accept();
  node.accept();
  CHECK(dispatcher->hints.size() == 1);
  CHECK(node.lease(queue_name::request).size() == 1);
  CHECK(dispatcher->hints.size() == 2);  // there is one more, and the entry of the lease brought it up
  CHECK(node.lease(queue_name::request).size() == 1);
  CHECK(dispatcher->hints.size() == 2);
}

TEST_CASE("queue: who came for nothing is told of what comes next, at once") {
  still_node node;
  node.start_partition();
  silent_peers others;
  node.env.to_peers = &others;
  node.env.place_of = [&](partition_id p) { return partition_place{p, {node.env.node}, node.env.node}; };
  const auto dispatcher = listen(node);
  const auto ask_as = [&](const std::string& holder) {
    const auto reply = node.ask<lease_reply>(node.queue(queue_name::request), lease_request{1, holder});
    node.settle();
    return reply->value->work.size();
  };
  node.accept();
  CHECK(dispatcher->hints.size() == 1);
  CHECK(ask_as(node.env.holder) == 1);
  CHECK(ask_as("n9#now") == 0);
  node.accept();
  CHECK(dispatcher->hints.size() == 2);

  // n9 sees that there is something, but it is not for it yet: that is told again after a while, and what is
  // new at once.
  CHECK(ask_as("n9#now") == 0);
  CHECK(dispatcher->hints.size() == 2);
  node.accept();
  CHECK(dispatcher->hints.size() == 3);
  CHECK(ask_as("n9#now") == 0);
  node.pass(499ms);
  CHECK(dispatcher->hints.size() == 3);
  node.pass(1ms);
  CHECK(dispatcher->hints.size() == 4);
  CHECK(ask_as("n9#now") == 1);
}

TEST_CASE("queue: its own node's workers have a head start, and what they leave others hear of") {
  still_node node;
  node.start_partition();
  silent_peers others;
  node.env.to_peers = &others;
  node.env.place_of = [&](partition_id p) { return partition_place{p, {node.env.node}, node.env.node}; };
  const auto dispatcher = listen(node);
  node.accept();
  CHECK(node.lease(queue_name::request).size() == 1);
  node.pass(10ms);
  CHECK(others.told == 0);

  node.accept();
  CHECK(dispatcher->hints.size() == 2);
  node.pass(2ms);
  CHECK(others.told == 0);
  node.pass(1ms);
  CHECK(others.told == 1);
  CHECK(dispatcher->hints.size() == 2);

  SECTION("again, when nobody comes") {
    node.pass(500ms);
    CHECK(dispatcher->hints.size() == 3);
    node.pass(3ms);
    CHECK(others.told == 2);
  }
  SECTION("at once, when what is ready is not for them") {
    CHECK(node.lease(queue_name::request).size() == 1);
    node.env.place_of = [&](partition_id p) { return partition_place{p, {"n9"}, "n9"}; };
    node.accept();
    CHECK(node.lease(queue_name::request).empty());
    CHECK(others.told == 2);
  }
}

TEST_CASE("queue: nobody here who works: the other nodes hear of it at once") {
  still_node node;
  node.start_partition();
  silent_peers others;
  node.env.to_peers = &others;
  node.accept();
  CHECK(others.told == 1);
}

TEST_CASE("queue: a lease is handed out at once, and its entry follows") {
  still_node node;
  node.start_partition();
  const auto r = node.accept();
  const auto reply =
      node.ask<lease_reply>(node.queue(queue_name::request), lease_request{5, node.env.holder});
  node.run_actors();
  REQUIRE(reply->value);
  REQUIRE(reply->value->work.size() == 1);
  CHECK(reply->value->left == 0);
  CHECK_FALSE(node.messages(queue_name::request)[0].leased);
  node.settle();
  const auto row = node.messages(queue_name::request)[0];
  REQUIRE(row.leased);
  CHECK(row.leased->token == reply->value->work[0].token);
  CHECK(row.leased->node == "n1#now");
  CHECK(row.acquired == 1);
  CHECK(node.record(r).status == request_status::preprocessing);
}

TEST_CASE("queue: a clock that was ahead delays nothing when it has been put right") {
  still_node node;
  node.start_partition();
  node.set_wall_forward(1h);
  node.accept();
  node.set_wall_forward(-1h);
  node.accept();  // stamped no earlier than the one before, an hour from now
  CHECK(node.figures(queue_name::request).visible == 2);
  const auto work = node.lease(queue_name::request, 2);
  REQUIRE(work.size() == 2);
  node.settle();
  for (const auto& m : node.messages(queue_name::request)) CHECK(m.leased);

  caf::anon_send(node.queue(queue_name::request), give_back{claim_of(work[0]), errc::timeout, "", true, {}});
  node.settle();
  CHECK(node.figures(queue_name::request).delayed == 1);
  node.pass(2 * node.conf.workers.backoff_max);  // the log's time goes at half the pace meanwhile
  CHECK(node.lease(queue_name::request).size() == 1);
}

TEST_CASE("queue: a lease that ran out is given back, and that is no failure") {
  still_node node;
  node.start_partition();
  const auto dispatcher = listen(node);
  node.accept();
  REQUIRE(node.lease(queue_name::request).size() == 1);
  dispatcher->hints.clear();
  node.pass(node.conf.workers.visibility - 1ms);
  CHECK(node.messages(queue_name::request)[0].leased);
  CHECK(dispatcher->hints.empty());
  node.pass(1ms);
  const auto row = node.messages(queue_name::request)[0];
  CHECK_FALSE(row.leased);
  CHECK(row.failed == 0);
  REQUIRE(row.history.size() == 1);
  CHECK(row.history[0].code == errc::timeout);
  CHECK_FALSE(row.history[0].counted);
  CHECK(dispatcher->hints.size() == 1);
  CHECK(node.lease(queue_name::request).size() == 1);
}

TEST_CASE("queue: renewals keep a lease, with its own token only") {
  still_node node;
  node.start_partition();
  node.accept();
  const auto w = node.lease(queue_name::request).at(0);
  for (int i = 0; i < 5; ++i) {
    node.pass(node.conf.workers.visibility - 1ms);
    CHECK(node.answer_of<bool>(node.queue(queue_name::request), renew_lease{w.message.ref, w.token}));
  }
  auto other = w.token;
  ++other.counter;
  CHECK_FALSE(node.answer_of<bool>(node.queue(queue_name::request), renew_lease{w.message.ref, other}));
  CHECK(node.messages(queue_name::request)[0].leased);
  node.pass(node.conf.workers.visibility);
  CHECK_FALSE(node.messages(queue_name::request)[0].leased);
  CHECK_FALSE(node.answer_of<bool>(node.queue(queue_name::request), renew_lease{w.message.ref, w.token}));
}

TEST_CASE("queue: who comes late with an old token changes nothing") {
  still_node node;
  node.start_partition();
  node.accept();
  const auto late = node.lease(queue_name::request).at(0);
  node.pass(node.conf.workers.visibility);
  const auto now = node.lease(queue_name::request).at(0);
  CHECK(late.token < now.token);
  caf::anon_send(node.queue(queue_name::request), failed(late));
  node.settle();
  const auto row = node.messages(queue_name::request)[0];
  REQUIRE(row.leased);
  CHECK(row.leased->token == now.token);
  CHECK(row.failed == 0);
  const auto refused = node.publish_to(topic_name::preprocess_ok, preprocessed(late));
  CHECK_FALSE(refused.ok);
  CHECK(refused.code == errc::stale_lease);
  CHECK(node.publish_to(topic_name::preprocess_ok, preprocessed(now)).ok);
  CHECK(node.messages(queue_name::request).empty());
  CHECK(node.messages(queue_name::preprocess_ok).size() == 1);
}

TEST_CASE("queue: a failed try waits for its backoff, and the last one is a dead letter with its history") {
  still_node node;
  node.start_partition();
  const auto r = node.accept({}, "someone@example.org");
  milliseconds longest = node.conf.workers.backoff_min;
  for (std::uint32_t i = 1; i < node.conf.workers.max_receives; ++i, longest *= 2) {
    const auto row = fail_once(node, node.lease(queue_name::request).at(0));
    CHECK(row.failed == i);
    const auto delay = row.visible_at - node.wall();
    CHECK(delay >= 0ms);
    CHECK(delay <= longest);
    if (delay > 0ms) {
      node.pass(delay - 1ms);
      CHECK(node.lease(queue_name::request).empty());
      CHECK(node.figures(queue_name::request).delayed == 1);
      node.pass(1ms);
    }
  }
  caf::anon_send(node.queue(queue_name::request), failed(node.lease(queue_name::request).at(0)));
  node.settle();
  CHECK(node.messages(queue_name::request).empty());
  const auto dead = node.messages(queue_name::request, true);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].failed == node.conf.workers.max_receives);
  REQUIRE(dead[0].history.size() == node.conf.workers.max_receives);
  CHECK(dead[0].history.back().detail == "no luck");
  CHECK(node.record(r).status == request_status::failed);
  CHECK(node.record(r).failure->code == errc::timeout);
  CHECK(node.messages(queue_name::notifier).size() == 1);
  CHECK(node.figures(queue_name::request).dead == 1);
}

TEST_CASE("queue: backoff is spread, so that what failed together does not come back together") {
  still_node node;
  node.start_partition();
  for (int i = 0; i < 16; ++i) node.accept();
  for (const auto& w : node.lease(queue_name::request, 16))
    caf::anon_send(node.queue(queue_name::request), failed(w));
  node.settle();
  std::set<wall_time> times;
  for (const auto& m : node.messages(queue_name::request)) times.insert(m.visible_at);
  CHECK(times.size() > 4);  // of 1,001 possible ones, evenly: fewer is less likely than 1 in 10^20
}

TEST_CASE("queue: a message whose lease runs out each time does not go on for ever") {
  still_node node;
  node.start_partition();
  const auto r = node.accept();
  const auto most = node.conf.workers.max_receives * 4;
  for (std::uint32_t i = 1; i <= most; ++i) {
    REQUIRE(node.messages(queue_name::request, true).empty());
    REQUIRE(node.lease(queue_name::request).size() == 1);
    node.pass(node.conf.workers.visibility);
  }
  CHECK(node.messages(queue_name::request, true).size() == 1);
  CHECK(node.record(r).status == request_status::failed);
}

TEST_CASE("queue: a notification climbs its ladder for a day, then it is a dead letter") {
  still_node node;
  node.start_partition();
  const auto r = node.accept({}, "someone@example.org");
  node.finish(r);
  std::vector<milliseconds> ladder;
  while (node.messages(queue_name::notifier, true).empty()) {
    const auto work = node.lease(queue_name::notifier);
    REQUIRE(work.size() == 1);
    caf::anon_send(node.queue(queue_name::notifier), failed(work[0]));
    node.settle();
    const auto rows = node.messages(queue_name::notifier);
    if (rows.empty()) break;
    ladder.push_back(rows[0].visible_at - node.wall());
    node.pass(ladder.back());
  }
  REQUIRE(ladder.size() > 8);
  const std::vector<milliseconds> begin(ladder.begin(), ladder.begin() + 8);
  CHECK(begin == std::vector<milliseconds>{10s, 10s, 20s, 40s, 80s, 160s, 320s, 600s});
  milliseconds all{0};
  for (const auto d : ladder) all += d;
  CHECK(all <= 24h);
  CHECK(all > 24h - 600s);
  CHECK(node.record(r).status == request_status::processed);
  CHECK(node.record(r).email_state == notification_state::failed);
  CHECK(node.record(r).notification_detail == "no luck");
}

TEST_CASE("queue: leases of an earlier run of this node are given back at once, those of another are kept") {
  still_node node;
  auto first = node.start_partition();
  for (const char* holder : {"n1#before", "n1#now", "n2#now", "n10#before"}) {
    node.accept();
    REQUIRE(
        node.answer_of<lease_reply>(node.queue(queue_name::request), lease_request{1, holder}).work.size() ==
        1);
  }
  still_node::crash(first);
  node.settle();
  node.start_partition();
  std::vector<std::string> leased;
  std::vector<queue_message> free;
  for (const auto& m : node.messages(queue_name::request))
    m.leased ? leased.push_back(m.leased->node) : free.push_back(m);
  CHECK(leased == std::vector<std::string>{"n1#now", "n2#now", "n10#before"});
  REQUIRE(free.size() == 1);
  CHECK(free[0].failed == 0);
  CHECK(free[0].history.at(0).code == errc::worker_crashed);
  CHECK(node.figures(queue_name::request).visible == 1);
  CHECK(node.figures(queue_name::request).in_flight == 3);
}

TEST_CASE("queue: a grant that could not be logged is handed out again after a second") {
  still_node node;
  node.start_partition();
  node.accept();
  node.faults.refuse = true;
  CHECK(node.lease(queue_name::request).size() == 1);
  node.faults.refuse = false;
  CHECK(node.lease(queue_name::request).empty());
  node.pass(999ms);
  CHECK(node.lease(queue_name::request).empty());
  node.pass(1ms);
  CHECK(node.lease(queue_name::request).size() == 1);
  CHECK(node.messages(queue_name::request)[0].acquired == 1);
}

TEST_CASE("queue: a lease whose grant was passed over is not held for ever") {
  still_node node;
  node.start_partition();
  node.accept();
  const auto row = fail_once(node, node.lease(queue_name::request).at(0));
  node.set_wall_forward(-1h);
  node.pass(row.visible_at - node.wall() - 1h + 1ms);
  // By the monotonic clock it is ready; by the log's time, which waits for the wall clock, it is not.
  const auto vain = node.lease(queue_name::request);
  REQUIRE(vain.size() == 1);
  CHECK_FALSE(node.messages(queue_name::request)[0].leased);
  CHECK_FALSE(node.publish_to(topic_name::preprocess_ok, preprocessed(vain[0])).ok);
  node.pass(node.conf.workers.visibility);
  CHECK(node.figures(queue_name::request).in_flight == 0);
  REQUIRE(node.lease(queue_name::request).size() == 1);
  CHECK(node.messages(queue_name::request)[0].leased);
}

TEST_CASE("queue: a queue that is made again hands out nothing that is under way in the log") {
  still_node node;
  node.start_partition();
  node.accept();
  node.accept();
  const auto first =
      node.ask<lease_reply>(node.queue(queue_name::request), lease_request{1, node.env.holder});
  node.run_actors();
  REQUIRE(first->value);
  const auto old = node.queue(queue_name::request);
  still_node::crash(old);
  node.run_actors();
  // Made again before the entry of the lease is durable.
  caf::anon_send(*node.where.partition({}), caf::atom_constant<caf::atom("restart")>::value,
                 std::uint64_t{1});
  node.run_actors();
  REQUIRE(node.where.queue({}, queue_name::request));
  REQUIRE(node.queue(queue_name::request) != old);
  const auto second =
      node.ask<lease_reply>(node.queue(queue_name::request), lease_request{2, node.env.holder});
  node.settle();
  REQUIRE(second->value);
  REQUIRE(second->value->work.size() == 1);
  CHECK(second->value->work[0].message.ref != first->value->work[0].message.ref);
  CHECK(first->value->work[0].token < second->value->work[0].token);
  CHECK(node.publish_to(topic_name::preprocess_ok, preprocessed(first->value->work[0])).ok);
}

TEST_CASE("queue: what a topic lost when it went down is in its queue all the same") {
  still_node node;
  node.start_partition();
  node.start_relay();
  const auto r = node.accept();
  still_node::crash(node.topic(topic_name::request));
  node.run_actors();
  CHECK_FALSE(node.where.topic({}, topic_name::request));
  // Two entries that change the queue while nobody is there to pass them on.
  request_record more;
  more.file = r.file;
  more.id = {ulid::make(node.wall(), {})};
  watcher waits{node.watch, more.id};
  REQUIRE(node.answer_of<answer>(*node.where.partition({}), propose{accept_request{more}}).ok);
  REQUIRE(node.answer_of<answer>(*node.where.partition({}), propose{cancel_request{r.id, {}}}).ok);
  CHECK_FALSE(waits.heard());
  node.pass(1s);
  REQUIRE(node.where.topic({}, topic_name::request));
  // Who waits for news that was lost is told to look again.
  CHECK(waits.heard());
  const auto work = node.lease(queue_name::request, 5);
  REQUIRE(work.size() == 1);
  CHECK(work[0].request.id == more.id);
}
