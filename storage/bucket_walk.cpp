#include <cerrno>
#include <chrono>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "storage/bucket_folder.hpp"

namespace dip {
namespace {

using visitor = std::function<bool(const object_name&, wall_time)>;

struct close_folder {
  void operator()(DIR* d) const { ::closedir(d); }
};

wall_time time_of(const struct stat& s) {
  const auto since = std::chrono::seconds(s.st_mtim.tv_sec) + std::chrono::nanoseconds(s.st_mtim.tv_nsec);
  return wall_time(std::chrono::floor<milliseconds>(since));
}

// A walk through a bucket while others commit and remove: what vanishes on the way was not there.
class bucket_walk {
public:
  bucket_walk(bucket in, int root, const visitor& visit) : in_(in), root_(root), visit_(visit) {}

  result<void> folder(const std::string& path, const std::string& key_prefix, int depth);

private:
  result<void> entry(const std::string& path, const std::string& key, int depth);
  void file(const std::string& key, const struct stat& s);

  bucket in_;
  int root_;
  const visitor& visit_;
  bool over_ = false;
};

// Depth 0 is the bucket with its shards, 1 a shard, 2 an attempt's folder: only below the shards names belong
// to keys.
result<void> bucket_walk::folder(const std::string& path, const std::string& key_prefix, int depth) {
  const auto fd = ::openat(root_, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return fail_errno("cannot open the folder " + path, errno);
  const std::unique_ptr<DIR, close_folder> names(::fdopendir(fd));
  if (!names) {
    const file_descriptor unused(fd);
    return fail_errno("cannot read the folder " + path, ENOMEM);
  }
  while (!over_) {
    errno = 0;
    const auto* next = ::readdir(names.get());
    if (next == nullptr && errno != 0) return fail_errno("cannot read the folder " + path, errno);
    if (next == nullptr) return {};
    const std::string name(static_cast<const char*>(next->d_name));
    if (name == "." || name == "..") continue;
    const auto key = depth == 0 ? std::string() : key_prefix + name;
    if (auto done = entry(path + "/" + name, key, depth); !done) return done;
  }
  return {};
}

result<void> bucket_walk::entry(const std::string& path, const std::string& key, int depth) {
  constexpr int deepest = 2;
  struct stat s{};
  if (::fstatat(root_, path.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno("cannot look at " + path, errno);
  }
  if (S_ISREG(s.st_mode)) file(key, s);
  if (!S_ISDIR(s.st_mode) || depth == deepest) return {};
  return folder(path, key.empty() ? key : key + "/", depth + 1);
}

void bucket_walk::file(const std::string& key, const struct stat& s) {
  // What is not named like an object was not put here by us.
  if (const auto name = parse_key(in_, key)) over_ = !visit_(*name, time_of(s));
}

}  // namespace

result<void> bucket_folder::each(const visitor& visit) const {
  return bucket_walk(in_, get(), visit).folder(".", "", 0);
}

}  // namespace dip
