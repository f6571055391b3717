#include "http/gate.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/answer_head.hpp"
#include "http/listening_socket.hpp"
#include "http/peer_name.hpp"
#include "http/problem.hpp"
#include "http/request_name.hpp"

namespace dip::http {
namespace {

constexpr size_t piece_size = 16 * 1024;
// Tokens of epoll; those of connections are greater.
constexpr std::uint64_t of_listener = 1, of_wakeup = 2;
// What the rest of the process needs: files, RocksDB, children.
constexpr size_t other_descriptors = 1024;

// The soft limit of a shell is 1,024; what the hard one allows is there to be used.
size_t most_connections(size_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  const auto needed = static_cast<rlim_t>(wanted + other_descriptors);
  if (files.rlim_cur < needed && files.rlim_cur < files.rlim_max) {
    auto more = files;
    more.rlim_cur = std::min(needed, files.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) files = more;
  }
  if (files.rlim_cur == RLIM_INFINITY || files.rlim_cur >= needed) return wanted;
  return std::max<size_t>(
      files.rlim_cur > 2 * other_descriptors ? files.rlim_cur - other_descriptors : files.rlim_cur / 2, 1);
}

void must(bool good) {
  if (!good) std::terminate();  // only of arguments that cannot be, or of no memory in the kernel
}

}  // namespace

gate::gate(router routes, const clock& time, access_log log, server_options options)
    : routes_(std::move(routes)),
      time_(time),
      log_(std::move(log)),
      options_(std::move(options)),
      piece_(piece_size),
      requests_(options_.threads, options_.waiting, [this](const auto& c) { work(c); }),
      bodies_(options_.body_threads, options_.bodies_waiting, [this](const auto& c) { work(c); }) {}

gate::~gate() {
  stop(milliseconds{0});
  for (const int fd : {epoll_, wakeup_})
    if (fd >= 0) ::close(fd);
}

result<std::uint16_t> gate::start(const std::string& host, std::uint16_t port) {
  const auto socket = listen_on(host, port, options_.backlog);
  if (!socket) return tl::make_unexpected(socket.error());
  listener_ = socket->descriptor;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wakeup_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wakeup_ < 0) {
    ::close(std::exchange(listener_, -1));
    return fail(errc::io, "no descriptor is left for the HTTP server");
  }
  options_.connections = most_connections(options_.connections);
  for (const auto& [fd, token] : {std::pair{listener_, of_listener}, {wakeup_, of_wakeup}}) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = token;
    must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &wanted) == 0);
  }
  thread_ = std::thread{[this] { run(); }};
  return socket->port;
}

void gate::stop(milliseconds within) {
  if (!thread_.joinable()) return;
  stop_at_ = std::chrono::duration_cast<milliseconds>(time_.steady().time_since_epoch() + within).count();
  stopping_ = true;
  poke();
  thread_.join();
  requests_.stop();
  bodies_.stop();
  for (const auto& c : all()) drop(c);
}

server_figures gate::figures() const {
  return {connections_, buffered_, accepted_, turned_away_, overloaded_, timed_out_};
}

void gate::poke() const {
  const std::uint64_t one = 1;
  must(::write(wakeup_, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

// An event may be older than the connection that has its descriptor now.
gate::conn gate::find(std::uint64_t token) const {
  const std::lock_guard lock{table_mutex_};
  const auto at = static_cast<size_t>(connection::descriptor_of(token));
  return at < table_.size() && table_[at] && table_[at]->token == token ? table_[at] : nullptr;
}

std::vector<gate::conn> gate::all(size_t first, size_t count) const {
  std::vector<conn> out;
  const std::lock_guard lock{table_mutex_};
  const auto end = first < table_.size() ? first + std::min(count, table_.size() - first) : first;
  for (auto at = first; at < end; ++at)
    if (table_[at]) out.push_back(table_[at]);
  return out;
}

bool& gate::on_gates_thread() {
  thread_local bool it_is = false;
  return it_is;
}

void gate::run() {
  on_gates_thread() = true;
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience());
    must(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const auto& e = events.at(static_cast<size_t>(i));
      if (e.data.u64 == of_listener) {
        accept_some();
      } else if (e.data.u64 == of_wakeup) {
        std::uint64_t pokes = 0;
        (void)!::read(wakeup_, &pokes, sizeof pokes);  // empty already: another poke was read with it
      } else if (const auto c = find(e.data.u64)) {
        on_event(c, e.events);
      }
    }
    const auto now = time_.steady();
    fire_timers(now);
    if (stopping_ && listener_ >= 0) {
      ::close(std::exchange(listener_, -1));
      next_sweep_ = now;
    }
    if (now >= next_sweep_) sweep(now);
    if (stopping_ && connections_ == 0) return;
  }
}

void gate::accept_some() {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int descriptor =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      admit_connection(descriptor, from);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) return;
    // No descriptors or no memory are left: what comes waits in the backlog until the next sweep.
    return take_newcomers(false);
  }
}

void gate::take_newcomers(bool now) {
  epoll_event wanted{};
  if (now) wanted.events = EPOLLIN;
  wanted.data.u64 = of_listener;
  must(::epoll_ctl(epoll_, EPOLL_CTL_MOD, listener_, &wanted) == 0);
  listening_ = now;
}

