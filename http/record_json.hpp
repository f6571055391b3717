// The JSON of files and requests, as api_records.cpp describes it and docs/api.md shows it. Bytes that are no
// UTF-8 become U+FFFD.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/object.hpp"
#include "core/request.hpp"
#include "http/ports.hpp"

namespace dip::http {

// `origin` is node_port::public_url().
[[nodiscard]] std::string url_of(const object_name& name, const std::string& origin);

// The answer to POST /files.
[[nodiscard]] std::string uploaded_json(const object_row& row, const std::string& origin);
// The answer to ?info: the same, what else is known, and what the image shows.
[[nodiscard]] std::string info_json(const object_row& row, const image_info& told, const std::string& origin);
[[nodiscard]] std::string files_json(const page<object_row>& rows, const std::string& origin);

// The answer to POST /process-file: {id, status, status_url, events_url}.
[[nodiscard]] std::string accepted_json(const request_record& r, const std::string& origin);
// What `error.code` of a request can be; any other failure in a worker is told as `internal`.
[[nodiscard]] std::span<const errc> failure_codes();
// One entry of the timeline.
[[nodiscard]] std::string timeline_json(const timeline_event& e);
// `metadata` comes back byte for byte.
// `stale`: ports.hpp, found_request.
[[nodiscard]] std::string request_json(const request_record& r, const std::string& origin,
                                       bool stale = false);
// The answer to GET /suppressions.
[[nodiscard]] std::string suppressions_json(const page<suppression_row>& rows);
[[nodiscard]] std::string requests_json(const page<request_record>& records, const std::string& origin);

}  // namespace dip::http
