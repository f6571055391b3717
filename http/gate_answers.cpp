// From a lane to the answer's last byte.
#include <algorithm>
#include <exception>
#include <utility>

#include "http/answer_head.hpp"
#include "http/gate.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

constexpr size_t source_piece = 128 * 1024;
// What the kernel sends of a file without coming back.
constexpr std::uint64_t file_piece = 1024 * 1024;
// After so many bytes of one answer another connection gets its turn.
constexpr std::uint64_t bytes_a_turn = 8 * 1024 * 1024;
constexpr size_t read_ahead = 16 * 1024;
// A client that reads as fast as it can has room again sooner than the gate could be asked.
constexpr milliseconds fast_reader{4};
constexpr std::uint64_t small_file = 32 * 1024;  // goes out in one piece with its head
constexpr int client_closed_request = 499;       // as nginx calls it

std::uint32_t event_of(connection::step_state want) {
  return want == connection::step_state::wants_write ? EPOLLOUT : EPOLLIN;
}

bool must_wait(connection::step_state s) {
  return s == connection::step_state::wants_read || s == connection::step_state::wants_write;
}

}  // namespace

void gate::work(const conn& c) {
  try {
    switch (c->next) {
      case task::handshake: return shake_hands(c);
      case task::serve: return serve(c);
      case task::resume: return resume(c);
      case task::send: return send_more(c);
      case task::events: return send_events(c);
      case task::advance:
        if (!advance(c)) await_request(c);
        return;
    }
  } catch (const std::exception& e) {
    abandon(c, e.what());
  }
}

void gate::shake_hands(const conn& c) {
  const auto done = c->channel->handshake();
  if (must_wait(done.what)) return rest(c, state::handshake, c->deadline, event_of(done.what));
  if (done.what != step_state::done) return drop(c);
  c->deadline = time_.steady() + options_.head_time;
  rest(c, state::head, c->deadline, EPOLLIN | EPOLLRDHUP | (c->channel->buffered() ? EPOLLOUT : 0U));
}

// At least one byte of the body: of those that came with the head, or of the socket. Bytes beyond the body
// stay with the connection.
byte_input gate::input_of(connection& c) {
  c.moved = 0;
  return [this, &c, waited = milliseconds{0}](std::span<char> out) mutable -> result<size_t> {
    auto& e = *c.current;
    for (;;) {
      if (const auto ready = c.received(); !ready.empty()) {
        const auto count = std::min(ready.size(), out.size());
        std::copy_n(ready.begin(), count, out.begin());
        c.drop_received(count);
        e.received += count;
        return count;
      }
      if (std::exchange(e.expects_continue, false)) c.out += "HTTP/1.1 100 Continue\r\n\r\n";
      auto step = c.out.empty() ? connection::step{step_state::done, 0} : c.flush();
      if (step.what == step_state::done) {
        // Single bytes are asked for between chunks: read ahead for those.
        if (out.size() < read_ahead && !e.framing.length) {
          c.in.resize(read_ahead);
          step = c.receive(c.in);
          c.in.resize(step.what == step_state::done ? step.bytes : 0);
          c.in_at = 0;
          if (step.what == step_state::done) {
            c.moved += step.bytes;
            continue;
          }
        } else {
          step = c.receive(out);
        }
      }
      if (step.what == step_state::done) {
        c.moved += step.bytes;
        e.received += step.bytes;
        return step.bytes;
      }
      if (!must_wait(step.what)) return fail(errc::bad_request, "the body ended early");
      const auto earned = options_.body_grace + milliseconds{c.moved * 1000 / options_.min_rate};
      const auto patience = std::min(options_.body_grace, earned - waited);
      const auto before = time_.steady();
      if (patience <= milliseconds{0} || !c.wait(step.what, patience)) {
        ++timed_out_;
        return fail(errc::timeout, "the body did not arrive in time");
      }
      waited += std::chrono::duration_cast<milliseconds>(time_.steady() - before);
    }
  };
}

void gate::serve(const conn& c) {
  auto& e = *c->current;
  pace_.served();
  if (e.framing.has_body) e.request.body = &e.body.emplace(input_of(*c), e.framing, e.admitted.max_body);
  respond(c, router::answer(*e.admitted.to, e.request));
}

