// The body of an upload, raw or multipart, streamed into the node as it arrives.
#pragma once

#include <cstdint>
#include <string>

#include "core/errc.hpp"
#include "core/object.hpp"
#include "http/message.hpp"
#include "http/ports.hpp"

namespace dip::http {

// What a multipart body may have besides the file.
inline constexpr std::uint64_t multipart_overhead = 64 * 1024;

[[nodiscard]] bool is_multipart(const http_request& r);
// The largest body of an upload whose file may have `limit` bytes.
[[nodiscard]] std::uint64_t max_upload_body(const http_request& r, std::uint64_t limit);

// Errors: those of `upload`, of request_body::read; `too_large` beyond `limit`; `bad_request` where the
// multipart body is malformed or has not exactly one part `file`; `invalid_image` when the file is empty.
// Nothing stays after any.
[[nodiscard]] result<object_row> receive_upload(const http_request& r, files_port& files,
                                                std::uint64_t limit);

// Upload and request in one body: the parts `file` and `request`, in any order.
struct uploaded_request {
  object_row file;
  std::string request;  // as it came
};

// As `receive_upload`; also `too_large` for a request beyond `request_limit`, and `bad_request` without
// exactly one part `request`.
[[nodiscard]] result<uploaded_request> receive_upload_and_request(const http_request& r, files_port& files,
                                                                  std::uint64_t limit,
                                                                  std::uint64_t request_limit);

}  // namespace dip::http
