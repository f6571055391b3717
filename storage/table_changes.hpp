// The rows as they will be once a batch is written: reads see what was changed before them in the same batch.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/codec.hpp"
#include "storage/kv.hpp"

namespace dip {

// What one API key has at work in a partition.
struct caller_row {
  std::uint32_t live = 0;  // requests that are not final
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.live);
  }
};

// Of a queue that is paused; there is none for one that is not.
struct pause_row {
  wall_time since{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.since);
  }
};

// A row that cannot be read, or a store that cannot be asked, while applying: the replica must not go on.
struct damaged_state : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One owner. Throws `damaged_state`.
class table_changes {
public:
  table_changes(const kv_snapshot& base, kv_batch& out) : base_(base), out_(out) {}

  template <class T>
  [[nodiscard]] std::optional<T> load(family f, const std::string& key) const {
    const auto bytes = find(f, key);
    if (!bytes) return std::nullopt;
    auto row = decode<T>(*bytes);
    if (!row) throw damaged_state(row.error().detail);
    return std::move(*row);
  }

  template <class T>
  void store(family f, const std::string& key, const T& row) {
    auto bytes = encode(row);
    out_.put(f, key, bytes);
    changed_.insert_or_assign({f, key}, std::move(bytes));
  }

  void remove(family f, const std::string& key) {
    out_.remove(f, key);
    changed_.insert_or_assign({f, key}, std::nullopt);
  }

  // The keys of `f` that were stored or removed.
  template <class Visit>
  void each_changed(family f, Visit visit) const {
    for (auto it = changed_.lower_bound({f, {}}); it != changed_.end() && it->first.first == f; ++it)
      visit(it->first.second);
  }

private:
  [[nodiscard]] std::optional<std::string> find(family f, const std::string& key) const {
    if (const auto it = changed_.find({f, key}); it != changed_.end()) return it->second;
    auto got = base_.get(f, key);
    if (!got) throw damaged_state(got.error().detail);
    return std::move(*got);
  }

  const kv_snapshot& base_;
  kv_batch& out_;
  std::map<std::pair<family, std::string>, std::optional<std::string>> changed_;
};

}  // namespace dip
