#include "runtime/access_log.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace dip {

std::string access_line(const http::access_entry& e) {
  nlohmann::ordered_json line{{"at", to_rfc3339(e.at)},
                              {"request_id", e.request_id},
                              {"peer", e.peer},
                              {"method", e.method},
                              {"path", e.path},
                              {"status", e.status},
                              {"received", e.received},
                              {"sent", e.sent},
                              {"took_us", e.duration.count()},
                              {"complete", e.complete}};
  if (!e.fault.empty()) line["fault"] = e.fault;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

access_log_file::~access_log_file() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

result<void> access_log_file::open(const std::string& path) {
  int fresh = -1;
  if (path == "-") {
    fresh = STDOUT_FILENO;
  } else if (!path.empty()) {
    fresh = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fresh < 0)
      return fail(errc::io,
                  "the access log " + path + " cannot be opened: " + std::system_category().message(errno));
  }
  const std::lock_guard lock{mutex_};
  path_ = path;
  if (const int old = std::exchange(descriptor_, fresh); old > STDERR_FILENO) ::close(old);
  return {};
}

void access_log_file::write(const http::access_entry& e) {
  {
    const std::lock_guard lock{mutex_};
    if (descriptor_ < 0) return;
  }
  const auto line = access_line(e);
  const std::lock_guard lock{mutex_};
  if (::write(descriptor_, line.data(), line.size()) < 0) return;
}

}  // namespace dip
