#include "imaging/codec/syscalls.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace dip::pixels {
namespace {

// Measured with both builds of libvips over all formats; then what newer C libraries use in their place.
constexpr std::array allowed{
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(membarrier),
    SCMP_SYS(getcpu),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getcwd),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(eventfd2),
};

// By which UndefinedBehaviorSanitizer finds out whether memory can be read.
#ifdef __SANITIZE_ADDRESS__
constexpr std::array for_sanitizers{SCMP_SYS(pipe), SCMP_SYS(pipe2)};
#else
constexpr std::array<int, 0> for_sanitizers{};
#endif

// Only where there is a jail to look around in.
constexpr std::array looking{SCMP_SYS(getdents64), SCMP_SYS(access),   SCMP_SYS(faccessat),
                             SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
                             SCMP_SYS(stat),       SCMP_SYS(lstat),    SCMP_SYS(statfs)};

constexpr std::array deadly{
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(seccomp),
};

using filter = std::unique_ptr<void, decltype(&seccomp_release)>;

using conditions = std::vector<scmp_arg_cmp>;  // all of them

scmp_arg_cmp is(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// A call that this architecture does not have needs no rule.
bool rule(const filter& to, std::uint32_t action, int call, const conditions& when = {}) {
  const int done = ::seccomp_rule_add_array(to.get(), action, call, static_cast<unsigned>(when.size()),
                                            when.empty() ? nullptr : when.data());
  return done == 0 || done == -EDOM;
}

template <size_t N>
bool rules(const filter& to, std::uint32_t action, const std::array<int, N>& calls) {
  for (const int call : calls)
    if (!rule(to, action, call)) return false;
  return true;
}

// Threads, never processes. clone3 hides its flags in memory: it gets the error on which the C library falls
// back to clone.
bool add_threads(const filter& to) {
  return rule(to, SCMP_ACT_ALLOW, SCMP_SYS(clone), {masked(0, CLONE_THREAD, CLONE_THREAD)}) &&
         rule(to, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), {masked(0, CLONE_THREAD, 0)}) &&
         // How a process ends itself; its namespace holds other children.
         rule(to, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {is(0, static_cast<scmp_datum_t>(::getpid()))});
}

// Memory is never both written and run, but where libvips compiles its loops as it goes (Orc).
bool add_memory(const filter& to) {
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
#ifdef DIP_VIPS_COMPILES
    if (!rule(to, SCMP_ACT_ALLOW, call)) return false;
#else
    if (!rule(to, SCMP_ACT_ALLOW, call, {masked(2, PROT_EXEC, 0)})) return false;
#endif
  }
  return true;
}

bool add_files(const filter& to, bool jail) {
  constexpr scmp_datum_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  const bool opened = !jail || (rules(to, SCMP_ACT_ALLOW, looking) &&
                                rule(to, SCMP_ACT_ALLOW, SCMP_SYS(openat), {masked(2, writing, 0)}));
  if (!opened) return false;
  for (const int command : {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL})
    if (!rule(to, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, static_cast<scmp_datum_t>(command))})) return false;
  return true;
}

bool add_the_rest(const filter& to) {
  constexpr scmp_datum_t name_memory = 0x53564d41;  // PR_SET_VMA
  return rule(to, SCMP_ACT_ALLOW, SCMP_SYS(prctl), {is(0, PR_SET_NAME)}) &&
         rule(to, SCMP_ACT_ALLOW, SCMP_SYS(prctl), {is(0, name_memory)}) &&
         // Limits may be read, not set.
         rule(to, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {is(2, 0)});
}

}  // namespace

bool filter_syscalls(const walls& around) {
  const filter made{::seccomp_init(SCMP_ACT_ERRNO(EACCES)), &seccomp_release};
  return made && ::seccomp_attr_set(made.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
         // The kernel walks a tree then, not a list.
         ::seccomp_attr_set(made.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
         rules(made, SCMP_ACT_ALLOW, allowed) && rules(made, SCMP_ACT_ALLOW, for_sanitizers) &&
         rules(made, SCMP_ACT_KILL_PROCESS, deadly) && rule(made, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3)) &&
         add_threads(made) && add_memory(made) && add_files(made, around.jail) && add_the_rest(made) &&
         ::seccomp_load(made.get()) == 0;
}

}  // namespace dip::pixels
