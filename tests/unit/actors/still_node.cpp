#include "tests/unit/actors/still_node.hpp"

#include <stdexcept>
#include <utility>

#include "actors/dispatcher.hpp"
#include "actors/partition.hpp"
#include "actors/relay.hpp"
#include "actors/scrubbing.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker.hpp"
#include "storage/quarantine.hpp"
#include "storage/stored_partition.hpp"

namespace dip::test {
namespace {

class faulty_partition final : public stored_partition {
public:
  faulty_partition(std::unique_ptr<stored_partition> real, const log_faults& faults)
      : real_(std::move(real)), faults_(faults) {}
  partition_store& log() override { return real_->log(); }
  table_state& tables() override { return real_->tables(); }
  result<void> may_take(const command& what) const override {
    if (faults_.refuse) return fail(errc::disk_full, "refused by the test");
    return real_->may_take(what);
  }
  void fail_with(const error& why) override { real_->fail_with(why); }
  std::uint64_t log_keep() const override { return real_->log_keep(); }

private:
  std::unique_ptr<stored_partition> real_;
  const log_faults& faults_;
};

object_row a_file(bucket in, partition_id p, image_format format, wall_time now) {
  object_row row;
  row.name = make_upload_name(in, ulid::make(now, p), format);
  row.size = 10;
  row.sha256 = "abc";
  return row;
}

}  // namespace

void held_threads::finish_one() {
  REQUIRE_FALSE(jobs.empty());
  auto job = std::move(jobs.front());
  jobs.pop_front();
  job();
}

stage_outcome scripted_stage::run(const leased_work& work, const std::string& worker) {
  workers.push_back(worker);
  return script(work);
}

still_node::still_node(std::uint16_t partitions, config c) : conf(std::move(c)) {
  node_store::options o;
  o.partitions = partitions;
  store_ = make_memory_node_store(std::move(o));
  env.cfg = &conf;
  env.time = &time();
  env.store = store_.get();
  env.objects = objects.get();
  env.where = &where;
  env.node = "n1";
  env.holder = "n1#now";
  env.seat_of = [as = raft_name("n1", {})](partition_id) { return seat{as, make_membership({as})}; };
  env.open_partition = [this](partition_id p, const membership& first,
                              const node_store::poster& post) -> result<std::unique_ptr<stored_partition>> {
    if (faults.failed_opens > 0) {
      --faults.failed_opens;
      return fail(errc::io, "not opened by the test");
    }
    auto real = store_->open_partition(p, first, [this, post](const std::function<void()>& step) {
      post([this, step] {
        if (std::exchange(faults.crash, false)) throw std::runtime_error("crashed by the test");
        step();
      });
    });
    if (!real) return tl::make_unexpected(real.error());
    return std::make_unique<faulty_partition>(std::move(*real), faults);
  };
}

still_node::~still_node() {
  threads.jobs.clear();
  end_actors();
  where.clear();
  must_be_empty();
}

partition_actor still_node::start_partition(partition_id p) {
  auto h = keep(system.spawn(partition, &env, p));
  settle();
  return h;
}
dispatcher_actor still_node::start_dispatcher(std::uint32_t slots) {
  auto h = keep(system.spawn(dispatcher, &env, slots));
  settle();
  return h;
}
worker_actor still_node::start_worker(queue_name q, stage& work, std::string slot) {
  auto h = keep(system.spawn(worker, &env, &threads, &work, q, std::move(slot)));
  settle();
  return h;
}
relay_actor still_node::start_relay() {
  auto h = keep(system.spawn(relay, &env, &watch));
  settle();
  return h;
}
scrubber_actor still_node::start_scrubber() {
  auto h = keep(system.spawn(scrubbing, &env, &threads));
  settle();
  return h;
}
caf::actor still_node::start_supervisor(std::vector<child_spec> specs, restart_config config) {
  auto h = keep(caf::actor_cast<caf::actor>(
      system.spawn(supervisor, std::string{"supervisor"}, std::move(specs), &env, config)));
  settle();
  return h;
}

bool still_node::alive(const caf::actor_addr& a) {
  const auto p = caf::actor_cast<caf::strong_actor_ptr>(a);
  return p && !p->get()->getf(caf::abstract_actor::is_terminated_flag);
}

std::uint64_t still_node::restarts(const std::string& name) {
  for (const auto& r : census::here().all_restarts())
    if (r.name == name) return r.count;
  return 0;
}

std::string still_node::last_error(const std::string& actor) {
  for (const auto& a : census::here().all())
    if (a->name() == actor) return a->last_error();
  return "no such actor";
}

answer still_node::publish_to(topic_name t, command what, partition_id p) {
  return answer_of<answer>(topic(t, p), publish{std::move(what)});
}

object_row still_node::upload(partition_id p) {
  auto row = a_file(bucket::request_files, p, image_format::jpeg, wall());
  REQUIRE(answer_of<answer>(*where.partition(p), propose{put_object{row}}).ok);
  return row;
}

request_record still_node::accept(partition_id p, const std::string& email, const std::string& webhook) {
  request_record r;
  r.file = upload(p).name;
  r.id = {ulid::make(wall(), p)};
  r.email = email;
  r.webhook = webhook;
  const auto a = publish_to(topic_name::request, accept_request{r}, p);
  REQUIRE(a.ok);
  return *a.request;
}

std::vector<leased_work> still_node::lease(queue_name q, std::uint32_t most, partition_id p) {
  return answer_of<lease_reply>(queue(q, p), lease_request{most, env.holder}).work;
}

void still_node::finish(const request_record& r) {
  const auto p = r.id.partition();
  const auto first = lease(queue_name::request, 1, p);
  REQUIRE(first.size() == 1);
  REQUIRE(publish_to(topic_name::preprocess_ok, preprocessed(first[0]), p).ok);
  const auto second = lease(queue_name::preprocess_ok, 1, p);
  REQUIRE(second.size() == 1);
  REQUIRE(publish_to(topic_name::notifier, processed(second[0], wall()), p).ok);
}

queue_figures still_node::figures(queue_name q, partition_id p) {
  return answer_of<queue_figures>(queue(q, p), ask_figures{});
}

std::vector<queue_message> still_node::messages(queue_name q, bool dead, partition_id p) const {
  std::vector<queue_message> out;
  store_->view(p)->each_message(q, dead, {}, [&](const queue_message& m) {
    out.push_back(m);
    return true;
  });
  return out;
}

request_record still_node::record(const request_record& r) const {
  return *store_->view(r.id.partition())->request(r.id);
}

claim claim_of(const leased_work& w) { return {w.message.ref, w.token, "n1", "a worker", 7}; }

complete_preprocess preprocessed(const leased_work& w) {
  auto row = a_file(bucket::preprocessed_files, w.request.id.partition(), image_format::tiff, {});
  row.sha256.clear();
  row.xxh3 = 42;
  return {claim_of(w), std::move(row)};
}

complete_process processed(const leased_work& w, wall_time now) {
  complete_process c;
  c.by = claim_of(w);
  c.objects.push_back(a_file(bucket::processed_files, w.request.id.partition(), image_format::jpeg, now));
  c.outputs.push_back({"web", c.objects.front().name, image_format::jpeg, 4, 3, 10});
  c.record_expires_at = now + std::chrono::hours{12};
  c.preprocessed_expires_at = now + std::chrono::hours{1};
  return c;
}

void put_file(still_node& node, const object_name& name) {
  auto writer = node.objects->create(name.in, checksum::sha256);
  REQUIRE(writer);
  REQUIRE((*writer)->commit(name));
}

bool has_file(still_node& node, const object_name& name) { return node.objects->open(name).has_value(); }

}  // namespace dip::test
