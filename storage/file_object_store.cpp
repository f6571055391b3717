#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/failpoint.hpp"
#include "storage/bucket_folder.hpp"

namespace dip {
namespace {

constexpr mode_t file_mode = 0640;

result<file_descriptor> open_nameless(int at) {
  file_descriptor file(::openat(at, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode));
  if (!file) return fail_errno("cannot make an object file", errno);
  return file;
}

class file_writer final : public nameless_writer {
public:
  file_writer(bucket_folder& folder, file_descriptor file, checksum sum)
      : nameless_writer(std::move(file), sum), folder_(folder) {}

  result<written> commit(const object_name& name, bool durable) override {
    if (name.in != folder_.in()) return fail(errc::internal, "an object made for another bucket");
    const auto to = place_of(name);
    if (!to) return tl::unexpected(to.error());
    auto done = finish();
    if (!done) return done;
    failpoint("before_object_sync");
    if (durable && ::fsync(descriptor()) != 0) return fail_errno("cannot sync an object file", errno);
    failpoint("before_object_name");
    if (auto linked = folder_.link(descriptor(), *to, durable); !linked) {
      return tl::unexpected(linked.error());
    }
    failpoint("after_object_name");
    return done;
  }

private:
  bucket_folder& folder_;
};

class file_object_store final : public object_store {
public:
  explicit file_object_store(std::array<std::unique_ptr<bucket_folder>, 3> folders)
      : folders_(std::move(folders)) {}

  result<std::unique_ptr<object_writer>> create(bucket in, checksum sum) override {
    auto file = open_nameless(folder(in).get());
    if (!file) return tl::unexpected(file.error());
    return std::make_unique<file_writer>(folder(in), std::move(*file), sum);
  }

  result<std::unique_ptr<object_reader>> open(const object_name& name) override {
    auto file = open_file(name);
    if (!file) return tl::unexpected(file.error());
    const auto size = size_of(file->get());
    if (!size) return tl::unexpected(size.error());
    return make_reader(std::move(*file), *size);
  }

  result<void> remove(const object_name& name) override {
    const auto what = place_of(name);
    return what ? folder(name.in).remove(*what) : result<void>{};
  }

  result<void> sync(const object_name& name) override {
    const auto file = open_file(name);
    if (!file) return tl::unexpected(file.error());
    return folder(name.in).sync(file->get(), *place_of(name));
  }

  result<void> verify(const object_row& row) override {
    const auto file = open_file(row.name);
    if (!file) return tl::unexpected(file.error());
    return verify_bytes(file->get(), row);
  }

  result<void> each(bucket in, const std::function<bool(const object_name&, wall_time)>& visit) override {
    return folder(in).each(visit);
  }

  result<std::uint64_t> free_bytes() const override {
    struct statvfs s{};
    if (::fstatvfs(folders_.front()->get(), &s) != 0) return fail_errno("cannot ask for free space", errno);
    return static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize;
  }

private:
  [[nodiscard]] bucket_folder& folder(bucket in) const { return *folders_.at(static_cast<size_t>(in)); }

  [[nodiscard]] result<file_descriptor> open_file(const object_name& name) const {
    const auto at = place_of(name);
    if (!at) return tl::unexpected(at.error());
    file_descriptor file(
        ::openat(folder(name.in).get(), at->file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file && errno == ENOENT) return fail(errc::not_found, "no such file");
    if (!file) return fail_errno("cannot open the object file " + at->file, errno);
    return file;
  }

  std::array<std::unique_ptr<bucket_folder>, 3> folders_;
};

// That objects can be made in it is tried here, so that it is known before the first upload.
result<std::unique_ptr<bucket_folder>> open_bucket(const std::filesystem::path& objects, bucket in) {
  const auto path = objects / to_string(in);
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return fail_errno("cannot make the folder " + path.string(), failed.value());
  file_descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno("cannot open the folder " + path.string(), errno);
  const file_descriptor probe(::openat(folder.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode));
  if (!probe && errno == EOPNOTSUPP) {
    return fail(errc::io, "the file system of " + path.string() + " has no unnamed files (O_TMPFILE)");
  }
  if (!probe) return fail_errno("cannot write to the folder " + path.string(), errno);
  return std::make_unique<bucket_folder>(in, std::move(folder));
}

// The folders that `open_bucket` made, up to the one that holds DATA, which may be new as well.
result<void> sync_upwards(const std::filesystem::path& data) {
  for (const auto& path : {data / "objects", data, data / ".."}) {
    const file_descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // A folder above DATA may be closed to us, or on a file system that cannot sync; it is not ours to mend.
    const auto synced = folder && ::fsync(folder.get()) == 0;
    if (!synced && path.filename() != "..")
      return fail_errno("cannot sync the folder " + path.string(), errno);
  }
  return {};
}

}  // namespace

result<std::unique_ptr<object_store>> open_object_store(const std::string& directory) {
  constexpr std::array buckets{bucket::request_files, bucket::preprocessed_files, bucket::processed_files};
  const std::filesystem::path data(directory);
  std::array<std::unique_ptr<bucket_folder>, 3> folders;
  for (const auto in : buckets) {
    auto opened = open_bucket(data / "objects", in);
    if (!opened) return tl::unexpected(opened.error());
    folders.at(static_cast<size_t>(in)) = std::move(*opened);
  }
  if (auto synced = sync_upwards(data); !synced) return tl::unexpected(synced.error());
  return std::make_unique<file_object_store>(std::move(folders));
}

}  // namespace dip
