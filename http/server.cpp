#include "http/server.hpp"

// No decompression of bodies: a small one could become a huge one. None of httplib's macros is set anywhere,
// so that it is the same library in each translation unit.
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

#include <httplib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/acceptor.hpp"
#include "http/framed_body.hpp"
#include "http/framing.hpp"
#include "http/problem.hpp"
#include "http/request_name.hpp"
#include "http/target.hpp"

namespace dip::http {
namespace {

constexpr size_t piece_size = 256 * 1024;
constexpr milliseconds linger_for{2'000};

std::pair<time_t, time_t> split(milliseconds t) {
  return {static_cast<time_t>(t.count() / 1000), static_cast<time_t>(t.count() % 1000 * 1000)};
}

// A connection's bytes, counted.
class counted_stream final : public httplib::Stream {
public:
  counted_stream(int descriptor, const server_options& o)
      : inner_(descriptor, split(o.read_timeout).first, split(o.read_timeout).second,
               split(o.write_timeout).first, split(o.write_timeout).second) {}

  bool is_readable() const override { return inner_.is_readable(); }
  bool wait_readable() const override { return inner_.wait_readable(); }
  bool wait_writable() const override { return inner_.wait_writable(); }
  bool is_peer_alive() const override { return inner_.is_peer_alive(); }
  ssize_t read(char* to, size_t size) override {
    const auto count = inner_.read(to, size);
    if (count > 0) received += static_cast<std::uint64_t>(count);
    timed_out = count < 0 && inner_.get_error() == httplib::Error::Timeout;
    return count;
  }
  ssize_t write(const char* from, size_t size) override {
    const auto count = inner_.write(from, size);
    if (count > 0) sent += static_cast<std::uint64_t>(count);
    return count;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    inner_.get_remote_ip_and_port(ip, port);
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    inner_.get_local_ip_and_port(ip, port);
  }
  socket_t socket() const override { return inner_.socket(); }
  time_t duration() const override { return inner_.duration(); }

  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  bool timed_out = false;

private:
  httplib::detail::SocketStream inner_;
};

byte_input input_of(counted_stream& stream) {
  return [&stream](std::span<char> out) -> result<size_t> {
    const auto count = stream.read(out.data(), out.size());
    if (count > 0) return static_cast<size_t>(count);
    if (stream.timed_out) return fail(errc::timeout, "the body did not arrive in time");
    return fail(errc::bad_request, "the body ended early");
  };
}

// One request on its way through httplib. A connection's thread has one at a time.
struct exchange {
  explicit exchange(counted_stream& s) : stream(s) {}

  counted_stream& stream;
  http_request request;
  router::admission admitted;
  std::optional<framed_body> body;
  bool begun = false;     // the head was read, and `admitted` says what to do
  bool answered = false;  // there is an answer of ours in httplib's Response
  bool close = true;
  int status = 0;  // 0 until the head of the answer is made
  std::string fault;
};
thread_local exchange* current = nullptr;

// 0 on failure: the answer is cut short and the connection closed, so that the client sees that its end is
// missing.
size_t read_piece(body_source& source, std::uint64_t offset, std::span<char> out) {
  try {
    const auto count = source.read(offset, out);
    if (count && *count > 0) return *count;
    current->fault = count ? "the file ends early" : count.error().detail;
  } catch (const std::exception& e) {
    current->fault = e.what();
  }
  return 0;
}

void copy_answer(http_response from, httplib::Response& to) {
  to.status = from.status;
  to.headers.clear();
  for (auto& [name, value] : from.headers) to.set_header(name, value);
  if (!from.content_type.empty()) to.set_header("Content-Type", from.content_type);
  if (from.source_length > 0 && !from.source) {
    to.content_length_ = from.source_length;  // HEAD of a file: its length, and nothing to send
  } else if (from.source_length > 0) {
    auto piece = std::make_shared<std::vector<char>>(std::min<size_t>(piece_size, from.source_length));
    to.content_length_ = from.source_length;
    to.content_provider_ = [source = std::move(from.source), base = from.source_offset, piece](
                               size_t offset, size_t left, httplib::DataSink& sink) {
      const auto count =
          read_piece(*source, base + offset, std::span{*piece}.first(std::min(left, piece->size())));
      return count > 0 && sink.write(piece->data(), count);
    };
  } else {
    to.body = std::move(from.body);
  }
}

}  // namespace

class server::impl final : public httplib::Server {
public:
  impl(router routes, const clock& time, access_log log, server_options options)
      : routes_(std::move(routes)), time_(time), log_(std::move(log)), options_(options) {
    set_expect_100_continue_handler([this](const auto&, auto& out) { return expected(out); });
    set_pre_routing_handler([this](const auto&, auto& out) { return pre_route(out); });
    set_error_handler(
        [this](const httplib::Request& in, httplib::Response& out) { return on_error(in, out); });
    set_exception_handler([this](const auto&, auto& out, const std::exception_ptr&) {
      answer(out,
             make_problem({errc::internal, "an exception outside of the routes", {}}, current->request.id));
    });
    set_post_routing_handler([this](const auto&, auto& out) { finish_head(out); });
  }

