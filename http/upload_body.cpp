#include "http/upload_body.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "http/file_name.hpp"
#include "http/multipart.hpp"

namespace dip::http {
namespace {

// The file's bytes on their way into `to`, counted.
class file_intake {
public:
  file_intake(upload& to, std::uint64_t limit) : to_(to), limit_(limit) {}

  result<void> take(std::string_view piece) {
    if (piece.empty()) return {};
    if (piece.size() > limit_ - taken_)
      return fail(errc::too_large, "a file may have " + std::to_string(limit_) + " bytes");
    taken_ += piece.size();
    return to_.write(piece);
  }

  result<object_row> finish(std::string_view name) {
    if (taken_ == 0) return fail(errc::invalid_image, "the file is empty");
    return to_.finish(sanitised_file_name(name));
  }

private:
  upload& to_;
  std::uint64_t limit_;
  std::uint64_t taken_ = 0;
};

std::string raw_name(const http_request& r) {
  if (const auto header = r.header("Content-Disposition"))
    if (auto name = header_parameter(*header, "filename")) return *name;
  return r.param("name").value_or("");
}

result<object_row> receive_raw(const http_request& r, file_intake& intake) {
  auto read = r.body->read([&](std::string_view piece) { return intake.take(piece); });
  if (!read) return tl::make_unexpected(read.error());
  return intake.finish(raw_name(r));
}

result<object_row> receive_multipart(const http_request& r, file_intake& intake) {
  bool seen = false, current = false;
  std::string name;
  auto reader = multipart_reader::make(
      *r.header("Content-Type"),
      [&](const form_part& part) -> result<void> {
        current = part.name == "file";
        if (current && seen) return fail(errc::bad_request, "the body has more than one part \"file\"");
        if (current) name = part.file_name;
        seen = seen || current;
        return {};
      },
      [&](std::string_view piece) -> result<void> { return current ? intake.take(piece) : result<void>{}; });
  if (!reader) return tl::make_unexpected(reader.error());
  auto read = r.body->read([&](std::string_view bytes) { return reader->feed(bytes); });
  if (!read) return tl::make_unexpected(read.error());
  if (!reader->complete())
    return fail(errc::bad_request, "the multipart body ends without its closing boundary");
  if (!seen) return fail(errc::bad_request, "the body has no part \"file\"");
  return intake.finish(name);
}

}  // namespace

bool is_multipart(const http_request& r) {
  const auto type = r.header("Content-Type").value_or("");
  auto media = std::string_view{type}.substr(0, type.find(';'));
  media = media.substr(0, media.find_last_not_of(" \t") + 1);
  return equal_ignoring_case(media, "multipart/form-data");
}

std::uint64_t max_upload_body(const http_request& r, std::uint64_t limit) {
  return is_multipart(r) ? limit + multipart_overhead : limit;
}

result<object_row> receive_upload(const http_request& r, files_port& files, std::uint64_t limit) {
  auto begun = files.begin_upload();
  if (!begun) return tl::make_unexpected(begun.error());
  const std::unique_ptr<upload> to = std::move(*begun);
  file_intake intake{*to, limit};
  return is_multipart(r) ? receive_multipart(r, intake) : receive_raw(r, intake);
}

}  // namespace dip::http
