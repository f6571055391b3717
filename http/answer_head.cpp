#include "http/answer_head.hpp"

// None of httplib's macros is set anywhere, so that it is the same library in each translation unit.
#include <httplib.h>

namespace dip::http {
namespace {

class text_stream final : public httplib::Stream {
public:
  explicit text_stream(std::string& to) : to_(to) {}
  bool is_readable() const override { return false; }
  bool wait_readable() const override { return false; }
  bool wait_writable() const override { return true; }
  ssize_t read(char* /*to*/, size_t /*size*/) override { return -1; }
  ssize_t write(const char* from, size_t size) override {
    to_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

private:
  std::string& to_;
};

}  // namespace

std::string answer_head(const http_response& r, std::string_view request_id, bool close, wall_time now) {
  httplib::Headers headers;
  for (const auto& [name, value] : r.headers) headers.emplace(name, value);
  if (!r.content_type.empty()) headers.emplace("Content-Type", r.content_type);
  if (r.status >= 200 && r.status != 204 && r.status != 304 && !r.events)
    headers.emplace("Content-Length", std::to_string(r.source_length > 0 ? r.source_length : r.body.size()));
  headers.emplace("Date", to_http_date(now));
  headers.emplace("X-Request-Id", request_id);
  if (close) headers.emplace("Connection", "close");
  std::string out;
  out.reserve(512);
  text_stream to{out};
  httplib::detail::write_response_line(to, r.status);
  httplib::detail::write_headers(to, headers);
  return out;
}

}  // namespace dip::http
