#include "storage/node_store.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "storage/memory_node_store.hpp"
#include "tests/support/lone_replica.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace dip::test;

namespace {

// Both back ends behind one way to wait for durability.
class rig {
public:
  explicit rig(bool memory) : memory_(memory) { open(); }

  void open() {
    node_store::options o;
    o.partitions = 4;
    o.free_disk = 0;
    o.ballast = 0;
    o.log_keep = 8;
    o.on_fatal = [](const error& e) { FAIL(e.detail); };
    if (memory_) {
      auto m = make_memory_node_store(o);
      settle_ = m.get();
      store = std::move(m);
    } else {
      auto s = open_node_store(dir_.text() + "/state", o);
      if (!s) FAIL(s.error().detail);
      store = std::move(*s);
    }
  }

  std::unique_ptr<lone_replica> owner(partition_id p) {
    std::function<void()> work;
    if (settle_ != nullptr)
      work = [this] {
        while (settle_->settle()) {
        }
      };
    auto opened = lone_replica::open(*store, p, work);
    if (!opened) FAIL(opened.error().detail);
    return std::move(*opened);
  }

  static std::vector<apply_outcome> commit(lone_replica& r, command c,
                                           wall_time now = wall_time{milliseconds{1'000}}) {
    const auto proposed = r.propose(std::move(c), now);
    REQUIRE(proposed);
    REQUIRE(r.settle());
    return r.take_outcomes();
  }

private:
  bool memory_;
  test::scratch_dir dir_;
  memory_node_store* settle_ = nullptr;

public:
  std::unique_ptr<node_store> store;  // last: its writer calls into what stands above
};

object_row upload(partition_id p) {
  object_row row;
  row.name = {bucket::request_files, ulid::make(wall_time{milliseconds{5}}, p).text() + ".jpg"};
  row.size = 10;
  return row;
}

request_record request_for(const object_row& input) {
  request_record r;
  r.id = {ulid::make(wall_time{milliseconds{6}}, input.name.partition())};
  r.file = input.name;
  r.email = "owner@example.org";
  return r;
}

}  // namespace

TEST_CASE("a request walks from accepted to processed, and its owner's mail is sent") {
  rig g{GENERATE(true, false)};
  const partition_id p{2};
  auto r = g.owner(p);
  const auto input = upload(p);
  REQUIRE(g.commit(*r, put_object{input}).back().verdict);
  const auto wanted = request_for(input);
  auto out = g.commit(*r, accept_request{wanted}).back();
  REQUIRE(out.verdict);
  REQUIRE(out.queues.size() == 1);
  const auto first = out.queues.front().message;
  CHECK(g.store->view(p)->object(input.name)->pins == 1);
  CHECK(g.commit(*r, delete_object{input.name}).back().verdict.error().code == errc::conflict);

  g.commit(*r, grant_leases{queue_name::request, "n1#a", {{first.ref.id, {1, 1}}}});
  CHECK(g.store->view(p)->request(wanted.id)->status == request_status::preprocessing);
  object_row tiff;
  tiff.name = {bucket::preprocessed_files, ulid::make(wall_time{milliseconds{7}}, p).text() + ".tiff"};
  const claim late{first.ref, {1, 2}, "n1", "w", 3};
  CHECK(g.commit(*r, complete_preprocess{late, tiff}).back().verdict.error().code == errc::stale_lease);
  out = g.commit(*r, complete_preprocess{{first.ref, {1, 1}, "n1", "w", 3}, tiff}).back();
  REQUIRE(out.verdict);
  REQUIRE(out.queues.size() == 2);
  const auto second = out.queues.back().message;
  CHECK(second.ref.queue == queue_name::preprocess_ok);

  g.commit(*r, grant_leases{queue_name::preprocess_ok, "n1#a", {{second.ref.id, {1, 2}}}});
  out = g.commit(*r, complete_process{{second.ref, {1, 2}, "n1", "w", 4},
                                      {},
                                      {},
                                      {},
                                      wall_time{milliseconds{9'000}},
                                      wall_time{milliseconds{8'000}}})
            .back();
  REQUIRE(out.verdict);
  CHECK(out.request->status == request_status::processed);
  CHECK(g.store->view(p)->object(input.name)->pins == 0);
  const auto mail = out.queues.back().message;
  CHECK(mail.kind == message_kind::email);
  g.commit(*r, grant_leases{queue_name::notifier, "n1#a", {{mail.ref.id, {1, 3}}}});
  g.commit(*r,
           settle_notification{{mail.ref, {1, 3}, "n1", "w", 1}, notification_state::sent, "250 ok", false});
  const auto done = g.store->view(p)->request(wanted.id);
  CHECK(done->email_state == notification_state::sent);
  CHECK(done->timeline.size() == 5);
  CHECK(g.commit(*r, delete_object{input.name}).back().verdict);
}

TEST_CASE("what was acknowledged is there when the store is opened again, in the next term") {
  rig g{false};
  const partition_id p{1};
  std::vector<object_row> rows;
  std::uint64_t hash = 0;
  term_number term;
  {
    auto r = g.owner(p);
    term = r->term();
    // More than twice log_keep, so that the log is cut on the way.
    for (int i = 0; i < 50; ++i) {
      rows.push_back(upload(p));
      REQUIRE(g.commit(*r, put_object{rows.back()}).back().verdict);
    }
    hash = g.store->view(p)->state_hash();
  }
  g.store.reset();
  g.open();
  auto r = g.owner(p);
  CHECK(r->term() > term);
  CHECK(g.store->view(p)->state_hash() == hash);
  for (const auto& row : rows) CHECK(g.store->view(p)->object(row.name));
}

TEST_CASE("a second owner of the same data is refused") {
  test::scratch_dir dir;
  node_store::options o;
  o.free_disk = 0;
  o.ballast = 0;
  o.on_fatal = [](const error&) {};
  auto first = open_node_store(dir.text() + "/state", o);
  REQUIRE(first);
  auto second = open_node_store(dir.text() + "/state", o);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
  first->reset();
  o.partitions = 9;
  auto other = open_node_store(dir.text() + "/state", o);
  REQUIRE_FALSE(other);
  CHECK(other.error().detail.find("partitions") != std::string::npos);
}

TEST_CASE("a ballast of which a power loss left the name only is laid anew") {
  test::scratch_dir dir;
  node_store::options o;
  o.free_disk = 0;
  o.ballast = 1024 * 1024;
  o.on_fatal = [](const error&) {};
  std::filesystem::create_directories(dir.text() + "/state");
  const auto ballast = dir.text() + "/state/ballast";
  std::ofstream{ballast}.flush();
  REQUIRE(open_node_store(dir.text() + "/state", o));
  CHECK(std::filesystem::file_size(ballast) == o.ballast);
}

TEST_CASE("below limits.free_disk new work is refused and what frees room is not") {
  test::scratch_dir dir;
  node_store::options o;
  o.free_disk = ~0ULL;
  o.ballast = 0;
  o.on_fatal = [](const error&) {};
  auto store = std::move(*open_node_store(dir.text() + "/state", o));
  const auto r = std::move(*lone_replica::open(*store, {0}));
  const auto put = r->propose(put_object{upload({0})}, {});
  REQUIRE_FALSE(put);
  CHECK(put.error().code == errc::disk_full);
  CHECK(r->propose(remove_expired{}, {}));
}
