#include "tests/simulation/registers.hpp"

#include <functional>
#include <tuple>
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

result<void> registers::reload() {
  applied_ = {};
  history_ = contents_ = 0;
  values_.clear();
  const auto look = kv_.snapshot();
  const auto applied = look->get(family::meta, applied_key(p_));
  if (!applied) return tl::make_unexpected(applied.error());
  if (*applied) applied_ = decode<applied_row>(**applied).value_or(applied_row{}).index;
  const auto history = look->get(family::requests, history_key(p_));
  if (!history) return tl::make_unexpected(history.error());
  if (*history) history_ = keys::read_number(**history);
  const auto prefix = keys::of_partition(p_);
  auto read = look->each(family::objects, prefix, prefix, [&](std::string_view key, std::string_view value) {
    set(std::string{key.substr(prefix.size())}, std::string{value});
    return true;
  });
  changed_.clear();
  return read;
}

void registers::set(const std::string& name, std::string value) {
  if (const auto it = values_.find(name); it != values_.end())
    contents_ ^= hash_of_register(name, it->second);
  contents_ ^= hash_of_register(name, value);
  changed_[name] = value;
  values_[name] = std::move(value);
}

result<void> registers::apply(const std::vector<replicated_entry>& entries) {
  for (const auto& e : entries) apply_one(e);
  write_rows();
  return {};
}

void registers::apply_one(const replicated_entry& entry) {
  ++applied_.value;
  history_ = mixed(mixed(history_, applied_.value), hash_of(entry));
  if (entry.kind == entry_kind::normal) {
    const auto equals = entry.payload.find('=');
    set(entry.payload.substr(0, equals), entry.payload.substr(equals + 1));
  }
  if (on_applied) on_applied(applied_, entry);
}

std::uint64_t registers::hash() const { return mixed(history_, contents_); }

void registers::write_rows() {
  std::vector<std::tuple<family, std::string, std::string>> rows;
  for (auto& [name, value] : changed_)
    rows.emplace_back(family::objects, keys::of_partition(p_) + name, std::move(value));
  changed_.clear();
  std::string history;
  keys::append_number(history, history_, 8);
  rows.emplace_back(family::requests, history_key(p_), std::move(history));
  rows.emplace_back(family::meta, applied_key(p_), encode(applied_row{applied_, {}}));
  disk_.run(
      [rows = std::move(rows)](kv_store& kv) {
        const auto batch = kv.batch();
        for (const auto& [f, key, value] : rows) batch->put(f, key, value);
        return kv.write(*batch, false);
      },
      {});
}

}  // namespace dip::simulation