  ~impl() override { stop(); }

  result<std::uint16_t> start(const std::string& host, std::uint16_t port) {
    // httplib ends every download where it holds no listening socket. This number is only ever compared.
    svr_sock_ = 0;
    handlers_ = std::make_unique<httplib::ThreadPool>(options_.threads, options_.threads, options_.waiting);
    return acceptor_.start(host, port, options_.backlog);
  }

  void stop() {
    stopping_ = true;
    acceptor_.stop();
    if (handlers_) std::exchange(handlers_, nullptr)->shutdown();
  }

private:
  void take(int descriptor) {
    // A send of a large piece blocks for longer than the poll before it would tell.
    const auto [seconds, micros] = split(options_.write_timeout);
    const timeval patience{seconds, micros};
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!handlers_->enqueue([this, descriptor] { serve(descriptor); })) ::close(descriptor);
  }

  void serve(int descriptor) {
    counted_stream stream{descriptor, options_};
    std::string peer;
    int port = 0;
    stream.get_remote_ip_and_port(peer, port);
    bool open = true;
    for (auto patience = options_.first_request; open && wait_for_request(stream, patience);
         patience = options_.keep_alive)
      open = serve_one(stream, peer, port);
    if (!open) linger(descriptor);
    ::close(descriptor);
  }

  bool wait_for_request(const counted_stream& stream, milliseconds patience) const {
    if (stream.is_readable()) return true;
    pollfd watched[] = {{stream.socket(), POLLIN, 0}, {acceptor_.stop_event(), POLLIN, 0}};
    int ready = 0;
    do ready = ::poll(watched, 2, static_cast<int>(patience.count()));
    while (ready < 0 && errno == EINTR);
    return ready > 0 && watched[0].revents != 0;
  }

  // Whether the connection may carry another request.
  bool serve_one(counted_stream& stream, const std::string& peer, int port) {
    const auto at = time_.wall();
    const auto began = time_.steady();
    const auto received = stream.received, sent = stream.sent;
    exchange e{stream};
    e.request.peer = peer;
    current = &e;
    bool closed = false, written = false;
    try {
      written = process_request(stream, peer, port, {}, 0, false, closed, [this](auto& in) { begin(in); });
    } catch (const std::exception& x) {
      e.fault = x.what();
    }
    if (e.status == 0) written = refuse_line(e, stream.received - received);
    current = nullptr;
    if (e.status != 0 && log_)
      log_({at, e.request.method, e.request.path, e.status, stream.received - received, stream.sent - sent,
            std::chrono::duration_cast<std::chrono::microseconds>(time_.steady() - began), peer, e.request.id,
            e.fault, written});
    return written && !closed && !e.close;
  }

  // httplib says nothing where it has not even a first line: it was too long, or only begun in the time there
  // is.
  bool refuse_line(exchange& e, std::uint64_t received) const {
    if (received == 0 || (received < CPPHTTPLIB_MAX_LINE_LENGTH && !e.stream.timed_out)) return false;
    e.request.id = request_name({}, time_.wall());
    const auto problem = make_problem(refusal_of({}, 0), e.request.id);
    e.status = problem.status;
    const auto text = "HTTP/1.1 " + std::to_string(problem.status) + ' ' +
                      httplib::status_message(problem.status) + "\r\nContent-Type: " + problem.content_type +
                      "\r\nContent-Length: " + std::to_string(problem.body.size()) +
                      "\r\nConnection: close\r\nX-Request-Id: " + e.request.id + "\r\n\r\n" + problem.body;
    return httplib::detail::write_data(e.stream, text.data(), text.size());
  }