void gate::respond(const conn& c, http_response r) {
  auto& e = *c->current;
  if (!r.later && !r.events) return send_answer(c, std::move(r));
  c->woken = false;
  const auto news = [this, to = std::weak_ptr{c}] { wake(to); };
  if (r.later) {
    e.later = std::move(r.later);
    e.later->start(news);
    return park(c);
  }
  e.events = r.events;
  e.events->start(news);
  start_events(c, std::move(r));
}

void gate::park(const conn& c) {
  const auto until = c->current->later->until();
  {
    const std::lock_guard lock{timers_mutex_};
    timers_.emplace(until, c);
    if (timers_.begin()->first == until) poke();
  }
  account(*c);
  {
    const std::lock_guard lock{c->mutex};
    if (!c->woken && !stopping_) {
      c->now = state::parked;
      c->deadline = until;
      return arm(*c, 0);
    }
    c->woken = false;
  }
  submit_again(c, task::resume);
}

void gate::wake(const std::weak_ptr<connection>& to) {
  const auto c = to.lock();
  if (!c) return;
  task what{};
  {
    const std::lock_guard lock{c->mutex};
    const bool parked = c->now == state::parked;
    // A stream whose client has not taken its last events gets the next ones afterwards.
    if (!parked && !(c->now == state::events && c->out.empty())) {
      c->woken = true;
      return;
    }
    what = parked ? task::resume : task::events;
    c->now = state::working;
  }
  submit_again(c, what);
}

void gate::resume(const conn& c) {
  auto& e = *c->current;
  auto answer = [&]() -> std::optional<http_response> {
    try {
      return e.later->resume(stopping_ || time_.steady() >= e.later->until());
    } catch (const std::exception& x) {
      return make_problem({errc::internal, x.what(), {}}, e.request.id);
    }
  }();
  if (!answer) return park(c);
  e.later.reset();
  send_answer(c, std::move(*answer));
}

void gate::send_answer(const conn& c, http_response r) {
  auto& e = *c->current;
  routes_.finish(e.request, r);
  e.status = r.status;
  e.fault = std::move(r.fault);
  e.close = e.close || stopping_ || (e.framing.has_body && !(e.body && e.body->consumed()));
  c->began = time_.steady();
  c->moved = 0;
  c->out += answer_head(r, e.request.id, e.close, time_.wall());
  if (e.request.method != "HEAD") {
    if (r.source) {
      e.source = std::move(r.source);
      e.source_at = r.source_offset;
      e.source_left = r.source_length;
      if (e.source_left <= small_file &&
          (!on_gates_thread() || e.source->at_hand(e.source_at, e.source_left)))
        take_small_file(*c);
    } else {
      c->out += r.body;
    }
  }
  send_more(c);
}

void gate::send_more(const conn& c) {
  auto& e = *c->current;
  const auto turn_ends = c->moved + (on_gates_thread() ? file_piece : bytes_a_turn);
  auto last = step_state::done;
  do {
    const auto flushed = c->flush(e.source_left > 0);
    e.sent += flushed.bytes;
    last = flushed.what;
    if (last != step_state::done || e.source_left == 0) break;
    if (c->moved > turn_ends || (on_gates_thread() && !gate_may_send(*c))) return submit_again(c, task::send);
    last = send_piece(*c);
    if (last == step_state::wants_write && !on_gates_thread() && c->wait(last, fast_reader))
      last = step_state::done;
  } while (last == step_state::done);
  if (last == step_state::done) return finished(c);
  if (!must_wait(last)) return abandon(c, e.fault.empty() ? "the client went away" : e.fault);
  const auto now = time_.steady();
  const auto earned = c->began + options_.send_grace + milliseconds{c->moved * 1000 / options_.min_rate};
  rest(c, state::sending, std::min(earned, now + options_.send_grace), event_of(last));
}

// The gate's own thread waits for no disk, and leaves encrypting to others.
bool gate::gate_may_send(const connection& c) {
  const auto& e = *c.current;
  return !c.channel && e.source->at_hand(e.source_at, std::min(e.source_left, file_piece));
}

