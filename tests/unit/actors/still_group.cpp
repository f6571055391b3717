#include "tests/unit/actors/still_group.hpp"

#include <utility>

#include "actors/partition.hpp"
#include "storage/quarantine.hpp"
#include "storage/stored_partition.hpp"

namespace dip::test {
namespace {

std::string name_of(size_t node) { return "n" + std::to_string(node + 1); }

}  // namespace

void still_group::wire::send(node_id to, partition_id about, std::string bytes, bool /*can_wait*/) {
  for (size_t n = 0; n < size; ++n) {
    if (raft_name(name_of(n), {}) != to || group->cut_.contains(n) || group->cut_.contains(from)) continue;
    if (const auto h = group->where_[n].partition(about)) caf::anon_send(*h, parcel{std::move(bytes)});
    return;
  }
}

void still_group::wire::tell_all(envelope_kind /*kind*/, partition_id /*about*/,
                                 const std::string& /*bytes*/) {}

still_group::still_group() {
  std::vector<node_id> names;
  for (size_t n = 0; n < size; ++n) names.push_back(raft_name(name_of(n), {}));
  for (size_t n = 0; n < size; ++n) {
    node_store::options o;
    o.partitions = 1;
    o.log_keep = 8;
    o.on_fatal = [](const error& e) { FAIL(e.detail); };
    stores_[n] = make_memory_node_store(std::move(o));
    wires_[n].group = this;
    wires_[n].from = n;
    auto& env = env_[n];
    env.cfg = &conf_;
    env.time = &time();
    env.store = stores_[n].get();
    env.where = &where_[n];
    env.node = name_of(n);
    env.holder = name_of(n) + "#now";
    env.to_peers = &wires_[n];
    env.leads = &leads_[n];
    env.linked = &links_;
    env.place_of = [](partition_id p) { return place_partitions(1, {"n1", "n2", "n3"}, 3).at(p.value); };
    env.seat_of = [names, n](partition_id) { return seat{names[n], make_membership(names)}; };
    env.on_serves = [this, n](partition_id, bool serves) { awake_[n] = serves; };
    env.open_partition = [this, n](partition_id p, const membership& first, node_store::poster post) {
      return stores_[n]->open_partition(p, first, std::move(post));
    };
  }
  for (size_t n = 0; n < size; ++n) start(n);
}

still_group::~still_group() {
  end_actors();
  for (auto& w : where_) w.clear();
  must_be_empty();
}

void still_group::start(size_t node) {
  keep(system.spawn(partition, &env_[node], partition_id{}));
  settle();
}

void still_group::crash(size_t node) {
  awake_[node] = false;
  caf::anon_send_exit(*where_[node].partition({}), caf::exit_reason::kill);
  run_actors();
}

void still_group::cut(size_t node, bool off) {
  if (off)
    cut_.insert(node);
  else
    cut_.erase(node);
}

bool still_group::write_logs() {
  bool worked = false;
  for (const auto& s : stores_) worked = s->settle() || worked;
  return worked;
}

size_t still_group::wait_for_leader(std::optional<size_t> not_this) {
  for (int i = 0; i < 1'000; ++i) {
    for (size_t n = 0; n < size; ++n)
      if (awake_[n] && n != not_this) return n;
    pass(std::chrono::milliseconds{10});
  }
  FAIL("nobody leads");
  return 0;
}

answer still_group::propose_at(size_t node, command what) {
  return answer_of<answer>(*where_[node].partition({}), propose{std::move(what)});
}

request_record still_group::accept(size_t leader) {
  object_row row;
  row.name = make_upload_name(bucket::request_files, ulid::make(wall(), {}), image_format::jpeg);
  REQUIRE(propose_at(leader, put_object{row}).ok);
  request_record r;
  r.id = {ulid::make(wall(), {})};
  r.file = row.name;
  const auto a =
      answer_of<answer>(*where_[leader].topic({}, topic_name::request), publish{accept_request{r}});
  REQUIRE(a.ok);
  return *a.request;
}

std::vector<leased_work> still_group::lease(size_t leader, queue_name q, std::uint32_t most) {
  return answer_of<lease_reply>(*where_[leader].queue({}, q), lease_request{most, env_[leader].holder}).work;
}

}  // namespace dip::test
