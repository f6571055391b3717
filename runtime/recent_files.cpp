#include "runtime/recent_files.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include <sys/uio.h>

namespace dip {
namespace {

class file_in_memory final : public http::opened_object {
public:
  file_in_memory(object_row row, std::string bytes) : row_(std::move(row)), bytes_(std::move(bytes)) {}
  const object_row& row() const override { return row_; }
  result<size_t> read(std::uint64_t offset, std::span<char> out) override {
    const auto count = offset < bytes_.size() ? std::min<size_t>(out.size(), bytes_.size() - offset) : 0;
    std::copy_n(bytes_.data() + std::min<size_t>(offset, bytes_.size()), count, out.data());
    return count;
  }
  bool at_hand(std::uint64_t /*offset*/, std::uint64_t /*count*/) const override { return true; }

private:
  object_row row_;
  std::string bytes_;
};

class open_file final : public http::opened_object {
public:
  open_file(object_row row, std::unique_ptr<object_reader> reader)
      : row_(std::move(row)), reader_(std::move(reader)) {}
  const object_row& row() const override { return row_; }
  result<size_t> read(std::uint64_t offset, std::span<char> out) override {
    return reader_->read(offset, out);
  }
  int descriptor() const override { return reader_->descriptor(); }
  // The ends of a range leave the page cache about when its middle does.
  bool at_hand(std::uint64_t offset, std::uint64_t count) const override {
    return count > 0 && is_cached(offset) && is_cached(offset + count - 1);
  }

private:
  [[nodiscard]] bool is_cached(std::uint64_t offset) const {
    char byte = 0;
    const iovec to{&byte, 1};
    return ::preadv2(reader_->descriptor(), &to, 1, static_cast<off_t>(offset), RWF_NOWAIT) == 1;
  }

  object_row row_;
  std::unique_ptr<object_reader> reader_;
};

std::optional<std::string> all_of(object_reader& file, size_t size) {
  std::string out(size, '\0');
  const auto got = file.read(0, out);
  if (!got || *got != size) return std::nullopt;
  return out;
}

// In memory where it is small; open also where its bytes cannot be read: sending it will say why.
std::shared_ptr<http::opened_object> opened(object_row row, std::unique_ptr<object_reader> file) {
  if (row.size <= recent_files::small)
    if (auto bytes = all_of(*file, row.size))
      return std::make_shared<file_in_memory>(std::move(row), std::move(*bytes));
  return std::make_shared<open_file>(std::move(row), std::move(file));
}

size_t memory_of(const http::opened_object& file) { return file.descriptor() < 0 ? file.row().size : 0; }

}  // namespace

std::size_t recent_files::hashed::operator()(const object_name& n) const {
  return std::hash<std::string>{}(n.key);
}

std::shared_ptr<http::opened_object> recent_files::keep(object_row row, std::unique_ptr<object_reader> file,
                                                        std::uint64_t version) {
  const auto name = row.name;
  auto out = opened(std::move(row), std::move(file));

  const std::lock_guard lock{mutex_};
  if (const auto found = places_.find(name); found != places_.end()) drop(found->second);
  entries_.push_front({name, version, out});
  places_.emplace(name, entries_.begin());
  bytes_ += memory_of(*out);
  open_ += out->descriptor() >= 0 ? 1 : 0;
  while (over()) drop(std::prev(entries_.end()));
  return out;
}

std::shared_ptr<http::opened_object> recent_files::find(const object_name& name, std::uint64_t version) {
  const std::lock_guard lock{mutex_};
  const auto found = places_.find(name);
  if (found == places_.end()) return nullptr;
  if (found->second->version != version) {
    drop(found->second);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->file;
}

void recent_files::forget(const object_name& name) {
  const std::lock_guard lock{mutex_};
  if (const auto found = places_.find(name); found != places_.end()) drop(found->second);
}

void recent_files::drop(place at) {
  bytes_ -= memory_of(*at->file);
  open_ -= at->file->descriptor() >= 0 ? 1 : 0;
  places_.erase(at->name);
  entries_.erase(at);
}

bool recent_files::over() const {
  return entries_.size() > limits_.files || open_ > limits_.open || bytes_ > limits_.bytes;
}

}  // namespace dip
