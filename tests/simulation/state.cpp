#include "tests/simulation/state.hpp"

#include <functional>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/table_view.hpp"
#include "tests/simulation/ledger.hpp"

namespace dip::simulation {
namespace {

std::string history_key(partition_id p) { return keys::of_partition(p) + "history"; }

std::uint64_t hash_of_register(const std::string& name, const std::string& value) {
  return mixed(std::hash<std::string>{}(name), std::hash<std::string>{}(value));
}

}  // namespace

state state::load(kv_store& kv, partition_id p) {
  state out;
  const auto look = kv.snapshot();
  if (auto row = look->get(family::meta, applied_key(p)); row && *row)
    out.applied_ = decode<applied_row>(**row).value_or(applied_row{}).index;
  if (auto row = look->get(family::requests, history_key(p)); row && *row)
    out.history_ = keys::read_number(**row);
  const auto prefix = keys::of_partition(p);
  static_cast<void>(
      look->each(family::objects, prefix, prefix, [&](std::string_view key, std::string_view value) {
        out.set(std::string{key.substr(prefix.size())}, std::string{value});
        return true;
      }));
  out.changed_.clear();
  return out;
}

void state::set(const std::string& name, std::string value) {
  if (const auto it = registers_.find(name); it != registers_.end())
    contents_ ^= hash_of_register(name, it->second);
  contents_ ^= hash_of_register(name, value);
  changed_[name] = value;
  registers_[name] = std::move(value);
}

void state::apply(log_index at, const replicated_entry& entry) {
  applied_ = at;
  history_ = mixed(mixed(history_, at.value), hash_of(entry));
  if (entry.kind != entry_kind::normal) return;
  const auto equals = entry.payload.find('=');
  set(entry.payload.substr(0, equals), entry.payload.substr(equals + 1));
}

std::uint64_t state::hash() const { return mixed(history_, contents_); }

rows state::take_changes(partition_id p) {
  rows out;
  for (auto& [name, value] : changed_)
    out.emplace_back(family::objects, keys::of_partition(p) + name, std::move(value));
  changed_.clear();
  std::string history;
  keys::append_number(history, history_, 8);
  out.emplace_back(family::requests, history_key(p), std::move(history));
  out.emplace_back(family::meta, applied_key(p), encode(applied_row{applied_, {}}));
  return out;
}

}  // namespace dip::simulation