void gate::take_small_file(connection& c) {
  auto& e = *c.current;
  const auto head = c.out.size();
  c.out.resize(head + e.source_left);
  const auto got = e.source->read(e.source_at, std::span{c.out}.subspan(head));
  const auto count = got.value_or(0);
  c.out.resize(head + count);
  e.source_at += count;
  e.source_left -= count;
}

gate::step_state gate::send_piece(connection& c) {
  auto& e = *c.current;
  try {
    const auto file = c.channel ? -1 : e.source->descriptor();
    const auto sent =
        file >= 0 ? c.transmit_file(file, e.source_at, std::min<std::uint64_t>(file_piece, e.source_left))
                  : transmit_source(c);
    if (file >= 0 && sent.what == step_state::ended) {
      e.fault = "the file ends early";
      return step_state::failed;
    }
    if (sent.what != step_state::done) return sent.what;
    e.source_at += sent.bytes;
    e.source_left -= sent.bytes;
    e.sent += sent.bytes;
    c.moved += sent.bytes;
    return step_state::done;
  } catch (const std::exception& x) {
    e.fault = x.what();
    return step_state::failed;
  }
}

// A piece that does not go as a whole is read again: the file does not change.
connection::step gate::transmit_source(connection& c) {
  thread_local std::vector<char> piece(source_piece);
  auto& e = *c.current;
  const auto got = e.source->read(
      e.source_at, std::span{piece}.first(std::min<std::uint64_t>(piece.size(), e.source_left)));
  if (!got || *got == 0) {
    e.fault = got ? "the file ends early" : got.error().detail;
    return {step_state::failed, 0};
  }
  return c.transmit({piece.data(), *got});
}

void gate::start_events(const conn& c, http_response r) {
  auto& e = *c->current;
  routes_.finish(e.request, r);
  e.status = r.status;
  e.close = true;
  c->out += answer_head(r, e.request.id, true, time_.wall());
  send_events(c);
}

void gate::send_events(const conn& c) {
  auto& e = *c->current;
  if (!e.last_event && e.request.method != "HEAD") {
    auto batch = e.events->next();
    c->out += batch.text;
    e.last_event = batch.last;
  } else {
    e.last_event = true;
  }
  flush_events(c);
}

void gate::flush_events(const conn& c) {
  auto& e = *c->current;
  const auto flushed = c->flush();
  e.sent += flushed.bytes;
  const auto now = time_.steady();
  if (must_wait(flushed.what))
    return rest(c, state::events, now + options_.send_grace, event_of(flushed.what) | EPOLLRDHUP);
  if (flushed.what != step_state::done) return abandon(c, "the client went away");
  if (e.last_event) return finished(c);
  account(*c);
  {
    const std::lock_guard lock{c->mutex};
    if (!c->woken) {
      c->now = state::events;
      c->deadline = now + options_.heartbeat;
      // What a client says in here is of no interest; that it hangs up is.
      return arm(*c, EPOLLRDHUP);
    }
    c->woken = false;
  }
  submit_again(c, task::events);
}

void gate::finished(const conn& c) {
  note(*c, true);
  const bool close = c->current->close;
  c->current.reset();
  if (close) return linger(c);
  c->awaited = 0;
  if (c->received().empty()) return await_request(c);
  // Sent ahead: others get their turn first.
  c->deadline = time_.steady() + options_.head_time;
  submit_again(c, task::advance);
}

void gate::abandon(const conn& c, std::string why) {
  if (!c->current) return drop(c);
  auto& e = *c->current;
  if (e.status == 0) e.status = client_closed_request;
  if (e.fault.empty()) e.fault = std::move(why);
  note(*c, false);
  drop(c);
}

void gate::note(const connection& c, bool complete) const {
  const auto& e = *c.current;
  routes_.account(e.request, e.received);
  if (!log_) return;
  log_({e.at, e.request.method, e.request.path, e.status, e.received, e.sent,
        std::chrono::duration_cast<std::chrono::microseconds>(time_.steady() - e.began), e.request.peer,
        e.request.id, e.fault, complete});
}

}  // namespace dip::http
