// The state machine of the simulation: registers, and a hash over everything that was ever applied. Its rows
// are in the store as a partition's tables are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/log_view.hpp"
#include "storage/kv.hpp"

namespace dip::simulation {

using rows = std::vector<std::tuple<family, std::string, std::string>>;

class state {
public:
  // As the rows have it.
  static state load(kv_store& kv, partition_id p);

  // A command is "register=value".
  void apply(log_index at, const replicated_entry& entry);
  [[nodiscard]] log_index applied() const { return applied_; }
  // Of the history, and of the registers as they are.
  [[nodiscard]] std::uint64_t hash() const;
  // What has changed since the last call.
  [[nodiscard]] rows take_changes(partition_id p);

private:
  void set(const std::string& name, std::string value);

  log_index applied_;
  std::uint64_t history_ = 0;
  std::uint64_t contents_ = 0;
  std::map<std::string, std::string> registers_;
  std::map<std::string, std::string> changed_;
};

}  // namespace dip::simulation
