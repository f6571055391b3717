// What passes over a link while it is up: messages and requests within a bounded window, each request
// answered once, and pings. Free of CAF and of I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "actors/envelope.hpp"

namespace dip {

struct exchange_config {
  // Bytes that the peer has not confirmed yet. CAF's own buffers have no bound: this is it.
  std::size_t window = std::size_t{4} * 1024 * 1024;
  std::size_t requests = 1024;  // that wait for their answers, of each side
  milliseconds ping_every{1'000};
  milliseconds silence{5'000};  // with nothing heard for so long, the peer is gone
  milliseconds gather{5};       // for so long a message that can wait does, for others to go along with
  std::uint8_t version = 1;     // of the envelopes: what the hellos agreed on
};

// What became of a request.
struct link_reply {
  bool ok = true;
  errc code = errc::internal;
  // Of a failure: whether the peer may have taken it. False: for certain it has not.
  bool maybe_taken = false;
  std::string bytes;  // the answer, or a sentence
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.ok, s.code, s.maybe_taken, s.bytes);
  }
  bool operator==(const link_reply&) const = default;
};
[[nodiscard]] link_reply refuse(errc code, std::string why, bool maybe_taken = false);

// Counted over all sessions of a link.
struct link_traffic {
  std::uint64_t messages_out = 0, bytes_out = 0, messages_in = 0, bytes_in = 0;
  std::uint64_t dropped = 0;     // one-way messages for which there was no room, or no link
  std::uint64_t refused = 0;     // requests, likewise
  std::uint64_t overdue = 0;     // requests whose deadline came first
  std::uint64_t unknown = 0;     // of a kind that nobody here takes
  std::uint64_t unreadable = 0;  // what came and was no envelope
  bool operator==(const link_traffic&) const = default;
};

// One session. One owner.
class exchange {
public:
  class owner {
  public:
    virtual ~owner() = default;
    virtual void transmit(std::string envelope) = 0;  // to the peer; all of them, in this order
    // From the peer. A request is to be answered with `answer`, in any order, once.
    virtual void arrived(envelope e) = 0;
    // Exactly once for each `ask`.
    virtual void answered(std::uint64_t ticket, link_reply r) = 0;
  };

  // `peer` is for sentences; owner and traffic outlive it.
  exchange(const exchange_config& config, std::string peer, owner& mine, link_traffic& traffic,
           steady_time now);

  // False: it was dropped, as the window is full. Errors of the caller's: `bytes` longer than `max_message`.
  bool post(envelope_kind kind, partition_id partition, std::string bytes);
  // The same for one that can wait: what is posted within `gather` goes in one envelope, in this order.
  bool post_soon(envelope_kind kind, partition_id partition, std::string bytes, steady_time now);
  // `ticket` is the caller's name for it. It may be answered before this returns: `overloaded` when there is
  // no room, `too_large`.
  void ask(std::uint64_t ticket, envelope_kind kind, partition_id partition, std::string bytes,
           milliseconds within, steady_time now);
  // Of the request `number`; a second answer is ignored, and one that is too large or does not fit becomes an
  // error.
  void answer(std::uint64_t number, link_reply r);
  // `corrupt` or `too_large`: the peer is not to be trusted with the rest of this session.
  [[nodiscard]] result<void> receive(std::string_view bytes, steady_time now);
  // Deadlines and pings. False: nothing was heard of the peer for too long.
  [[nodiscard]] bool tick(steady_time now);
  [[nodiscard]] steady_time due() const;
  // The link is down: all that wait are answered.
  void end(const std::string& why);

  [[nodiscard]] std::optional<std::chrono::nanoseconds> round_trip() const { return round_trip_; }
  [[nodiscard]] steady_time last_heard() const { return last_heard_; }
  [[nodiscard]] std::size_t in_flight() const { return static_cast<std::size_t>(sent_ - confirmed_); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
  struct pending {
    std::uint64_t ticket = 0;
    steady_time deadline;
    milliseconds within{0};
  };

  [[nodiscard]] bool has_room(envelope_kind kind, std::size_t bytes);
  void gather(envelope_kind kind, partition_id partition, std::string bytes);
  void send_gathered();
  void transmit(envelope e);
  void transmit_piece(envelope e);
  [[nodiscard]] result<bool> take_piece(envelope& e);
  [[nodiscard]] result<void> unpack(const envelope& e);
  [[nodiscard]] bool fits(std::size_t bytes, std::size_t limit) const {
    return in_flight() + gathered_bytes_ + bytes <= limit;
  }
  void on_request(envelope e);
  void on_reply(envelope e);
  void confirm_if_much();
  void reply_to(std::uint64_t number, link_reply r);

  exchange_config config_;
  std::string peer_;
  owner& owner_;
  link_traffic& traffic_;
  std::uint64_t sent_ = 0, confirmed_ = 0, received_ = 0, told_ = 0;  // bytes
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, pending> waiting_;  // by number
  std::set<std::pair<steady_time, std::uint64_t>> deadlines_;
  std::unordered_set<std::uint64_t> to_answer_;
  std::optional<envelope> unfinished_;  // from the peer, with the pieces that are here
  message_bundle gathered_;
  std::size_t gathered_bytes_ = 0;
  steady_time gathered_until_ = steady_time::max();
  steady_time last_heard_, next_ping_;
  std::map<std::uint64_t, steady_time> pings_;
  std::optional<std::chrono::nanoseconds> round_trip_;
};

}  // namespace dip