void gate::admit_connection(int descriptor, const sockaddr_storage& from) {
  ++accepted_;
  if (connections_ >= options_.connections) evict_idle();
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto name = name_of(from);
  std::unique_ptr<secure_channel> channel;
  if (options_.secure) {
    auto made = options_.secure->accept(descriptor);
    if (!made) {
      ::close(descriptor);
      return;
    }
    channel = std::move(*made);
  }
  const auto c = std::make_shared<connection>(descriptor, ++serial_, std::move(channel),
                                              std::move(name.address), name.key);
  if (connections_ >= options_.connections) {
    ++turned_away_;
    if (!c->channel) {
      const auto id = request_name({}, time_.wall());
      const auto problem = make_problem({errc::overloaded, "there are too many connections", {}}, id);
      (void)c->transmit(answer_head(problem, id, true, time_.wall()) + problem.body);
    }
    return;
  }
  c->now = c->channel ? state::handshake : state::head;
  c->deadline = time_.steady() + options_.head_time;
  {
    const std::lock_guard lock{table_mutex_};
    const auto at = static_cast<size_t>(descriptor);
    if (table_.size() <= at) table_.resize(at + 1024);
    table_[at] = c;
    ++connections_;
  }
  epoll_event wanted{};
  wanted.events = wants_request | EPOLLET;
  wanted.data.u64 = c->token;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &wanted) != 0) drop(c);  // no memory in the kernel
}

// The longest idle ones give their place to newcomers; a share at once, so that a flood does not make each
// newcomer look through all.
void gate::evict_idle() {
  std::vector<std::pair<steady_time, conn>> idle;
  for (auto& c : all()) {
    const std::lock_guard lock{c->mutex};
    if (c->now == state::idle) idle.emplace_back(c->deadline, std::move(c));
  }
  const auto share = std::min(idle.size(), std::max<size_t>(1, options_.connections / 64));
  std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(share), idle.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < share; ++i)
    if (claim(idle[i].second, state::idle)) drop(idle[i].second);
}

bool gate::claim(const conn& c, state from) {
  const std::lock_guard lock{c->mutex};
  if (c->now != from) return false;
  c->now = state::working;
  return true;
}

void gate::on_event(const conn& c, std::uint32_t events) {
  state was{};
  {
    const std::lock_guard lock{c->mutex};
    was = c->now;
    if (was == state::working || was == state::dead) return;
    c->now = state::working;
  }
  const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
  switch (was) {
    case state::handshake: return submit(c, task::handshake);
    case state::head:
    case state::idle: return read_head(c, was, events);
    case state::sending: return gone ? abandon(c, "the client went away") : send_more(c);
    case state::parked: return gone ? abandon(c, "the client went away") : rest(c, was, c->deadline, 0);
    case state::events:
      return gone || (events & EPOLLRDHUP) != 0 ? abandon(c, "the client went away") : flush_events(c);
    case state::linger: return discard(c);
    case state::working:
    case state::dead: return;
  }
}

// Closing while bytes are still coming in resets the connection, and the client may never read the answer.
void gate::discard(const conn& c) {
  for (int i = 0; i < 64; ++i) {
    ssize_t count = 0;
    do count = ::recv(c->descriptor, piece_.data(), piece_.size(), MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return drop(c);
  }
  rest(c, state::linger, c->deadline, EPOLLIN);
}

// Events come at edges: while somebody works on the connection they are passed over, and asking again makes
// those that hold come once more.
void gate::arm(const connection& c, std::uint32_t events) const {
  epoll_event wanted{};
  wanted.events = events | EPOLLET;
  wanted.data.u64 = c.token;
  must(::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.descriptor, &wanted) == 0);
}

void gate::account(connection& c) {
  const auto holds = c.in.capacity() + c.out.capacity();
  buffered_ += holds - c.counted;
  c.counted = holds;
}

void gate::rest(const conn& c, state as, steady_time until, std::uint32_t events) {
  account(*c);
  const std::lock_guard lock{c->mutex};
  c->now = as;
  c->deadline = until;
  arm(*c, events);
}

void gate::await_request(const conn& c) {
  const bool begun = !c->received().empty() || c->current;
  if (!begun) c->give_back();
  const auto until = begun ? c->deadline : time_.steady() + options_.idle_time;
  // OpenSSL may hold bytes that no event will tell of; a socket can always be written to.
  const std::uint32_t more = c->channel && c->channel->buffered() ? EPOLLOUT : std::uint32_t{0};
  const auto as = begun ? state::head : state::idle;
  if (!std::exchange(c->still_watched, false)) return rest(c, as, until, wants_request | more);
  account(*c);
  const std::lock_guard lock{c->mutex};
  c->now = as;
  c->deadline = until;
}

void gate::linger(const conn& c) {
  c->current.reset();
  c->drop_received(c->received().size());
  c->close_sending();
  rest(c, state::linger, time_.steady() + options_.linger_time, EPOLLIN);
}

void gate::drop(const conn& c) {
  c->current.reset();
  {
    const std::lock_guard lock{c->mutex};
    c->now = state::dead;
  }
  const std::lock_guard lock{table_mutex_};
  auto& place = table_[static_cast<size_t>(c->descriptor)];
  if (place != c) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, c->descriptor, nullptr);
  ::shutdown(c->descriptor, SHUT_RDWR);
  buffered_ -= c->counted;
  --connections_;
  place.reset();
  if (stopping_) poke();
}

lane& gate::lane_of(const connection& c) {
  return c.next == task::serve && c.current && c.current->framing.has_body && !c.current->early ? bodies_
                                                                                                : requests_;
}

void gate::submit(const conn& c, task what) {
  c->next = what;
  c->still_watched = false;
  account(*c);
  if (lane_of(*c).push(c->client, c)) return;
  if (what == task::handshake) {
    ++overloaded_;
    return drop(c);
  }
  turn_away(c, {errc::overloaded, "too many requests are being worked on", {}});
}

void gate::submit_again(const conn& c, task what) {
  c->next = what;
  c->still_watched = false;
  lane_of(*c).push_again(c->client, c);
}

}  // namespace dip::http
