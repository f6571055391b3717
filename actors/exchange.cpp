#include "actors/exchange.hpp"

#include <algorithm>
#include <utility>

namespace dip {
namespace {

// Bytes of messages that go in one envelope.
constexpr std::size_t most_gathered = std::size_t{32} * 1024;

}  // namespace

link_reply refuse(errc code, std::string why, bool maybe_taken) {
  return {false, code, maybe_taken, std::move(why)};
}

exchange::exchange(const exchange_config& config, std::string peer, owner& mine, link_traffic& traffic,
                   steady_time now)
    : config_(config),
      peer_(std::move(peer)),
      owner_(mine),
      traffic_(traffic),
      last_heard_(now),
      next_ping_(now) {}

// All pieces at once: nothing else comes between them.
void exchange::transmit(envelope e) {
  while (e.bytes.size() > max_payload) {
    auto piece = e;
    piece.bytes.resize(max_payload);
    piece.more = true;
    e.bytes.erase(0, max_payload);
    transmit_piece(std::move(piece));
  }
  transmit_piece(std::move(e));
}

void exchange::transmit_piece(envelope e) {
  e.version = config_.version;
  e.received = received_;
  told_ = received_;
  auto bytes = encode(e);
  sent_ += bytes.size();
  ++traffic_.messages_out;
  traffic_.bytes_out += bytes.size();
  owner_.transmit(std::move(bytes));
}

bool exchange::has_room(envelope_kind kind, std::size_t bytes) {
  // Raft's heartbeats are not to wait behind a flood of everything else.
  const auto limit = kind == envelope_kind::consensus ? config_.window : config_.window / 4 * 3;
  if (bytes <= max_message && fits(bytes, limit)) return true;
  ++traffic_.dropped;
  return false;
}

bool exchange::post(envelope_kind kind, partition_id partition, std::string bytes) {
  if (!has_room(kind, bytes.size())) return false;
  gather(kind, partition, std::move(bytes));
  send_gathered();
  return true;
}

bool exchange::post_soon(envelope_kind kind, partition_id partition, std::string bytes, steady_time now) {
  if (!has_room(kind, bytes.size())) return false;
  gather(kind, partition, std::move(bytes));
  gathered_until_ = std::min<steady_time>(gathered_until_, now + config_.gather);
  return true;
}

void exchange::gather(envelope_kind kind, partition_id partition, std::string bytes) {
  if (gathered_bytes_ + bytes.size() > most_gathered) send_gathered();
  gathered_bytes_ += bytes.size();
  gathered_.parts.push_back({kind, partition, std::move(bytes)});
}

void exchange::send_gathered() {
  auto all = std::exchange(gathered_.parts, {});
  gathered_bytes_ = 0;
  gathered_until_ = steady_time::max();
  if (all.empty()) return;
  envelope e;
  e.form = envelope_form::message;
  if (all.size() == 1) {
    e.kind = all.front().kind;
    e.partition = all.front().partition;
    e.bytes = std::move(all.front().bytes);
  } else {
    e.kind = envelope_kind::bundle;
    e.bytes = encode(message_bundle{std::move(all)});
  }
  transmit(std::move(e));
}

void exchange::ask(std::uint64_t ticket, envelope_kind kind, partition_id partition, std::string bytes,
                   milliseconds within, steady_time now) {
  if (bytes.size() > max_message) {
    ++traffic_.refused;
    return owner_.answered(
        ticket, refuse(errc::too_large, "a request to " + peer_ + " of " + std::to_string(bytes.size()) +
                                            " bytes; " + std::to_string(max_message) + " are the most"));
  }
  if (waiting_.size() >= config_.requests || !fits(bytes.size(), config_.window / 4 * 3)) {
    ++traffic_.refused;
    return owner_.answered(ticket, refuse(errc::overloaded, "too much is on its way to " + peer_));
  }
  envelope e;
  e.form = envelope_form::request;
  e.kind = kind;
  e.partition = partition;
  e.number = next_number_++;
  e.within = within;
  e.bytes = std::move(bytes);
  const auto deadline = now + within;
  waiting_.emplace(e.number, pending{ticket, deadline, within});
  deadlines_.emplace(deadline, e.number);
  transmit(std::move(e));
}

void exchange::answer(std::uint64_t number, link_reply r) {
  if (to_answer_.erase(number) == 0) return;
  reply_to(number, std::move(r));
}

void exchange::reply_to(std::uint64_t number, link_reply r) {
  if (r.bytes.size() > max_message)
    r = refuse(errc::too_large, "an answer of " + std::to_string(r.bytes.size()) + " bytes", true);
  // Answers have a window of their own on top: the peer waits for them. Without room it is told so, in a few
  // bytes.
  if (!fits(r.bytes.size(), config_.window * 2)) r = refuse(errc::overloaded, "no room for the answer", true);
  envelope e;
  e.form = envelope_form::reply;
  e.number = number;
  e.ok = r.ok;
  e.code = r.code;
  e.bytes = std::move(r.bytes);
  transmit(std::move(e));
}

// True: `e` is whole.
result<bool> exchange::take_piece(envelope& e) {
  if (unfinished_) {
    auto& u = *unfinished_;
    if (e.form != u.form || e.kind != u.kind || e.number != u.number)
      return fail(errc::corrupt, "a message that is not whole is followed by another");
    if (u.bytes.size() + e.bytes.size() > max_message)
      return fail(errc::too_large, "a message of more than " + std::to_string(max_message) + " bytes");
    u.bytes += e.bytes;
    if (e.more) return false;
    u.more = false;
    e = std::move(u);
    unfinished_.reset();
    return true;
  }
  if (!e.more) return true;
  if (e.form > envelope_form::reply) return fail(errc::corrupt, "a ping in pieces");
  unfinished_ = std::move(e);
  return false;
}

result<void> exchange::receive(std::string_view bytes, steady_time now) {
  auto e = parse_envelope(bytes);
  if (!e) {
    ++traffic_.unreadable;
    return tl::make_unexpected(e.error());
  }
  ++traffic_.messages_in;
  traffic_.bytes_in += bytes.size();
  received_ += bytes.size();
  last_heard_ = now;
  // More than was sent is a lie, less than was confirmed is old.
  if (e->received > sent_) {
    ++traffic_.unreadable;
    return fail(errc::corrupt, "more is confirmed than was sent");
  }
  confirmed_ = std::max(confirmed_, e->received);
  const auto whole = take_piece(*e);
  if (!whole) {
    ++traffic_.unreadable;
    return tl::make_unexpected(whole.error());
  }
  if (!*whole) {
    confirm_if_much();
    return {};
  }
  switch (e->form) {
    case envelope_form::message:
      if (e->kind != envelope_kind::bundle) {
        owner_.arrived(std::move(*e));
      } else if (const auto unpacked = unpack(*e); !unpacked) {
        ++traffic_.unreadable;
        return unpacked;
      }
      break;
    case envelope_form::request: on_request(std::move(*e)); break;
    case envelope_form::reply: on_reply(std::move(*e)); break;
    case envelope_form::ping: {
      envelope back;
      back.form = envelope_form::pong;
      back.number = e->number;
      transmit(std::move(back));
      break;
    }
    case envelope_form::pong:
      if (const auto it = pings_.find(e->number); it != pings_.end()) {
        round_trip_ = now - it->second;
        pings_.erase(pings_.begin(), std::next(it));
      }
      break;
    case envelope_form::ack: break;
  }
  confirm_if_much();
  return {};
}

result<void> exchange::unpack(const envelope& e) {
  auto bundle = decode<message_bundle>(e.bytes);
  if (!bundle) return tl::make_unexpected(bundle.error());
  for (auto& part : bundle->parts) {
    if (part.kind == envelope_kind::bundle) return fail(errc::corrupt, "a bundle in a bundle");
    envelope one;
    one.version = e.version;
    one.form = envelope_form::message;
    one.kind = part.kind;
    one.partition = part.partition;
    one.bytes = std::move(part.bytes);
    owner_.arrived(std::move(one));
  }
  return {};
}

void exchange::on_request(envelope e) {
  const auto number = e.number;
  // Our side of this keeps to the same bound, but another version need not.
  if (to_answer_.size() >= config_.requests)
    return reply_to(number, refuse(errc::overloaded, "too many requests at once"));
  if (!to_answer_.insert(number).second) return;
  owner_.arrived(std::move(e));
}

void exchange::on_reply(envelope e) {
  const auto it = waiting_.find(e.number);
  if (it == waiting_.end()) return;
  const auto ticket = it->second.ticket;
  deadlines_.erase({it->second.deadline, e.number});
  waiting_.erase(it);
  owner_.answered(ticket, {e.ok, e.code, false, std::move(e.bytes)});
}

void exchange::confirm_if_much() {
  if (received_ - told_ < config_.window / 8) return;
  envelope e;
  e.form = envelope_form::ack;
  transmit(std::move(e));
}

bool exchange::tick(steady_time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto number = deadlines_.begin()->second;
    const auto late = waiting_.find(number)->second;
    deadlines_.erase(deadlines_.begin());
    waiting_.erase(number);
    ++traffic_.overdue;
    owner_.answered(
        late.ticket,
        refuse(errc::no_quorum,
               peer_ + " did not answer within " + std::to_string(late.within.count()) + " ms", true));
  }
  if (now >= gathered_until_) send_gathered();
  if (now - last_heard_ >= config_.silence) return false;
  if (now >= next_ping_) {
    envelope e;
    e.form = envelope_form::ping;
    e.number = next_number_++;
    pings_.emplace(e.number, now);
    next_ping_ = now + config_.ping_every;
    transmit(std::move(e));
  }
  return true;
}

steady_time exchange::due() const {
  const auto next =
      std::min({steady_time{next_ping_}, steady_time{last_heard_ + config_.silence}, gathered_until_});
  return deadlines_.empty() ? next : std::min(next, deadlines_.begin()->first);
}

void exchange::end(const std::string& why) {
  deadlines_.clear();
  const auto all = std::exchange(waiting_, {});
  for (const auto& [number, p] : all)
    owner_.answered(p.ticket, refuse(errc::no_quorum, peer_ + " went away: " + why, true));
}

}  // namespace dip
