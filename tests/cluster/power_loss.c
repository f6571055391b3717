/* Put before a node with LD_PRELOAD, this remembers what its disk must still have when the power fails: at each sync of a file its
 * bytes, at each sync of a folder its entries. What a node has written is on the real disk even after SIGKILL, so that the two
 * together say what may be lost (power.py).
 *   DIP_POWER_DATA    the node's data
 *   DIP_POWER_SYNCED  the folder, outside of it, for what was synced
 *   DIP_POWER_SLOW    milliseconds that each sync takes longer, so that the power often fails before it is done
 *   DIP_POWER_LIES    syncs of paths with this in them are confirmed, and nothing is remembered
 * A file is known by its inode and when that was made: inodes are used again. Nothing else is needed of the calls that change
 * files, since a disk may also have taken what was not synced yet.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is longer is only appended to, and not copied anew each time. power.py looks whether that is so. */
enum { COPIED_WHOLE = 128 * 1024 };

/* The newest sync of a file must be the last to be written down. Processes that are forked sync nothing before they exec. */
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

/* A sync that was not remembered would be a loss that nobody has to answer for. */
static void need(int good, const char* what) {
  if (good) return;
  perror(what);
  abort();
}

static int name_of(int at, const char* path, char* name, size_t size) {
  struct statx s;
  if (syscall(SYS_statx, at, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &s)) return 0;
  const char kind = S_ISDIR(s.stx_mode) ? 'd' : S_ISREG(s.stx_mode) ? 'f' : 'o';
  snprintf(name, size, "%c%llu-%lld-%u", kind, (unsigned long long)s.stx_ino, (long long)s.stx_btime.tv_sec, s.stx_btime.tv_nsec);
  return kind;
}

static void remember_bytes(int fd, const char* to) {
  char link[64], bytes[1 << 16];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const int in = open(link, O_RDONLY | O_CLOEXEC), out = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  need(in >= 0 && out >= 0, to);
  struct stat now, before;
  need(!fstat(in, &now) && !fstat(out, &before), to);
  off_t at = now.st_size > COPIED_WHOLE && before.st_size <= now.st_size ? before.st_size : 0;
  for (ssize_t n; (n = pread(in, bytes, sizeof bytes, at)) != 0; at += n) {
    need(n > 0, to);
    need(pwrite(out, bytes, (size_t)n, at) == n, to);
  }
  need(!ftruncate(out, at), to);
  close(in);
  close(out);
}

static void remember_entries(int fd, const char* to) {
  char fresh[PATH_MAX + 8], name[64];
  snprintf(fresh, sizeof fresh, "%s.new", to);
  const int folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = folder < 0 ? NULL : fdopendir(folder);
  FILE* out = fopen(fresh, "we");
  need(entries && out, fresh);
  for (const struct dirent* e; (e = readdir(entries));)
    if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && name_of(folder, e->d_name, name, sizeof name))
      fprintf(out, "%s %s\n", name, e->d_name);
  closedir(entries);
  need(!fclose(out), fresh);
  need(!rename(fresh, to), to);
}

static void remember(int fd) {
  const char *data = getenv("DIP_POWER_DATA"), *synced = getenv("DIP_POWER_SYNCED");
  const char *lies = getenv("DIP_POWER_LIES"), *slow = getenv("DIP_POWER_SLOW");
  char link[64], path[PATH_MAX], name[64], to[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0 || !data || !synced) return;
  path[n] = 0;
  const size_t length = strlen(data);
  if (strncmp(path, data, length) || (path[length] && path[length] != '/') || (lies && *lies && strstr(path, lies))) return;
  if (slow) usleep((useconds_t)atoi(slow) * 1000);
  const int kind = name_of(fd, "", name, sizeof name);
  snprintf(to, sizeof to, "%s/%s", synced, name);
  pthread_mutex_lock(&one);
  if (kind == 'f') remember_bytes(fd, to);
  if (kind == 'd') remember_entries(fd, to);
  pthread_mutex_unlock(&one);
}

/* Before the sync and not after it: what is written meanwhile is not promised. */
int fsync(int fd) {
  remember(fd);
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  remember(fd);
  return (int)syscall(SYS_fdatasync, fd);
}
