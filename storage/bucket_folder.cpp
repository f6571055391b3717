#include "storage/bucket_folder.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr mode_t folder_mode = 0750;

result<void> sync_folder(int at, const std::string& path) {
  const file_descriptor folder(::openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail_errno("cannot sync the folder " + path, errno);
  return {};
}

result<void> make_folder(int at, const std::string& path) {
  if (::mkdirat(at, path.c_str(), folder_mode) == 0 || errno == EEXIST) return {};
  return fail_errno("cannot make the folder " + path, errno);
}

}  // namespace

result<place> place_of(const object_name& name) {
  if (auto good = parse_key(name.in, name.key); !good) return tl::unexpected(good.error());
  // The first ten characters are the time: only the random ones after them spread evenly.
  place p{.shard = name.key.substr(10, 2), .attempt = {}, .file = {}};
  const auto slash = name.key.find('/');
  if (slash != std::string::npos) p.attempt = p.shard + "/" + name.key.substr(0, slash);
  p.file = p.shard + "/" + name.key;
  return p;
}

result<void> bucket_folder::link_once(int file, const place& to, bool& vanished) {
  if (auto made = make_folder(get(), to.shard); !made) return made;
  if (!to.attempt.empty()) {
    if (auto made = make_folder(get(), to.attempt); !made) return made;
  }
  const auto self = "/proc/self/fd/" + std::to_string(file);
  if (::linkat(AT_FDCWD, self.c_str(), get(), to.file.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno == EEXIST) return fail(errc::conflict, to.file + " exists already");
  vanished = errno == ENOENT;
  return fail_errno("cannot name the object file " + to.file, errno);
}

result<void> bucket_folder::link(int file, const place& to, bool durable) {
  // `remove` may take an attempt's empty folder away before the file is in it.
  constexpr int tries = 64;
  result<void> linked;
  bool vanished = true;
  for (int i = 0; i < tries && vanished; ++i) {
    vanished = false;
    linked = link_once(file, to, vanished);
  }
  if (!linked || !durable) return linked;
  auto synced = sync_names(to);
  if (!synced) ::unlinkat(get(), to.file.c_str(), 0);
  return synced;
}

// Another thread may have made a folder and not synced it yet, so whoever promises a file syncs all of its
// path.
result<void> bucket_folder::sync_names(const place& to) {
  if (auto synced = sync_folder(get(), to.folder()); !synced) return synced;
  if (!to.attempt.empty()) {
    if (auto synced = sync_folder(get(), to.shard); !synced) return synced;
  }
  {
    const std::lock_guard lock(mutex_);
    if (durable_shards_.contains(to.shard)) return {};
  }
  if (auto synced = sync_folder(get(), "."); !synced) return synced;
  const std::lock_guard lock(mutex_);
  durable_shards_.insert(to.shard);
  return {};
}

result<void> bucket_folder::sync(int file, const place& at) {
  if (::fsync(file) != 0) return fail_errno("cannot sync the object file " + at.file, errno);
  return sync_names(at);
}

result<void> bucket_folder::remove(const place& what) {
  if (::unlinkat(get(), what.file.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno("cannot remove the object file " + what.file, errno);
  }
  if (what.attempt.empty() || ::unlinkat(get(), what.attempt.c_str(), AT_REMOVEDIR) == 0) return {};
  const auto in_use = errno == ENOTEMPTY || errno == EEXIST || errno == ENOENT;
  if (!in_use) return fail_errno("cannot remove the folder " + what.attempt, errno);
  return {};
}

}  // namespace dip
