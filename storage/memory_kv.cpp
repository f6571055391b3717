#include <array>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/kv.hpp"

namespace dip {
namespace {

using table = std::map<std::string, std::string, std::less<>>;
using tables = std::array<table, family_count>;

class memory_snapshot final : public kv_snapshot {
public:
  explicit memory_snapshot(std::shared_ptr<const tables> all) : all_(std::move(all)) {}

  result<std::optional<std::string>> get(family f, std::string_view key) const override {
    const auto& t = of(f);
    const auto it = t.find(key);
    if (it == t.end()) return std::nullopt;
    return it->second;
  }

  result<void> each(family f, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto& t = of(f);
    for (auto it = t.lower_bound(from < prefix ? prefix : from);
         it != t.end() && it->first.starts_with(prefix); ++it)
      if (!visit(it->first, it->second)) break;
    return {};
  }

  result<void> each_back(
      family f, std::string_view prefix, std::string_view before,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto& t = of(f);
    auto it = before.empty() ? t.lower_bound(after_prefix(prefix)) : t.lower_bound(before);
    while (it != t.begin()) {
      --it;
      if (!it->first.starts_with(prefix) || !visit(it->first, it->second)) break;
    }
    return {};
  }

private:
  [[nodiscard]] const table& of(family f) const { return all_->at(static_cast<size_t>(f)); }
  std::shared_ptr<const tables> all_;
};

class memory_batch final : public kv_batch {
public:
  void put(family f, std::string_view key, std::string_view value) override {
    steps_.emplace_back([f, k = std::string{key}, v = std::string{value}](tables& t) {
      t.at(static_cast<size_t>(f)).insert_or_assign(k, v);
    });
  }
  void remove(family f, std::string_view key) override {
    steps_.emplace_back([f, k = std::string{key}](tables& t) { t.at(static_cast<size_t>(f)).erase(k); });
  }
  void remove_range(family f, std::string_view from, std::string_view to) override {
    steps_.emplace_back([f, a = std::string{from}, b = std::string{to}](tables& t) {
      auto& one = t.at(static_cast<size_t>(f));
      one.erase(one.lower_bound(a), one.lower_bound(b));
    });
  }
  void apply(tables& t) const {
    for (const auto& step : steps_) step(t);
  }

private:
  std::vector<std::function<void(tables&)>> steps_;
};

// Copies on write while a snapshot is held: right for tests, whose tables are small.
class memory_kv final : public kv_store {
public:
  std::unique_ptr<kv_snapshot> snapshot() const override {
    const std::lock_guard lock{mutex_};
    return std::make_unique<memory_snapshot>(all_);
  }
  std::unique_ptr<kv_batch> batch() const override { return std::make_unique<memory_batch>(); }
  result<void> write(kv_batch& changes, bool) override {
    const std::lock_guard lock{mutex_};
    if (all_.use_count() > 1) all_ = std::make_shared<tables>(*all_);
    static_cast<memory_batch&>(changes).apply(*all_);
    return {};
  }
  result<void> flush_tables() override { return {}; }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<tables> all_ = std::make_shared<tables>();
};

}  // namespace

std::string after_prefix(std::string_view prefix) {
  std::string out{prefix};
  while (!out.empty() && out.back() == '\xff') out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

std::unique_ptr<kv_store> make_memory_kv() { return std::make_unique<memory_kv>(); }

}  // namespace dip
