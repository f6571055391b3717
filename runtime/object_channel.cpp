#include "runtime/object_channel.hpp"

#include <utility>

#include "core/ip_address.hpp"
#include "http/byte_range.hpp"
#include "http/problem.hpp"

namespace dip {
namespace {

class stored_file final : public http::body_source {
public:
  explicit stored_file(std::unique_ptr<object_reader> file) : file_(std::move(file)) {}
  result<size_t> read(std::uint64_t offset, std::span<char> out) override { return file_->read(offset, out); }
  [[nodiscard]] int descriptor() const override { return file_->descriptor(); }
  [[nodiscard]] std::uint64_t size() const { return file_->size(); }

private:
  std::unique_ptr<object_reader> file_;
};

result<object_name> named(const http::http_request& r) {
  const auto in = parse_bucket(r.args.front());
  if (!in) return tl::make_unexpected(in.error());
  std::string key;
  for (size_t i = 1; i < r.args.size(); ++i) key += (i > 1 ? "/" : "") + r.args[i];
  return parse_key(*in, key);
}

http::http_response serve(object_store& objects, const http::http_request& r) {
  const auto name = named(r);
  if (!name) return http::make_problem({errc::not_found, "there is no such file", {}}, r.id);
  auto file = objects.open(*name);
  if (!file) return http::make_problem(file.error(), r.id);
  const auto bytes = std::make_shared<stored_file>(std::move(*file));
  http::http_response out{.content_type = "application/octet-stream", .source_length = bytes->size()};
  out.headers.emplace_back("Accept-Ranges", "bytes");
  const auto range = http::parse_range(r.header("Range").value_or(""), bytes->size());
  if (!range) {
    auto refusal = http::make_problem(range.error(), r.id);
    refusal.headers.emplace_back("Content-Range", "bytes */" + std::to_string(bytes->size()));
    return refusal;
  }
  if (*range) http::give_range(out, **range, bytes->size());
  if (r.method != "HEAD") out.source = bytes;
  return out;
}

}  // namespace

object_channel::object_channel(object_store& objects, const clock& time,
                               std::optional<net::node_credentials> tls)
    : objects_(objects), time_(time), credentials_(std::move(tls)) {}

object_channel::~object_channel() { stop(); }

http::router object_channel::routes() {
  http::router to;
  to.add({.method = "GET",
          .pattern = "/objects/{bucket}/{key...}",
          .answer = [this](const http::http_request& r) { return serve(objects_, r); },
          .counted = false});
  return to;
}

result<std::uint16_t> object_channel::start(const std::string& host, std::uint16_t port) {
  http::server_options o;
  // A thread opens a file; the sending is the kernel's, and a slow peer's connection waits without one.
  o.threads = 8;
  o.waiting = 512;
  o.body_threads = 1;
  o.connections = 1'024;
  if (credentials_) {
    auto tls = net::tls_server::make(credentials_->certificate, credentials_->key, credentials_->authority);
    if (!tls) return tl::make_unexpected(tls.error());
    tls_ = std::move(*tls);
    o.secure = tls_;
  } else if (!is_loopback_host(host)) {
    return fail(errc::bad_request, "without certificates the object channel is not opened at " + host +
                                       ": anybody there could read all files");
  }
  const auto count = [this](const http::access_entry& e) {
    if (e.status != 200 && e.status != 206) return;
    ++served_;
    served_bytes_ += e.sent;
  };
  server_ = std::make_unique<http::server>(routes(), time_, count, std::move(o));
  return server_->start(host, port);
}

result<void> object_channel::reload() { return tls_ ? tls_->reload() : result<void>{}; }

void object_channel::stop() {
  if (server_) server_->stop(milliseconds{0});
}

}  // namespace dip
