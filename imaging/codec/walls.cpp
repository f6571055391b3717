#include "imaging/codec/walls.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imaging/codec/jail.hpp"
#include "imaging/descriptor.hpp"
#include "imaging/protocol.hpp"

namespace dip::pixels {
namespace {

constexpr unsigned nobody = 65534;
constexpr int apart = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;

std::string reason(const char* what) {
  return std::string{what} + ": " + std::generic_category().message(errno);
}

bool put(const char* path, const std::string& text) {
  const descriptor file{::open(path, O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Root needs no user namespace, and becomes nobody; anybody else is root of a new one, and nobody in it. Root
// without rights, as in some containers, gets the namespaces, but not itself as a user in them.
enum class standing { refused, was_root, own_users, no_user };

standing move_apart() {
  const unsigned user = ::geteuid(), group = ::getegid();
  if (user == 0 && ::unshare(apart) == 0) return standing::was_root;
  if (::unshare(apart | CLONE_NEWUSER) != 0) return standing::refused;
  const auto map = [](unsigned outside) {
    return std::to_string(nobody) + ' ' + std::to_string(outside) + " 1\n";
  };
  // user_namespaces(7): a group may only be mapped when setgroups is denied.
  const bool mapped = put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", map(user)) &&
                      put("/proc/self/gid_map", map(group));
  return mapped ? standing::own_users : standing::no_user;
}

bool drop_rights(standing from) {
  if (from == standing::was_root &&
      (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
       ::setresuid(nobody, nobody, nobody) != 0))
    return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

// A process namespace begins with the next child, and ends with it.
void become_first_process() {
  const pid_t first = ::fork();
  if (first < 0) ::_exit(EXIT_FAILURE);
  if (first == 0) {
    // Should the outer one have died already, the closed socket says so.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  ::close(protocol::zygote_socket);
  int status = 0;
  while (::waitpid(first, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

bool has_filter() {
  const unsigned action = SECCOMP_RET_KILL_PROCESS;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

std::uint64_t address_space() {
  std::ifstream pages{"/proc/self/statm"};
  std::uint64_t count = 0;
  pages >> count;
  return count * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add(std::string& list, const std::string& one) { list.append(list.empty() ? "" : "; ").append(one); }

}  // namespace

walls build_walls() {
  walls made;
  made.address_space = address_space();
  made.filter = has_filter();
  if (!made.filter) add(made.missing, reason("no filter of system calls"));
  const auto from = move_apart();
  if (from == standing::refused) {
    add(made.missing, reason("no namespaces"));
    // A user of no rights can be had without them.
    if (::geteuid() == 0 && !drop_rights(standing::was_root)) add(made.missing, reason("rights are kept"));
    return made;
  }
  if (from == standing::no_user) add(made.missing, reason("no user of its own"));
  made.jail = enter_jail();
  if (!made.jail) add(made.missing, reason("no file system of its own"));
  if (!drop_rights(from)) add(made.missing, reason("rights are kept"));
  become_first_process();
  return made;
}

}  // namespace dip::pixels
