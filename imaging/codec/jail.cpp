#include "imaging/codec/jail.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace dip::pixels {
namespace {

// Only a place to build it on: in this namespace, where nobody else sees it.
constexpr auto root = "/tmp";

constexpr unsigned long no_surprises = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// Fonts, and how fontconfig is to find them: /etc/fonts/conf.d is links into the second.
constexpr std::array shown{"/usr/share/fonts", "/usr/share/fontconfig", "/usr/local/share/fonts",
                           "/etc/fonts", "/var/cache/fontconfig"};

bool make_folders(std::string_view path) {
  for (size_t at = path.find('/', 1); at != std::string_view::npos; at = path.find('/', at + 1)) {
    const auto part = root + std::string{path.substr(0, at)};
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return false;
  }
  const auto whole = root + std::string{path};
  return ::mkdir(whole.c_str(), 0755) == 0 || errno == EEXIST;
}

// mount_namespaces(7): what the mount has been locked with must be said again when it is mounted anew.
unsigned long locked_flags(const std::string& path) {
  struct statvfs about{};
  if (::statvfs(path.c_str(), &about) != 0) return 0;
  unsigned long flags = 0;
  if ((about.f_flag & ST_NOATIME) != 0) flags |= MS_NOATIME;
  if ((about.f_flag & ST_NODIRATIME) != 0) flags |= MS_NODIRATIME;
  if ((about.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
  return flags;
}

bool show(const char* path) {
  struct stat about{};
  if (::stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) return true;
  const auto inside = root + std::string{path};
  return make_folders(path) && ::mount(path, inside.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(nullptr, inside.c_str(), nullptr,
                 MS_BIND | MS_REMOUNT | MS_RDONLY | no_surprises | locked_flags(inside), nullptr) == 0;
}

bool show_all() {
  for (const auto* path : shown)
    if (!show(path)) return false;
  return true;
}

// pivot_root(2), "pivot_root(".", ".")": the old root ends on top of the new one, and is taken off.
bool move_in() {
  return ::chdir(root) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 && ::umount2(".", MNT_DETACH) == 0 &&
         ::chdir("/") == 0;
}

}  // namespace

bool enter_jail() {
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", root, "tmpfs", no_surprises, "size=64k,mode=755") == 0 && show_all() &&
         ::mount(nullptr, root, nullptr, MS_REMOUNT | MS_RDONLY | no_surprises, nullptr) == 0 && move_in();
}

}  // namespace dip::pixels
