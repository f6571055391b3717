// The dispatcher in virtual time, with the real partitions behind it.
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

using done_atom = caf::atom_constant<caf::atom("done")>;
using renew_atom = caf::atom_constant<caf::atom("renew")>;
using enlist_atom = caf::atom_constant<caf::atom("enlist")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

// A worker that takes what it is given, and says that it is free when the test says so.
struct dummy_worker {
  queue_name queue = queue_name::request;
  worker_actor handle;
  std::vector<leased_work> given;
};

worker_actor::behavior_type dummy(worker_actor::pointer, const std::shared_ptr<dummy_worker>& w) {
  return {
      [=](leased_work& work) { w->given.push_back(std::move(work)); },
      [](done_atom, std::uint64_t) {},
      [](renew_atom, std::uint64_t) {},
      [](enlist_atom) {},
  };
}

void say_idle(still_node& node, const dummy_worker& w) {
  caf::anon_send(*node.where.dispatcher(), idle{w.handle.id(), w.queue}, w.handle);
  node.settle();
}

std::shared_ptr<dummy_worker> add_worker(still_node& node, queue_name q) {
  auto w = std::make_shared<dummy_worker>();
  w->queue = q;
  w->handle = node.keep(node.system.spawn(dummy, w));
  say_idle(node, *w);
  return w;
}

// A queue that answers what the test says, when it says so.
struct dummy_queue {
  std::vector<lease_request> asked;
  std::vector<caf::typed_response_promise<lease_reply>> open;
  lease_reply next;
  std::vector<give_back> returned;
};

queue_actor::behavior_type dummy_mailbox(queue_actor::pointer self, const std::shared_ptr<dummy_queue>& q) {
  return {
      [](const delivered&) {},
      [=](const lease_request& r) {
        q->asked.push_back(r);
        q->open.push_back(self->make_response_promise<lease_reply>());
        return q->open.back();
      },
      [](const renew_lease&) { return true; },
      [=](const give_back& g) { q->returned.push_back(g); },
      [](const ask_figures&) { return queue_figures{}; },
      [=](tick_atom, std::uint64_t n) { q->open.at(n).deliver(q->next); },
  };
}

std::shared_ptr<dummy_queue> add_queue(still_node& node, queue_name name) {
  auto q = std::make_shared<dummy_queue>();
  node.where.put(partition_id{}, name, node.keep(node.system.spawn(dummy_mailbox, q)));
  return q;
}

leased_work some_work(std::uint64_t id) {
  leased_work w;
  w.message.ref = {{}, queue_name::request, {id}};
  w.token = {1, id};
  return w;
}

// The dummy's answer to its `n`th question, from its own context: CAF's promises want that.
void answer_lease(still_node& node, dummy_queue& q, queue_name name, std::uint64_t n,
                  std::vector<leased_work> work) {
  q.next = {{}, name, std::move(work), 0};
  caf::anon_send(node.queue(name), tick_atom::value, n);
  node.settle();
}

// In rtp-preprocess-ok-queue.
void preprocess_one(still_node& node, partition_id p = {}) {
  const auto w = node.lease(queue_name::request, 1, p);
  REQUIRE(w.size() == 1);
  REQUIRE(node.publish_to(topic_name::preprocess_ok, preprocessed(w[0]), p).ok);
}

}  // namespace

TEST_CASE("dispatcher: the later stage comes first when a slot becomes free") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  const auto busy = add_worker(node, queue_name::request);
  for (int i = 0; i < 3; ++i) node.accept();
  REQUIRE(busy->given.size() == 1);
  preprocess_one(node);
  const auto early = add_worker(node, queue_name::request);
  const auto late = add_worker(node, queue_name::preprocess_ok);
  CHECK(early->given.empty());
  CHECK(late->given.empty());
  say_idle(node, *busy);
  CHECK(late->given.size() == 1);
  CHECK(early->given.empty());
  CHECK(busy->given.size() == 1);
  say_idle(node, *late);
  CHECK(busy->given.size() + early->given.size() == 2);
}

TEST_CASE("dispatcher: no more work is out than there are slots, and notifications need none") {
  still_node node;
  node.start_partition();
  for (int i = 0; i < 12; ++i) node.accept();
  for (int i = 0; i < 6; ++i) preprocess_one(node);
  const auto mailed = node.accept({}, "someone@example.org");
  {
    const auto w = node.lease(queue_name::request, 7);
    REQUIRE(w.size() == 7);
    REQUIRE(w.back().request.id == mailed.id);
    REQUIRE(
        node.publish_to(topic_name::notifier, fail_request{dip::test::claim_of(w.back()), {}, false, {}, {}})
            .ok);
    for (size_t i = 0; i < 6; ++i) caf::anon_send(node.queue(queue_name::request), not_begun("n1", w[i]));
    node.settle();
  }
  node.start_dispatcher(2);
  std::vector<std::shared_ptr<dummy_worker>> workers;
  const auto out = [&] {
    size_t n = 0;
    for (const auto& w : workers) n += w->given.size();
    return n;
  };
  for (const auto q : {queue_name::request, queue_name::preprocess_ok})
    for (int i = 0; i < 3; ++i) workers.push_back(add_worker(node, q));
  CHECK(out() == 2);
  const auto notifier = add_worker(node, queue_name::notifier);
  CHECK(notifier->given.size() == 1);
  size_t finished = 0;
  for (int turn = 0; turn < 40 && finished < 12; ++turn)
    for (auto& w : workers) {
      if (w->given.empty()) continue;
      w->given.clear();
      ++finished;
      say_idle(node, *w);
      CHECK(out() <= 2);
      CHECK((out() == 2 || finished > 10));
    }
  CHECK(finished == 12);
}

