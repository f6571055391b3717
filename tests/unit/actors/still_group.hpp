// Several nodes with one partition in virtual time: a partition actor, a store in memory and a directory
// each, in one actor system, with a network that the test can cut.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/actors/still_node.hpp"

namespace dip::test {

class still_group {
public:
  static constexpr size_t size = 3;

  still_group();
  still_group(const still_group&) = delete;
  still_group& operator=(const still_group&) = delete;
  ~still_group();

  void start(size_t node);
  void crash(size_t node);
  // Nothing goes there or comes from there any more, or again.
  void cut(size_t node, bool off);
  void settle();
  void pass(std::chrono::nanoseconds time);
  // Passes time until one of them is awake, other than `not_this`.
  size_t wait_for_leader(std::optional<size_t> not_this = std::nullopt);

  template <class Answer, class Handle, class Message>
  std::shared_ptr<pending<Answer>> ask(const Handle& whom, const Message& m) {
    auto out = std::make_shared<pending<Answer>>();
    kept_.push_back(caf::actor_cast<caf::actor>(system_.spawn([=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, m)
          .then([=](Answer& a) { out->value = std::move(a); }, [=](caf::error& e) { out->failure = e; });
    })));
    return out;
  }
  template <class Answer, class Handle, class Message>
  Answer answer_of(const Handle& whom, const Message& m) {
    const auto out = ask<Answer>(whom, m);
    settle();
    REQUIRE(out->value);
    return std::move(*out->value);
  }

  // Through the leader: an upload and a request for it, acknowledged.
  request_record accept(size_t leader);
  answer propose_at(size_t node, command what);
  std::vector<leased_work> lease(size_t leader, queue_name q, std::uint32_t most);
  [[nodiscard]] std::unique_ptr<state_view> view(size_t node) const { return stores_[node]->view({}); }
  [[nodiscard]] node_store& store(size_t node) { return *stores_[node]; }
  [[nodiscard]] directory& where(size_t node) { return where_[node]; }
  [[nodiscard]] bool awake(size_t node) const { return awake_[node]; }
  [[nodiscard]] wall_time wall() const { return time_.wall(); }

private:
  struct still_clock final : clock {
    explicit still_clock(still_group& g) : group(g) {}
    [[nodiscard]] wall_time wall() const override;
    [[nodiscard]] steady_time steady() const override;
    still_group& group;
  };
  struct testing_config : caf::actor_system_config {
    testing_config() { set("scheduler.policy", caf::atom("testing")); }
  };
  struct wire final : peers {
    void send(node_id to, partition_id about, std::string bytes) override;
    still_group* group = nullptr;
    size_t from = 0;
  };

  config conf_ = default_config();
  still_clock time_{*this};
  testing_config system_config_;
  std::array<std::unique_ptr<memory_node_store>, size> stores_;
  std::array<directory, size> where_;
  std::array<environment, size> env_;
  std::array<wire, size> wires_;
  std::array<bool, size> awake_{};
  std::set<size_t> cut_;
  caf::actor_system system_{system_config_};
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<caf::actor> kept_;
};

}  // namespace dip::test
