// A node's actors in virtual time, on the test's own thread: nothing runs and no time passes until the test
// says so. The log and the tables are real, in memory. Timers of CAF and the clock of the node are one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <catch2/catch_test_macros.hpp>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/request_watch.hpp"
#include "actors/stage.hpp"
#include "actors/supervision.hpp"
#include "storage/memory_node_store.hpp"

namespace dip::test {

// What an actor answered, once it has.
template <class Answer>
struct pending {
  std::optional<Answer> value;
  std::optional<caf::error> failure;
  [[nodiscard]] bool open() const { return !value && !failure; }
};

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

class still_node {
public:
  explicit still_node(std::uint16_t partitions = 1, config conf = default_config());
  still_node(const still_node&) = delete;
  still_node& operator=(const still_node&) = delete;
  // Ends all actors; aborts when one is left that nobody ended.
  ~still_node();

  // Runs all that can run now: the actors, and the writer of the log.
  void settle();
  // The actors alone: nothing becomes durable.
  void run_actors();
  // Each timer fires at its own moment, and what follows from it is settled before the next.
  void pass(std::chrono::nanoseconds time);
  // Of the wall clock alone, as when it is set.
  void set_wall_forward(milliseconds by) { wall_offset_ += by; }

  partition_actor start_partition(partition_id p = {});
  dispatcher_actor start_dispatcher(std::uint32_t slots);
  worker_actor start_worker(queue_name queue, stage& work, std::string slot);
  relay_actor start_relay();
  scrubber_actor start_scrubber();
  caf::actor start_supervisor(std::vector<child_spec> specs, restart_config config = {});
  // Ended with the node.
  template <class Handle>
  Handle keep(Handle h) {
    kept_.push_back(caf::actor_cast<caf::actor>(h));
    return h;
  }
  template <class Handle>
  static void crash(const Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::kill);
  }
  [[nodiscard]] static bool alive(const caf::actor_addr& a);
  [[nodiscard]] static std::uint64_t restarts(const std::string& name);
  [[nodiscard]] static std::string last_error(const std::string& actor);

  template <class Answer, class Handle, class Message>
  std::shared_ptr<pending<Answer>> ask(const Handle& whom, const Message& m) {
    auto out = std::make_shared<pending<Answer>>();
    keep(system.spawn([=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, m)
          .then([=](Answer& a) { out->value = std::move(a); }, [=](caf::error& e) { out->failure = e; });
    }));
    return out;
  }
  template <class Answer, class Handle, class Message>
  Answer answer_of(const Handle& whom, const Message& m) {
    const auto out = ask<Answer>(whom, m);
    settle();
    REQUIRE(out->value);
    return std::move(*out->value);
  }

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
  [[nodiscard]] wall_time wall() const { return time_.wall(); }

  config conf;
  directory where;
  request_watch watch;
  held_threads threads;
  log_faults faults;
  std::unique_ptr<object_store> objects = make_memory_object_store();

private:
  struct still_clock final : clock {
    explicit still_clock(still_node& n) : node(n) {}
    [[nodiscard]] wall_time wall() const override;
    [[nodiscard]] steady_time steady() const override;
    still_node& node;
  };
  struct testing_config : caf::actor_system_config {
    testing_config() { set("scheduler.policy", caf::atom("testing")); }
  };

  milliseconds wall_offset_{0};
  still_clock time_{*this};
  std::unique_ptr<memory_node_store> store_;
  testing_config system_config_;

public:
  caf::actor_system system{system_config_};
  environment env;

private:
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<caf::actor> kept_;
};

[[nodiscard]] claim claim_of(const leased_work& w);
[[nodiscard]] complete_preprocess preprocessed(const leased_work& w);
[[nodiscard]] complete_process processed(const leased_work& w, wall_time now);

// An empty object file, and whether there is one; its row is another matter.
void put_file(still_node& node, const object_name& name);
[[nodiscard]] bool has_file(still_node& node, const object_name& name);

}  // namespace dip::test
