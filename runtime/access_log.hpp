#pragma once

#include <mutex>
#include <string>

#include "core/errc.hpp"
#include "http/server.hpp"

namespace dip {

// A line of JSON for each answered request, in a file that may be moved away and opened anew, or on stdout.
// Any thread.
class access_log_file {
public:
  access_log_file() = default;
  ~access_log_file();
  access_log_file(const access_log_file&) = delete;
  access_log_file& operator=(const access_log_file&) = delete;

  // "-" is stdout; empty: nothing is written. `io` with a sentence that names the file.
  result<void> open(const std::string& path);
  // The same path again, after a rotation.
  result<void> reopen() { return open(path_); }
  // A line that cannot be written is lost: a full disk must not stop the answers.
  void write(const http::access_entry& e);

private:
  std::mutex mutex_;
  std::string path_;
  int descriptor_ = -1;
};

// {"at":…,"request_id":…,"peer":…,"method":…,"path":…,"status":…,"received":…,"sent":…,"took_us":…,
//  "complete":…,"fault":…}, with a line's end.
[[nodiscard]] std::string access_line(const http::access_entry& e);

}  // namespace dip
