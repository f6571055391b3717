#include "net/http_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/curl_easy.hpp"

namespace dip::net {
namespace {

// One call, as libcurl's callbacks see it.
struct call {
  const http_request& request;
  const http_settings& settings;
  const curl_easy& easy;
  http_response response = {};
  std::uint64_t read = 0;  // of head, upload and tail
  bool stopped = false;
  bool body_too_long = false;
  std::string forbidden = {};     // the last address that may not be connected to
  bool tried_to_connect = false;  // to another one
  int read_errno = 0;
  bool file_too_short = false;
};

std::uint64_t length_of_upload(const http_request& r) {
  return r.upload_head.size() + r.upload->size + r.upload_tail.size();
}

size_t give_text(call& c, std::string_view text, std::uint64_t at, char* out, size_t room) {
  const size_t count = text.copy(out, room, static_cast<size_t>(at));
  c.read += count;
  return count;
}

size_t give_file(call& c, std::uint64_t at, char* out, size_t room) {
  const file_part& file = *c.request.upload;
  const auto wanted = static_cast<size_t>(std::min<std::uint64_t>(room, file.size - at));
  ssize_t got = 0;
  do got = ::pread(file.fd, out, wanted, static_cast<off_t>(file.offset + at));
  while (got < 0 && errno == EINTR);
  if (got <= 0) {
    c.read_errno = got < 0 ? errno : 0;
    c.file_too_short = got == 0;
    return CURL_READFUNC_ABORT;
  }
  c.read += static_cast<std::uint64_t>(got);
  return static_cast<size_t>(got);
}

size_t give_body(char* out, size_t size, size_t count, void* context) {
  auto& c = *static_cast<call*>(context);
  const http_request& r = c.request;
  const std::uint64_t file_begins = r.upload_head.size(), file_ends = file_begins + r.upload->size;
  if (c.read < file_begins) return give_text(c, r.upload_head, c.read, out, size * count);
  if (c.read < file_ends) return give_file(c, c.read - file_begins, out, size * count);
  if (c.read < length_of_upload(r)) return give_text(c, r.upload_tail, c.read - file_ends, out, size * count);
  return 0;
}

// A kept connection may turn out closed after the first bytes went out: libcurl then starts again on a new
// one.
int seek_body(void* context, curl_off_t offset, int origin) {
  auto& c = *static_cast<call*>(context);
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  c.read = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

size_t take_body(char* bytes, size_t size, size_t count, void* context) {
  auto& c = *static_cast<call*>(context);
  const std::string_view piece(bytes, size * count);
  const long status = c.easy.response_code();
  if (c.request.sink && status >= 200 && status < 300) {
    if (c.request.sink(piece)) return piece.size();
    c.stopped = true;
    return 0;
  }
  if (c.response.body.size() + piece.size() > c.request.max_body) {
    if (c.request.cut_body)
      c.response.body.append(piece.substr(0, c.request.max_body - c.response.body.size()));
    c.body_too_long = true;
    return 0;
  }
  c.response.body.append(piece);
  return piece.size();
}

std::optional<ip_address> address_of(const sockaddr& from) {
  ip_address out;
  if (from.sa_family == AF_INET) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  } else if (from.sa_family == AF_INET6) {
    out.v6 = true;
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  } else {
    return std::nullopt;
  }
  return out;
}

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* to) {
  auto& c = *static_cast<call*>(context);
  const auto address = address_of(to->addr);
  if (!address || !c.settings.may_connect(*address)) {
    c.forbidden = address ? to_string(*address) : "an address that is none of IP";
    return CURL_SOCKET_BAD;
  }
  c.tried_to_connect = true;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

size_t take_header(char* bytes, size_t size, size_t count, void* context) {
  auto& c = *static_cast<call*>(context);
  const std::string_view line(bytes, size * count);
  const auto colon = line.find(':');
  if (line.substr(0, 5) == "HTTP/") {
    c.response.headers.clear();  // those of a 100 Continue before it
  } else if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    for (char& letter : name)
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    c.response.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  }
  return line.size();
}

int tell_progress(void* context, curl_off_t to_receive, curl_off_t received, curl_off_t to_send,
                  curl_off_t sent) {
  auto& c = *static_cast<call*>(context);
  const auto count = [](curl_off_t n) { return static_cast<std::uint64_t>(std::max<curl_off_t>(n, 0)); };
  if (c.request.progress({count(sent), count(to_send), count(received), count(to_receive)})) return 0;
  c.stopped = true;
  return 1;
}

void set_body(curl_easy& easy, call& c) {
  const http_request& request = c.request;
  if (request.upload) {
    easy.set(CURLOPT_POST, 1L);
    easy.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(length_of_upload(request)));
    easy.set(CURLOPT_READFUNCTION, &give_body);
    easy.set(CURLOPT_READDATA, &c);
    easy.set(CURLOPT_SEEKFUNCTION, &seek_body);
    easy.set(CURLOPT_SEEKDATA, &c);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    easy.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    easy.set(CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD")
    easy.set(CURLOPT_NOBODY, 1L);
  else
    easy.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  // A node that will not take a large body says so before it is sent; one that never says 100 costs this
  // much.
  easy.set(CURLOPT_EXPECT_100_TIMEOUT_MS, 300L);
}

bool set_headers(curl_easy& easy, const http_request& request) {
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    static constexpr std::string_view breaks("\r\n\0", 3);
    for (const std::string& part : {std::cref(name), std::cref(value)})
      if (part.find_first_of(breaks) != std::string::npos) return false;
    typed = typed || strcasecmp(name.c_str(), "content-type") == 0;
    // libcurl's way to write a header without a value.
    std::string line = name;
    line.append(value.empty() ? ";" : ": ").append(value);
    easy.set_list(CURLOPT_HTTPHEADER, line);
  }
  // Without this libcurl calls every body a form.
  if (!typed) easy.set_list(CURLOPT_HTTPHEADER, "Content-Type:");
  return true;
}

void set_time_limits(curl_easy& easy, const http_request& request) {
  easy.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  easy.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (request.idle_timeout.count() <= 0) return;
  easy.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  easy.set(CURLOPT_LOW_SPEED_TIME,
           std::max(1L, static_cast<long>((request.idle_timeout.count() + 999) / 1000)));
}

http_error::kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return http_error::kind::cannot_connect;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return http_error::kind::broken;
    case CURLE_OPERATION_TIMEDOUT: return http_error::kind::timeout;
    default: return http_error::kind::other;
  }
}

