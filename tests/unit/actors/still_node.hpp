// A node's actors in virtual time. The log and the tables are real, in memory.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/request_watch.hpp"
#include "actors/stage.hpp"
#include "actors/supervision.hpp"
#include "storage/memory_node_store.hpp"
#include "tests/unit/actors/still_system.hpp"

namespace dip::test {

// Jobs that wait until the test runs them.
class held_threads final : public job_threads {
public:
  void run(std::function<void()> job) override { jobs.push_back(std::move(job)); }
  // The oldest one.
  void finish_one();
  std::deque<std::function<void()>> jobs;
};

// A stage that does what the test says.
class scripted_stage final : public stage {
public:
  stage_outcome run(const leased_work& work, const std::string& worker) override;
  [[nodiscard]] milliseconds longest() const override { return most; }
  std::function<stage_outcome(const leased_work&)> script;
  milliseconds most{3'600'000};
  std::vector<std::string> workers;
};

// What can go wrong with the logs, for all partitions.
struct log_faults {
  std::uint32_t failed_opens = 0;  // so many times
  bool refuse = false;             // every proposal
  bool crash = false;              // the next batch that is durable
};

// Somebody who waits for a request's changes.
class watcher {
public:
  watcher(request_watch& watch, const request_id& id) : subscription_(watch, id, [this] { news_ = true; }) {}
  // Whether there were news since it was asked last.
  bool heard() { return std::exchange(news_, false); }

private:
  bool news_ = false;
  request_watch::subscription subscription_;
};

class still_node final : public still_system {
public:
  explicit still_node(std::uint16_t partitions = 1, config conf = default_config());
  // Ends all actors; aborts when one is left that nobody ended.
  ~still_node();

  partition_actor start_partition(partition_id p = {});
  dispatcher_actor start_dispatcher(std::uint32_t slots);
  worker_actor start_worker(queue_name queue, stage& work, std::string slot);
  relay_actor start_relay();
  scrubber_actor start_scrubber();
  caf::actor start_supervisor(std::vector<child_spec> specs, restart_config config = {});
  template <class Handle>
  static void crash(const Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::kill);
  }
  [[nodiscard]] static bool alive(const caf::actor_addr& a);
  [[nodiscard]] static std::uint64_t restarts(const std::string& name);
  [[nodiscard]] static std::string last_error(const std::string& actor);

  // The usual steps through the real actors, each of which must succeed.
  object_row upload(partition_id p = {});
  request_record accept(partition_id p = {}, const std::string& email = {}, const std::string& webhook = {});
  std::vector<leased_work> lease(queue_name q, std::uint32_t most = 1, partition_id p = {});
  answer publish_to(topic_name t, command what, partition_id p = {});
  // Through preprocessing and processing, so that what is left is in the notifier's queue.
  void finish(const request_record& r);

  [[nodiscard]] queue_actor queue(queue_name q, partition_id p = {}) const { return *where.queue(p, q); }
  [[nodiscard]] topic_actor topic(topic_name t, partition_id p = {}) const { return *where.topic(p, t); }
  [[nodiscard]] queue_figures figures(queue_name q, partition_id p = {});
  [[nodiscard]] std::vector<queue_message> messages(queue_name q, bool dead = false,
                                                    partition_id p = {}) const;
  [[nodiscard]] request_record record(const request_record& r) const;

  config conf;
  directory where;
  request_watch watch;
  held_threads threads;
  log_faults faults;
  std::unique_ptr<object_store> objects = make_memory_object_store();

private:
  bool write_logs() override { return store_->settle(); }

  std::unique_ptr<memory_node_store> store_;

public:
  environment env;
};

[[nodiscard]] claim claim_of(const leased_work& w);
[[nodiscard]] complete_preprocess preprocessed(const leased_work& w);
[[nodiscard]] complete_process processed(const leased_work& w, wall_time now);

// An empty object file, and whether there is one; its row is another matter.
void put_file(still_node& node, const object_name& name);
[[nodiscard]] bool has_file(still_node& node, const object_name& name);

}  // namespace dip::test
