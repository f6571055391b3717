// What a child that an image has taken over can still do. Each attack runs in a process confined as a child
// is, as root and as an ordinary user.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imaging/codec/child.hpp"
#include "imaging/codec/walls.hpp"

namespace dip {
namespace {

constexpr std::uint64_t memory_limit = 1ULL << 30;
constexpr std::uint64_t cpu_seconds = 1;
// None of them what a sanitizer ends with.
constexpr int refused = 40, succeeded = 41, broken = 42, killed = 100;

enum class user { root, ordinary };

int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? killed + WTERMSIG(status) : WEXITSTATUS(status);
}

// Ordinary users run programs that they may be looked into; a process that was root is not one by itself.
bool become(user who) {
  if (who == user::root) return true;
  if (::getuid() != 0) return true;
  constexpr unsigned nobody = 65534;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(nobody, nobody, nobody) == 0 &&
         ::setresuid(nobody, nobody, nobody) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

// `refused`, `succeeded`, or `killed` and the signal.
int attempt(user who, const std::function<bool()>& attack, bool jailed = true) {
  const pid_t outer = ::fork();
  if (outer != 0) return status_of(outer);
  if (!become(who)) ::_exit(broken);
  auto around = pixels::build_walls();
  if (!around.missing.empty()) ::_exit(broken);
  around.jail = around.jail && jailed;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) ::_exit(status_of(child));
  if (!pixels::confine(parent, {memory_limit, cpu_seconds}, around)) ::_exit(broken);
  ::_exit(attack() ? succeeded : refused);
}

std::vector<user> users() {
  if (::getuid() != 0) return {user::ordinary};
  return {user::root, user::ordinary};
}

// Containers often forbid namespaces; there is nothing to attack then.
bool walls_stand() {
  static const bool stand = attempt(user::ordinary, [] { return true; }) == succeeded;
  return stand;
}

bool opens(const char* path, int flags) { return ::open(path, flags, 0644) >= 0; }

void everybody(const std::function<void(user)>& check) {
  if (!walls_stand()) SKIP("this system refuses the sandbox's namespaces");
  for (const auto who : users()) {
    CAPTURE(who == user::root);
    check(who);
  }
}

TEST_CASE("the walls stand, as root and as an ordinary user") {
  everybody([](user who) { CHECK(attempt(who, [] { return true; }) == succeeded); });
}

TEST_CASE("open: nothing but fonts is there, and nothing can be written") {
  everybody([](user who) {
    CHECK(attempt(who, [] { return opens("/etc/passwd", O_RDONLY); }) == refused);
    CHECK(attempt(who, [] { return opens("/proc/self/maps", O_RDONLY); }) == refused);
    CHECK(attempt(who, [] { return opens("/dev/null", O_RDONLY); }) == refused);
    CHECK(attempt(who, [] { return opens("/usr/share/fonts", O_RDONLY); }) == succeeded);
    CHECK(attempt(who, [] { return opens("/x", O_RDWR | O_CREAT); }) == refused);
    CHECK(attempt(who, [] { return opens("/usr/share/fonts/x", O_WRONLY | O_CREAT); }) == refused);
    CHECK(attempt(who, [] { return ::mkdir("/x", 0755) == 0 || errno != EACCES; }) == refused);
    CHECK(attempt(who, [] { return ::unlink("/etc/fonts/fonts.conf") == 0 || errno != EACCES; }) == refused);
  });
}

TEST_CASE("the jail holds a few folders, and no way out") {
  const auto holds_more = [] {
    auto* folder = ::opendir("/");
    if (folder == nullptr) return true;
    while (const auto* entry = ::readdir(folder)) {
      const std::string name = entry->d_name;
      if (name != "." && name != ".." && name != "usr" && name != "etc" && name != "var") return true;
    }
    return opens("/../../etc/passwd", O_RDONLY) || opens("/usr/bin/true", O_RDONLY);
  };
  everybody([&](user who) { CHECK(attempt(who, holds_more) == refused); });
}

TEST_CASE("without a jail no file is opened at all") {
  everybody([](user who) {
    CHECK(attempt(
              who, [] { return opens("/usr/share/fonts", O_RDONLY) || errno != EACCES; }, false) == refused);
  });
}

TEST_CASE("network, processes, programs and other's memory end the child at once") {
  constexpr int by_filter = killed + SIGSYS;
  everybody([](user who) {
    CHECK(attempt(who, [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::syscall(SYS_fork) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::execl("/bin/true", "true", nullptr) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), 0, 0) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::kill(1, SIGKILL) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::unshare(CLONE_NEWUSER) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::mount("none", "/", "tmpfs", 0, nullptr) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::setuid(0) == 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::syscall(SYS_io_uring_setup, 1, nullptr) >= 0; }) == by_filter);
    CHECK(attempt(who, [] { return ::syscall(SYS_bpf, 0, nullptr, 0) >= 0; }) == by_filter);
  });
}

TEST_CASE("a child cannot raise what bounds it, nor reach its neighbours") {
  everybody([](user who) {
    CHECK(attempt(who, [] {
            const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
            return ::setrlimit(RLIMIT_AS, &more) == 0 || errno != EACCES;
          }) == refused);
    CHECK(attempt(who, [] { return ::prctl(PR_SET_DUMPABLE, 1) == 0; }) == refused);
    CHECK(attempt(who, [] { return ::syscall(SYS_tgkill, 1, 1, SIGTERM) == 0 || errno != EACCES; }) ==
          refused);
    CHECK(attempt(who, [] { return ::syscall(SYS_clone3, nullptr, 0) >= 0 || errno != ENOSYS; }) == refused);
  });
}

TEST_CASE("memory is bounded") {
  const auto takes = [](std::uint64_t bytes) {
    return [bytes] {
      return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    };
  };
  everybody([&](user who) {
    CHECK(attempt(who, takes(memory_limit - (16 << 20))) == succeeded);
    CHECK(attempt(who, takes(memory_limit + (16 << 20))) == refused);
  });
}

TEST_CASE("CPU is bounded, whatever signals are ignored") {
  const auto used = [] {
    rusage own{};
    return ::getrusage(RUSAGE_SELF, &own) == 0 ? own.ru_utime.tv_sec : 0;
  };
  const auto spins_until = [used](long seconds) {
    return [used, seconds] {
      ::signal(SIGXCPU, SIG_IGN);
      while (used() < seconds) {
      }
      return true;
    };
  };
  everybody([&](user who) {
    CHECK(attempt(who, spins_until(0)) == succeeded);
    CHECK(attempt(who, spins_until(10)) == killed + SIGKILL);
  });
}

TEST_CASE("no memory is both written and run") {
  everybody([](user who) {
    CHECK(attempt(who, [] {
            return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                          0) != MAP_FAILED;
          }) == refused);
    CHECK(attempt(who, [] {
            auto* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return page == MAP_FAILED || ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
          }) == refused);
  });
}

TEST_CASE("threads and an abort of its own are a codec's own affair") {
  everybody([](user who) {
    CHECK(attempt(who, [] {
            bool ran = false;
            std::thread{[&] { ran = true; }}.join();
            return ran;
          }) == succeeded);
    CHECK(attempt(who, []() -> bool {
            ::signal(SIGABRT, SIG_DFL);
            ::abort();
          }) == killed + SIGABRT);
  });
}

TEST_CASE("files are bounded in size and number") {
  everybody([](user who) {
    const auto open_many = [] {
      for (int i = 0; i < 200; ++i)
        if (::dup(0) < 0) return false;
      return true;
    };
    CHECK(attempt(who, open_many) == refused);
  });
}

}  // namespace
}  // namespace dip
