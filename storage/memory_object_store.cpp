#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "storage/object_bytes.hpp"

namespace dip {
namespace {

using shared_file = std::shared_ptr<const file_descriptor>;

result<wall_time> time_of(int fd) {
  struct stat s{};
  if (::fstat(fd, &s) != 0) return fail_errno("cannot look at an object", errno);
  const auto since = std::chrono::seconds(s.st_mtim.tv_sec) + std::chrono::nanoseconds(s.st_mtim.tv_nsec);
  return wall_time(std::chrono::floor<milliseconds>(since));
}

// Another descriptor of the same file: it outlives the object's removal, as an open file does.
result<file_descriptor> duplicate(int fd) {
  file_descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return fail_errno("cannot open an object", errno);
  return copy;
}

// The names and what they stand for. Any thread.
class name_table {
public:
  result<void> add(const object_name& name, file_descriptor file) {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = files_.try_emplace(name, nullptr);
    if (!added) return fail(errc::conflict, name.path() + " exists already");
    at->second = std::make_shared<const file_descriptor>(std::move(file));
    return {};
  }
  [[nodiscard]] result<shared_file> find(const object_name& name) const {
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(name);
    if (at == files_.end()) return fail(errc::not_found, "no such file");
    return at->second;
  }
  void remove(const object_name& name) {
    const std::lock_guard lock(mutex_);
    files_.erase(name);
  }
  [[nodiscard]] std::vector<std::pair<object_name, shared_file>> all(bucket in) const {
    std::vector<std::pair<object_name, shared_file>> found;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : files_) {
      if (entry.first.in == in) found.emplace_back(entry);
    }
    return found;
  }

private:
  mutable std::mutex mutex_;
  std::map<object_name, shared_file> files_;
};

class memory_writer final : public nameless_writer {
public:
  memory_writer(name_table& names, bucket in, file_descriptor file, checksum sum)
      : nameless_writer(std::move(file), sum), names_(names), in_(in) {}

  result<written> commit(const object_name& name, bool) override {
    if (name.in != in_) return fail(errc::internal, "an object made for another bucket");
    if (auto good = parse_key(name.in, name.key); !good) return tl::unexpected(good.error());
    auto done = finish();
    if (!done) return done;
    auto kept = duplicate(descriptor());
    if (!kept) return tl::unexpected(kept.error());
    if (auto added = names_.add(name, std::move(*kept)); !added) return tl::unexpected(added.error());
    return done;
  }

private:
  name_table& names_;
  bucket in_;
};

class memory_object_store final : public object_store {
public:
  result<std::unique_ptr<object_writer>> create(bucket in, checksum sum) override {
    file_descriptor file(::memfd_create("object", MFD_CLOEXEC));
    if (!file) return fail_errno("cannot make an object", errno);
    return std::make_unique<memory_writer>(names_, in, std::move(file), sum);
  }

  result<std::unique_ptr<object_reader>> open(const object_name& name) override {
    const auto file = names_.find(name);
    if (!file) return tl::unexpected(file.error());
    auto own = duplicate((*file)->get());
    if (!own) return tl::unexpected(own.error());
    const auto size = size_of(own->get());
    if (!size) return tl::unexpected(size.error());
    return make_reader(std::move(*own), *size);
  }

  result<void> remove(const object_name& name) override {
    names_.remove(name);
    return {};
  }

  result<void> sync(const object_name& name) override {
    return names_.find(name).map([](const shared_file&) {});
  }

  result<void> verify(const object_row& row) override {
    const auto file = names_.find(row.name);
    if (!file) return tl::unexpected(file.error());
    return verify_bytes((*file)->get(), row);
  }

  result<void> each(bucket in, const std::function<bool(const object_name&, wall_time)>& visit) override {
    for (const auto& [name, file] : names_.all(in)) {
      const auto changed = time_of(file->get());
      if (!changed) return tl::unexpected(changed.error());
      if (!visit(name, *changed)) break;
    }
    return {};
  }

  // Memory's end is the process's end: no caller is to be refused before.
  result<std::uint64_t> free_bytes() const override { return std::uint64_t{1} << 40U; }

private:
  name_table names_;
};

}  // namespace

std::unique_ptr<object_store> make_memory_object_store() { return std::make_unique<memory_object_store>(); }

}  // namespace dip
