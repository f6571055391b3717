/* Put before a node with LD_PRELOAD, this lets its machine go wrong: syncs that are slow or fail, a wall clock that jumps.
 * DIP_MACHINE_FAULTS names a file that is read again every few milliseconds, with words and numbers:
 *   sync_delay_ms N   of every sync
 *   sync_fails 1      of a file of the state, with EIO
 *   clock_ms N        ahead of the truth; behind it when negative
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic long sync_delay_ms, sync_fails, clock_ms, read_at_ms;

static long true_ms(clockid_t which) {
  struct timespec t;
  syscall(SYS_clock_gettime, which, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void look(void) {
  const long now = true_ms(CLOCK_MONOTONIC);
  if (now - read_at_ms < 5) return;
  read_at_ms = now;
  const char* path = getenv("DIP_MACHINE_FAULTS");
  const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  char text[256];
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n < 0) return;
  text[n] = 0;
  long delay = 0, fails = 0, ahead = 0;
  const char* at;
  if ((at = strstr(text, "sync_delay_ms "))) sscanf(at, "sync_delay_ms %ld", &delay);
  if ((at = strstr(text, "sync_fails "))) sscanf(at, "sync_fails %ld", &fails);
  if ((at = strstr(text, "clock_ms "))) sscanf(at, "clock_ms %ld", &ahead);
  sync_delay_ms = delay;
  sync_fails = fails;
  clock_ms = ahead;
}

static int is_state(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return strstr(path, "/state/") != NULL;
}

static int before_sync(int fd) {
  look();
  if (sync_delay_ms) usleep((useconds_t)sync_delay_ms * 1000);
  if (!sync_fails || !is_state(fd)) return 0;
  errno = EIO;
  return -1;
}

int fsync(int fd) { return before_sync(fd) ? -1 : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return before_sync(fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }

int clock_gettime(clockid_t which, struct timespec* to) {
  const int failed = (int)syscall(SYS_clock_gettime, which, to);
  if (failed || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return failed;
  look();
  const long ms = to->tv_sec * 1000 + clock_ms;
  to->tv_sec = ms / 1000;
  to->tv_nsec += ms % 1000 * 1000000;
  if (to->tv_nsec >= 1000000000) to->tv_sec++, to->tv_nsec -= 1000000000;
  if (to->tv_nsec < 0) to->tv_sec--, to->tv_nsec += 1000000000;
  return 0;
}

int gettimeofday(struct timeval* restrict to, void* restrict zone) {
  (void)zone;
  struct timespec t;
  const int failed = clock_gettime(CLOCK_REALTIME, &t);
  to->tv_sec = t.tv_sec;
  to->tv_usec = t.tv_nsec / 1000;
  return failed;
}

time_t time(time_t* to) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (to) *to = t.tv_sec;
  return t.tv_sec;
}
