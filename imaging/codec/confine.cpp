#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "imaging/codec/child.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/syscalls.hpp"

namespace dip::pixels {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif

// ThreadSanitizer starts a process to look at its own memory.
#ifdef __SANITIZE_THREAD__
constexpr bool filtered = false;
#else
constexpr bool filtered = true;
#endif

constexpr rlim_t open_files = 128;
constexpr rlim_t file_bytes = 2UL * 1024 * 1024 * 1024;

bool limit(__rlimit_resource_t what, rlim_t most) {
  const rlimit both{most, most};
  return ::setrlimit(what, &both) == 0;
}

bool limit_all(const protocol::child_bounds& bounds, const walls& around) {
  if (bounds.memory > 0 && !limit(RLIMIT_AS, bounds.memory + (instrumented ? around.address_space : 0)))
    return false;
  if (bounds.cpu_seconds > 0 && !limit(RLIMIT_CPU, bounds.cpu_seconds)) return false;
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, open_files) && limit(RLIMIT_FSIZE, file_bytes);
}

}  // namespace

bool silence() {
  if (instrumented) return true;
  const descriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!null) return false;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::dup2(null.get(), fd) < 0) return false;
  return true;
}

bool confine(pid_t parent, const protocol::child_bounds& bounds, const walls& around) {
  // A parent that died before the call is not noticed by it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) return false;
  // A write over the limit is an error to answer with, not the end.
  ::signal(SIGXFSZ, SIG_IGN);
  if (around.filter && !around.jail) refuse_text();
  return limit_all(bounds, around) && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         (!filtered || !around.filter || filter_syscalls(around));
}

}  // namespace dip::pixels
