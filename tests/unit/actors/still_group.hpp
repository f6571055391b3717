// Several nodes with one partition in virtual time: a partition actor, a store in memory and a directory
// each, in one actor system, with a network that the test can cut.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "storage/memory_node_store.hpp"
#include "tests/unit/actors/still_system.hpp"

namespace dip::test {

class still_group final : public still_system {
public:
  static constexpr size_t size = 3;

  still_group();
  ~still_group();

  void start(size_t node);
  void crash(size_t node);
  // Nothing goes there or comes from there any more, or again.
  void cut(size_t node, bool off);
  // Passes time until one of them is awake, other than `not_this`.
  size_t wait_for_leader(std::optional<size_t> not_this = std::nullopt);

  // Through the leader: an upload and a request for it, acknowledged.
  request_record accept(size_t leader);
  answer propose_at(size_t node, command what);
  std::vector<leased_work> lease(size_t leader, queue_name q, std::uint32_t most);
  [[nodiscard]] std::unique_ptr<state_view> view(size_t node) const { return stores_[node]->view({}); }
  [[nodiscard]] node_store& store(size_t node) { return *stores_[node]; }
  [[nodiscard]] directory& where(size_t node) { return where_[node]; }
  [[nodiscard]] bool awake(size_t node) const { return awake_[node]; }

private:
  bool write_logs() override;

  struct wire final : peers {
    void send(node_id to, partition_id about, std::string bytes, bool can_wait) override;
    void tell_all(envelope_kind kind, partition_id about, const std::string& bytes) override;
    still_group* group = nullptr;
    size_t from = 0;
  };

  config conf_ = default_config();
  std::array<std::unique_ptr<memory_node_store>, size> stores_;
  std::array<directory, size> where_;
  std::array<leaders, size> leads_{leaders{"n1", 1}, leaders{"n2", 1}, leaders{"n3", 1}};
  links links_;  // none is up
  std::array<environment, size> env_;
  std::array<wire, size> wires_;
  std::array<bool, size> awake_{};
  std::set<size_t> cut_;
};

}  // namespace dip::test
