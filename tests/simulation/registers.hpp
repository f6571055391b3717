// The state machine of the simulation: registers, and a hash over everything that was ever applied. Its rows
// are in the store as a partition's tables are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "storage/partition_store.hpp"

namespace dip::simulation {

class registers final : public partition_state {
public:
  registers(kv_store& kv, partition_disk& disk, partition_id p) : kv_(kv), disk_(disk), p_(p) {}

  // After each entry.
  std::function<void(log_index, const replicated_entry&)> on_applied;

  [[nodiscard]] log_index applied() const override { return applied_; }
  // A command is "register=value".
  result<void> apply(const std::vector<replicated_entry>& entries) override;
  result<void> reload() override;
  // Of the history, and of the registers as they are.
  [[nodiscard]] std::uint64_t hash() const;

private:
  void apply_one(const replicated_entry& entry);
  void set(const std::string& name, std::string value);
  void write_rows();

  kv_store& kv_;
  partition_disk& disk_;
  partition_id p_;
  log_index applied_;
  std::uint64_t history_ = 0;
  std::uint64_t contents_ = 0;
  std::map<std::string, std::string> values_;
  std::map<std::string, std::string> changed_;
};

}  // namespace dip::simulation