http_error make_error(const call& c, CURLcode code) {
  using enum http_error::kind;
  if (c.stopped) return {stopped, "stopped by the caller"};
  if (!c.forbidden.empty() && !c.tried_to_connect)
    return {forbidden, "its host has the address " + c.forbidden + ", which may not be called"};
  if (c.body_too_long)
    return {other, "the answer is longer than " + std::to_string(c.request.max_body) + " bytes"};
  if (c.file_too_short) return {other, "the file became shorter while it was sent"};
  if (c.read_errno != 0)
    return {other, std::string("the file cannot be read: ") + std::strerror(c.read_errno)};
  return {kind_of(code), c.easy.what_failed(code)};
}

}  // namespace

struct http_client::state {
  http_settings settings;
  curl_easy easy;
};

http_client::http_client(http_settings settings) : state_(std::make_unique<state>()) {
  state_->settings = std::move(settings);
}
http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;

tl::expected<http_response, http_error> http_client::perform(const http_request& request) {
  curl_easy& easy = state_->easy;
  const http_settings& settings = state_->settings;
  call c{.request = request, .settings = settings, .easy = easy};
  easy.reset();
  easy.set(CURLOPT_URL, request.url.c_str());
  easy.set(CURLOPT_PROTOCOLS_STR, "http,https");
  easy.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  easy.set(CURLOPT_USERAGENT, "dip");
  if (!settings.use_proxy) easy.set(CURLOPT_PROXY, "");
  if (!settings.ca_file.empty()) easy.trust_only(settings.ca_file);
  if (!settings.check_server) {
    easy.set(CURLOPT_SSL_VERIFYPEER, 0L);
    easy.set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!settings.cert_file.empty()) easy.set(CURLOPT_SSLCERT, settings.cert_file.c_str());
  if (!settings.key_file.empty()) easy.set(CURLOPT_SSLKEY, settings.key_file.c_str());
  if (settings.may_connect) {
    easy.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    easy.set(CURLOPT_OPENSOCKETDATA, &c);
  }
  set_time_limits(easy, request);
  set_body(easy, c);
  if (!set_headers(easy, request))
    return tl::make_unexpected(http_error{http_error::kind::other, "a header has a line break in it"});
  easy.set(CURLOPT_WRITEFUNCTION, &take_body);
  easy.set(CURLOPT_WRITEDATA, &c);
  easy.set(CURLOPT_HEADERFUNCTION, &take_header);
  easy.set(CURLOPT_HEADERDATA, &c);
  if (request.progress) {
    easy.set(CURLOPT_NOPROGRESS, 0L);
    easy.set(CURLOPT_XFERINFOFUNCTION, &tell_progress);
    easy.set(CURLOPT_XFERINFODATA, &c);
  }
  const CURLcode code = easy.perform();
  const bool cut = request.cut_body && c.body_too_long && code == CURLE_WRITE_ERROR;
  if (code != CURLE_OK && !cut) return tl::make_unexpected(make_error(c, code));
  c.response.status = static_cast<int>(easy.response_code());
  c.response.retry_after = std::chrono::seconds{easy.retry_after()};
  return std::move(c.response);
}

std::optional<std::string_view> http_response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
        byte == '-' || byte == '.' || byte == '_' || byte == '~') {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

}  // namespace dip::net
