// From bytes to a request in a lane. Runs on the gate's thread, or on a lane's for what was sent ahead.
#include <utility>

#include "http/gate.hpp"
#include "http/problem.hpp"
#include "http/request_name.hpp"
#include "http/target.hpp"

namespace dip::http {

void gate::read_head(const conn& c, state was, std::uint32_t events) {
  c->still_watched = false;
  if (was == state::idle) c->deadline = time_.steady() + options_.head_time;
  for (;;) {
    const auto got = c->receive(piece_);
    if (got.what == step_state::wants_read) return await_request(c);
    if (got.what == step_state::wants_write) {
      // TLS renews its keys; what was there before goes on waiting.
      return rest(c, state::head, c->deadline, EPOLLOUT);
    }
    if (got.what == step_state::ended && (c->current || !c->received().empty()))
      return refuse(c, {errc::bad_request, "the request ended early", {}});
    if (got.what != step_state::done) return abandon(c, "the client went away");
    // Less than was asked for: there is no more, and what comes is an edge of its own.
    c->still_watched = !c->channel && got.bytes < piece_.size() && (events & EPOLLRDHUP) == 0;
    if (c->in_at > piece_.size()) c->in.erase(0, std::exchange(c->in_at, 0));
    c->in.append(piece_.data(), got.bytes);
    account(*c);
    if (buffered_ > options_.buffered) {
      return refuse(c, {errc::overloaded, "too many requests are on their way", {}});
    }
    if (advance(c)) return;
    if (got.bytes < piece_.size() && !c->channel) return await_request(c);
  }
}

bool gate::advance(const conn& c) {
  if (!c->current) {
    // RFC 9112, section 2.2: an empty line before a request is left by clients that end a body with one.
    while (c->received().starts_with("\r\n") && c->looked_at == 0) c->drop_received(2);
    if (c->received().empty() || c->received() == "\r") return false;
    const auto end = find_head_end(c->received(), c->looked_at, options_.head);
    if (!end) {
      refuse(c, end.error());
      return true;
    }
    c->looked_at = c->received().size();
    if (!*end) return false;
    if (begin(c, **end)) return true;
  }
  if (c->received().size() < c->awaited) return false;
  submit(c, task::serve);
  return true;
}

// What has no business here is answered before its body is read and without a thread.
bool gate::begin(const conn& c, size_t head_size) {
  auto head = parse_head(c->received().substr(0, head_size), options_.head);
  if (!head) {
    refuse(c, head.error());
    return true;
  }
  c->drop_received(head_size);
  c->looked_at = 0;
  auto& e = new_exchange(*c);
  e.received = head_size;
  e.request.method = std::move(head->method);
  e.request.headers = std::move(head->headers);
  e.request.id = request_name(e.request.header("X-Request-Id").value_or(""), e.at);
  e.close = head->close;
  e.framing = head->body;
  e.expects_continue = head->expects_continue;
  e.admitted = admit(e, head->target);
  if (e.admitted.refusal) {
    if (e.framing.has_body) e.close = true;
    send_answer(c, std::move(*std::exchange(e.admitted.refusal, std::nullopt)));
    return true;
  }
  if (!e.framing.has_body && on_gates_thread())
    if (auto answer = router::answer_at_once(*e.admitted.to, e.request)) {
      send_answer(c, std::move(*answer));
      return true;
    }
  const auto length = e.framing.length.value_or(0);
  e.early = e.framing.length && length <= options_.early_body && !e.expects_continue &&
            buffered_ + length <= options_.buffered / 2;
  c->awaited = e.early ? length : 0;
  if (e.early && length > c->received().size())
    c->deadline = time_.steady() + options_.body_grace + milliseconds{length * 1000 / options_.min_rate};
  return false;
}

router::admission gate::admit(exchange& e, const std::string& target) const {
  auto parsed = parse_target(target);
  if (!parsed) return {nullptr, make_problem(parsed.error(), e.request.id), 0};
  e.request.path = std::move(parsed->path);
  e.request.segments = std::move(parsed->segments);
  e.request.query = std::move(parsed->query);
  return routes_.admit(e.request, e.framing.has_body, e.framing.length);
}

exchange& gate::new_exchange(connection& c) const {
  c.current = std::make_unique<exchange>();
  c.current->at = time_.wall();
  c.current->began = time_.steady();
  c.current->request.peer = c.peer;
  c.current->request.client = c.client;
  c.current->request.secure = c.channel != nullptr;
  return *c.current;
}

// Ends the connection, for it is not known where the next request would begin.
void gate::refuse(const conn& c, const error& why) {
  if (!c->current) {
    auto& e = new_exchange(*c);
    e.received = c->received().size();
    e.request.id = request_name({}, e.at);
  }
  c->current->close = true;
  send_answer(c, problem_of(*c, why));
}

// For want of room, who is here with a whole request. It may come again through the same connection: another
// one would cost more than the answer.
void gate::turn_away(const conn& c, const error& why) {
  auto& e = *c->current;
  if (e.framing.has_body && !e.early) return refuse(c, why);
  e.received += c->awaited;
  e.framing = {};
  c->drop_received(std::exchange(c->awaited, 0));
  send_answer(c, problem_of(*c, why));
}

http_response gate::problem_of(const connection& c, const error& why) {
  auto out = make_problem(why, c.current->request.id);
  if (why.code != errc::overloaded) return out;
  ++overloaded_;
  pace_.turned_away();
  set_retry_after(out, pace_.wait(c.token));
  return out;
}

}  // namespace dip::http
