// The web console: the files that http/console/ is built into, out of the binary.
#pragma once

#include <span>
#include <string_view>

#include "http/router.hpp"

namespace dip::http {

// One file of the console. All views outlive the process's last request.
struct console_file {
  std::string_view path;  // below /console/: "index.html", "assets/main-1x2y.js"
  std::string_view content_type;
  std::string_view etag;   // strong, with its quotes; of the bytes as they are, not compressed
  bool immutable = false;  // its path names its content
  std::string_view bytes;
  std::string_view gzip = {};  // the same, compressed; empty where that makes it no smaller
  std::string_view brotli = {};
};

// What the build put in; empty when it was made without the console.
[[nodiscard]] std::span<const console_file> embedded_console();

// GET /console and /console/…, open to all: the files are no secret, and what they ask for has doors of its
// own. Without files every path answers `not_found` and says why. `files` must outlive the router.
void add_console_routes(router& to, std::span<const console_file> files);

}  // namespace dip::http
