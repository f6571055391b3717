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

// The parts that a form is read for; others are passed over.
class form_intake {
public:
  // No `request`: the form is an upload and no more.
  form_intake(file_intake& file, std::string* request, std::uint64_t request_limit)
      : file_(file), request_(request), request_limit_(request_limit) {}

  result<object_row> receive(const http_request& r) {
    auto reader = multipart_reader::make(
        *r.header("Content-Type"), [this](const form_part& p) { return begin(p); },
        [this](std::string_view piece) { return take(piece); });
    if (!reader) return tl::make_unexpected(reader.error());
    auto read = r.body->read([&](std::string_view bytes) { return reader->feed(bytes); });
    if (!read) return tl::make_unexpected(read.error());
    if (!reader->complete())
      return fail(errc::bad_request, "the multipart body ends without its closing boundary");
    if (!file_seen_) return fail(errc::bad_request, "the body has no part \"file\"");
    if (request_ && !request_seen_) return fail(errc::bad_request, "the body has no part \"request\"");
    return file_.finish(name_);
  }

private:
  enum class part { other, file, request };

  result<void> begin(const form_part& p) {
    now_ = p.name == "file" ? part::file : request_ && p.name == "request" ? part::request : part::other;
    if (now_ == part::other) return {};
    bool& seen = now_ == part::file ? file_seen_ : request_seen_;
    if (seen) return fail(errc::bad_request, "the body has more than one part \"" + p.name + "\"");
    seen = true;
    if (now_ == part::file) name_ = p.file_name;
    return {};
  }

  result<void> take(std::string_view piece) {
    if (now_ == part::file) return file_.take(piece);
    if (now_ == part::other) return {};
    if (piece.size() > request_limit_ - request_->size())
      return fail(errc::too_large, "a request may have " + std::to_string(request_limit_) + " bytes");
    *request_ += piece;
    return {};
  }

  file_intake& file_;
  std::string* request_;
  std::uint64_t request_limit_;
  part now_ = part::other;
  bool file_seen_ = false, request_seen_ = false;
  std::string name_;
};

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
  return is_multipart(r) ? form_intake{intake, nullptr, 0}.receive(r) : receive_raw(r, intake);
}

result<uploaded_request> receive_upload_and_request(const http_request& r, files_port& files,
                                                    std::uint64_t limit, std::uint64_t request_limit) {
  auto begun = files.begin_upload();
  if (!begun) return tl::make_unexpected(begun.error());
  const std::unique_ptr<upload> to = std::move(*begun);
  file_intake intake{*to, limit};
  uploaded_request out;
  auto row = form_intake{intake, &out.request, request_limit}.receive(r);
  if (!row) return tl::make_unexpected(row.error());
  out.file = std::move(*row);
  return out;
}

}  // namespace dip::http