TEST_CASE("dispatcher: no partition starves beside a busy one") {
  still_node node{3};
  for (std::uint16_t p = 0; p < 3; ++p) node.start_partition({p});
  for (int i = 0; i < 6; ++i) node.accept({1});
  node.accept({0});
  node.accept({2});
  node.start_dispatcher(1);
  const auto w = add_worker(node, queue_name::request);
  for (int i = 0; i < 2; ++i) say_idle(node, *w);
  std::set<partition_id> served;
  for (const auto& g : w->given) served.insert(g.message.ref.partition);
  CHECK(served.size() == 3);
}

TEST_CASE("dispatcher: a partition that is not there holds up nobody") {
  still_node node{3};
  node.start_partition({2});
  node.accept({2});
  node.start_dispatcher(1);
  const auto w = add_worker(node, queue_name::request);
  CHECK(w->given.size() == 1);
}

TEST_CASE("dispatcher: the slot and the seat of a worker that went down are free again") {
  still_node node;
  node.start_partition();
  node.accept();
  node.accept();
  node.start_dispatcher(1);
  const auto first = add_worker(node, queue_name::request);
  const auto second = add_worker(node, queue_name::request);
  REQUIRE(first->given.size() + second->given.size() == 1);
  const auto& [busy, idle_one] = first->given.empty() ? std::pair{second, first} : std::pair{first, second};
  still_node::crash(busy->handle);
  node.settle();
  CHECK(idle_one->given.size() == 1);
}

TEST_CASE("dispatcher: a worker that went down while it was free is given nothing") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  const auto first = add_worker(node, queue_name::request);
  still_node::crash(first->handle);
  node.settle();
  node.accept();
  const auto second = add_worker(node, queue_name::request);
  CHECK(second->given.size() == 1);
}

TEST_CASE(
    "dispatcher: a queue that does not answer is asked again, and its late leases go back by themselves") {
  still_node node;
  const auto queue = add_queue(node, queue_name::request);
  node.start_dispatcher(1);
  const auto w = add_worker(node, queue_name::request);
  REQUIRE(queue->asked.size() == 1);
  CHECK(queue->asked[0].most == 1);
  CHECK(queue->asked[0].holder == "n1#now");
  node.pass(10s - 1ms);
  CHECK(queue->asked.size() == 1);
  node.pass(1ms);
  REQUIRE(queue->asked.size() == 2);
  answer_lease(node, *queue, queue_name::request, 0, {some_work(1)});
  CHECK(w->given.empty());
  answer_lease(node, *queue, queue_name::request, 1, {some_work(2)});
  REQUIRE(w->given.size() == 1);
  CHECK(w->given[0].message.ref.id.value == 2);
}

TEST_CASE(
    "dispatcher: a queue that goes down while it is asked holds up nobody, and says itself that it is back") {
  still_node node;
  const auto queue = add_queue(node, queue_name::request);
  const auto other = add_queue(node, queue_name::preprocess_ok);
  node.start_dispatcher(1);
  const auto w = std::make_shared<dummy_worker>();
  w->handle = node.keep(node.system.spawn(dummy, w));
  caf::anon_send(*node.where.dispatcher(), idle{w->handle.id(), w->queue}, w->handle);
  still_node::crash(node.queue(queue_name::request));
  node.settle();
  const auto late = add_worker(node, queue_name::preprocess_ok);
  CHECK(other->asked.size() == 1);
  answer_lease(node, *other, queue_name::preprocess_ok, 0, {});
  const auto again = add_queue(node, queue_name::request);
  caf::anon_send(*node.where.dispatcher(), available{{}, queue_name::request, 1});
  node.settle();
  CHECK(queue->asked.empty());
  CHECK(again->asked.size() == 1);
}

TEST_CASE("dispatcher: what it cannot hand out goes back, and that is no failure") {
  still_node node;
  const auto queue = add_queue(node, queue_name::request);
  node.start_dispatcher(4);
  const auto w = add_worker(node, queue_name::request);
  answer_lease(node, *queue, queue_name::request, 0, {some_work(1), some_work(2)});
  CHECK(w->given.size() == 1);
  REQUIRE(queue->returned.size() == 1);
  CHECK(queue->returned[0].by.token == fencing_token{1, 2});
  CHECK_FALSE(queue->returned[0].counted);
}

TEST_CASE("dispatcher: a drain waits for what runs and for leases on their way, and takes nothing new") {
  still_node node;
  const auto queue = add_queue(node, queue_name::request);
  const auto mail = add_queue(node, queue_name::notifier);
  node.start_dispatcher(1);
  const auto w = add_worker(node, queue_name::request);
  const auto notifier = add_worker(node, queue_name::notifier);
  answer_lease(node, *queue, queue_name::request, 0, {some_work(1)});
  REQUIRE(w->given.size() == 1);
  const auto drained = node.ask<bool>(*node.where.dispatcher(), drain{});
  node.settle();
  CHECK(drained->open());
  say_idle(node, *w);
  CHECK(drained->open());
  CHECK(queue->asked.size() == 1);
  answer_lease(node, *mail, queue_name::notifier, 0, {some_work(3)});
  CHECK(drained->value == true);
  CHECK(notifier->given.empty());
  CHECK(mail->returned.size() == 1);
}

TEST_CASE("dispatcher: a drain with nothing under way is over at once") {
  still_node node;
  node.start_dispatcher(1);
  CHECK(node.answer_of<bool>(*node.where.dispatcher(), drain{}));
}