  // Closing while bytes are still coming in resets the connection, and the client may never read the answer.
  void linger(int descriptor) const {
    ::shutdown(descriptor, SHUT_WR);
    const auto end = time_.steady() + linger_for;
    std::vector<char> discarded(piece_size);
    for (;;) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - time_.steady());
      pollfd watched{descriptor, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) <= 0) return;
      if (::recv(descriptor, discarded.data(), discarded.size(), 0) <= 0) return;
    }
  }

  // The head as httplib read it becomes our request. Routes, ranges and bodies are none of its business from
  // here on: its own reader takes "-2" for a chunk's size, and keeps in memory what it cannot parse of a
  // form.
  void begin(httplib::Request& in) {
    auto& e = *current;
    e.begun = true;
    e.request.method = in.method;
    for (const auto& [name, value] : in.headers) e.request.headers.emplace_back(name, value);
    e.request.id = request_name(e.request.header("X-Request-Id").value_or(""), time_.wall());
    e.admitted = admit(in);
    in.ranges.clear();
    in.body_consumed_ = true;
  }

  router::admission admit(const httplib::Request& in) {
    auto& e = *current;
    auto target = parse_target(in.target);
    if (!target) return {nullptr, make_problem(target.error(), e.request.id), 0};
    e.request.path = std::move(target->path);
    e.request.segments = std::move(target->segments);
    e.request.query = std::move(target->query);
    const auto framing = parse_framing(e.request, in.version);
    if (!framing) return {nullptr, make_problem(framing.error(), e.request.id), 0};
    e.close = wants_close(e.request, in.version);
    auto admitted = routes_.admit(e.request, framing->has_body, framing->length);
    if (framing->has_body) e.request.body = &e.body.emplace(input_of(e.stream), *framing, admitted.max_body);
    return admitted;
  }

  int expected(httplib::Response& out) {
    if (!current->admitted.refusal) return httplib::StatusCode::Continue_100;
    answer(out, std::move(*current->admitted.refusal));
    return out.status;
  }

  HandlerResponse pre_route(httplib::Response& out) {
    run_route(out);
    return HandlerResponse::Handled;
  }

  void run_route(httplib::Response& out) {
    auto& admitted = current->admitted;
    answer(out,
           admitted.refusal ? std::move(*admitted.refusal) : router::answer(*admitted.to, current->request));
  }

  void answer(httplib::Response& out, http_response from) {
    current->answered = true;
    current->fault = std::move(from.fault);
    copy_answer(std::move(from), out);
  }

  // What httplib refused by itself, before there was a request of ours.
  HandlerResponse on_error(const httplib::Request& in, httplib::Response& out) {
    if (current->answered) return HandlerResponse::Handled;
    if (out.status == httplib::StatusCode::RangeNotSatisfiable_416) {
      // A Range that httplib cannot read may be of another unit, and is then to be ignored (RFC 9110,
      // section 14.2).
      auto copy = in;
      begin(copy);
      run_route(out);
      current->close = true;
      return HandlerResponse::Handled;
    }
    current->request.method = in.method;
    current->request.id = request_name(in.get_header_value("X-Request-Id"), time_.wall());
    answer(out, make_problem(refusal_of(in, out.status), current->request.id));
    return HandlerResponse::Handled;
  }

  error refusal_of(const httplib::Request& in, int status) const {
    if (current->stream.timed_out) return {errc::timeout, "the request did not arrive in time", {}};
    if (status == httplib::StatusCode::UriTooLong_414)
      return {errc::headers_too_large, "the URL is too long", {}};
    if (in.headers.size() >= CPPHTTPLIB_HEADER_MAX_COUNT ||
        current->stream.received > CPPHTTPLIB_HEADER_MAX_LENGTH)
      return {errc::headers_too_large, "the request's head is too long", {}};
    if (in.version.starts_with("HTTP/") && in.version != "HTTP/1.1" && in.version != "HTTP/1.0")
      return {errc::http_version, "HTTP/1.1 and HTTP/1.0 are spoken here", {}};
    return {errc::bad_request, "the request's head cannot be read", {}};
  }

  // httplib calls this for each answer, just before its head is written.
  void finish_head(httplib::Response& out) {
    auto& e = *current;
    e.status = out.status;
    if (!e.begun || out.status >= 400 || stopping_ || (e.body && !e.body->consumed())) e.close = true;
    out.headers.erase("Connection");
    out.headers.erase("Keep-Alive");
    if (e.close) out.set_header("Connection", "close");
    out.set_header("X-Request-Id", e.request.id);
    if (out.content_length_ == 0) out.headers.erase("Accept-Ranges");
    // Not on every way through httplib is there a length, and on some there is one that may not be.
    out.headers.erase("Content-Length");
    if (out.status != 204 && out.status != 304)
      out.set_header("Content-Length", std::to_string(std::max(out.body.size(), out.content_length_)));
  }

  router routes_;
  const clock& time_;
  access_log log_;
  server_options options_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<httplib::ThreadPool> handlers_;
  acceptor acceptor_{[this](int descriptor) { take(descriptor); }};
};

server::server(router routes, const clock& time, access_log log, server_options options)
    : impl_(std::make_unique<impl>(std::move(routes), time, std::move(log), options)) {}

server::~server() = default;

result<std::uint16_t> server::start(const std::string& host, std::uint16_t port) {
  return impl_->start(host, port);
}

void server::stop() { impl_->stop(); }

}  // namespace dip::http
