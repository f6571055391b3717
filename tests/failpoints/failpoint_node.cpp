// `dip serve` that ends at a failpoint as if it were killed. DIP_FAILPOINT names a file of 64 bytes, in which
// a test says at which, and at what time that it is come by, while the node runs.
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.hpp"
#include "core/failpoint.hpp"
#include "runtime/serve.hpp"

namespace {

// Small, so that logs are cut, and states fetched whole, under the load of a test.
constexpr std::uint64_t log_keep = 64;

struct order {
  char name[56];
  std::atomic<std::int64_t> times;  // 0: none
};
static_assert(sizeof(order) == 64 && std::atomic<std::int64_t>::is_always_lock_free);

order* given = nullptr;

void come_by(std::string_view name) {
  if (given->times.load() <= 0 ||
      name != std::string_view{given->name, ::strnlen(given->name, sizeof given->name)})
    return;
  if (given->times.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

bool listen() {
  const char* path = std::getenv("DIP_FAILPOINT");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  void* at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(order), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return false;
  given = static_cast<order*>(at);
  dip::failpoint_listener = come_by;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A node that ends at a failpoint", "failpoint_node"};
  const dip::serve_command serve{app, {.preprocess = {}, .process = {}, .log_keep = log_keep}};
  if (const auto code = dip::cli::parse(app, argc, argv)) return *code;
  if (!listen()) {
    std::perror("DIP_FAILPOINT");
    return 2;
  }
  return serve.run().value_or(2);
}
