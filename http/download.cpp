#include "http/download.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/image_format.hpp"
#include "http/byte_range.hpp"
#include "http/conditional.hpp"
#include "http/file_name.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

std::string etag_of(const object_row& row) {
  if (!row.sha256.empty()) return '"' + row.sha256 + '"';
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(row.xxh3));
  return std::string{"\"xxh3-"} + hex + '"';
}

// Never fresh for longer than the file is kept.
std::string cache_control(const object_row& row, wall_time now) {
  constexpr std::chrono::seconds year{365LL * 86'400};
  auto left = year;
  if (row.expires_at != wall_time{})
    left = std::clamp(std::chrono::floor<std::chrono::seconds>(row.expires_at - now), std::chrono::seconds{0},
                      year);
  return "public, max-age=" + std::to_string(left.count()) + ", immutable";
}

std::string disposition_of(const object_row& row) {
  const auto format = row.header.format;
  const bool active = format == image_format::svg || format == image_format::pdf;
  const auto& key = row.name.key;
  return content_disposition(active ? "attachment" : "inline",
                             row.original_name.empty() ? key.substr(key.rfind('/') + 1) : row.original_name);
}

// Bad ranges and precise ones alike come from here; 304 has no need of them.
result<std::optional<byte_range>> wanted_range(const http_request& r, const validators& v,
                                               std::uint64_t size) {
  const auto header = r.header("Range");
  if (!header || !range_applies(r, v)) return std::nullopt;
  return parse_range(*header, size);
}

http_response out_of_range(const http_request& r, const error& e, std::uint64_t size) {
  auto out = make_problem(e, r.id);
  out.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
  return out;
}

void describe(http_response& out, const object_row& row) {
  out.content_type = row.content_type;
  out.headers.emplace_back("Accept-Ranges", "bytes");
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  out.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  out.headers.emplace_back("Content-Disposition", disposition_of(row));
}

}  // namespace

validators validators_of(const object_row& row) { return {etag_of(row), row.created_at}; }

error no_such_version() {
  return {errc::precondition_failed, "the file is another than If-Match or If-Unmodified-Since asks for", {}};
}

http_response download(const http_request& r, std::shared_ptr<opened_object> file, wall_time now) {
  const auto& row = file->row();
  const auto v = validators_of(row);
  if (!precondition_holds(r, v)) return make_problem(no_such_version(), r.id);

  http_response out;
  out.headers = {{"ETag", v.etag},
                 {"Last-Modified", to_http_date(v.modified)},
                 {"Cache-Control", cache_control(row, now)}};
  if (not_modified(r, v)) {
    out.status = 304;
    return out;
  }
  const auto range = wanted_range(r, v, row.size);
  if (!range) return out_of_range(r, range.error(), row.size);
  describe(out, row);
  out.source_length = row.size;
  if (*range) give_range(out, **range, row.size);
  if (r.method != "HEAD") out.source = std::move(file);
  return out;
}

}  // namespace dip::http
