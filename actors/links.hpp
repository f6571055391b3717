// All links of a node: who finds them, what they bring, and how they are. Link actors enter themselves here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/typed_actor.hpp>

#include "actors/connector.hpp"
#include "actors/envelope.hpp"
#include "actors/exchange.hpp"
#include "actors/hello.hpp"
#include "actors/messages.hpp"

namespace dip {

// To a peer, one way. By `links::post` only, which keeps a link's mailbox short.
struct link_post {
  envelope_kind kind = envelope_kind::none;
  partition_id partition;
  std::string bytes;      // up to `max_message`
  bool can_wait = false;  // some milliseconds, to go along with others
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.kind, s.partition, s.bytes, s.can_wait);
  }
};

// To a peer, with one answer, which comes within `within`.
struct link_request {
  envelope_kind kind = envelope_kind::none;
  partition_id partition;
  std::string bytes;  // up to `max_message`
  milliseconds within{5'000};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.kind, s.partition, s.bytes, s.within);
  }
};

// What somebody on this node answers to a peer's request.
struct link_answer {
  std::uint64_t session = 0, number = 0;
  link_reply reply;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.session, s.number, s.reply);
  }
};

// A record for a peer.
template <class T>
[[nodiscard]] link_request request_of(envelope_kind kind, partition_id p, const T& record,
                                      milliseconds within) {
  return {kind, p, encode(record), within};
}

// From a peer.
struct arrival {
  std::string peer;
  envelope_kind kind = envelope_kind::none;
  partition_id partition;
  std::string bytes;
  milliseconds within{0};  // of a request: for so long the peer waits
};

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using welcome_atom = caf::atom_constant<caf::atom("welcome")>;
using refused_atom = caf::atom_constant<caf::atom("refused")>;
using wire_atom = caf::atom_constant<caf::atom("wire")>;

// What a link says to the one at the other end; all in our codec.
using far_link_actor = caf::typed_actor<
    // The hello of who was dialled, with its link.
    caf::reacts_to<welcome_atom, std::string, caf::actor>,
    // A refusal, or the end of a session.
    caf::reacts_to<refused_atom, std::string>,
    // An envelope.
    caf::reacts_to<wire_atom, std::string>>;

// The link to one peer.
using link_actor = far_link_actor::extend<
    caf::reacts_to<link_post>,
    // Never needs a timeout of the asker's own. Errors: `no_quorum` when the peer cannot be reached or does
    // not answer in time, `overloaded`, `too_large`, `bad_request` for a kind that the peer does not know,
    // and what whoever answers there says.
    caf::replies_to<link_request>::with<link_reply>,
    // From whoever answers a peer's request on this node.
    caf::reacts_to<link_answer>,
    // The hello of who dials, with its link; from the router.
    caf::reacts_to<hello_atom, std::string, caf::actor>,
    // Deadlines, pings, the next try; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("wake")>, std::int64_t>,
    // How far the probe of this attempt has come; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("look")>, std::uint64_t, std::int64_t>>;

// The one actor of a node that others find at its port: passes a hello to the link that it is for.
using router_actor = caf::typed_actor<caf::reacts_to<hello_atom, std::string, caf::actor>>;

// Answers one request of a peer; any thread, once. Copies are the same. When the last is gone without an
// answer, that is an answer too: `internal`.
class responder {
public:
  responder(link_actor to, std::uint64_t session, std::uint64_t number);
  void operator()(link_reply r) const;
  // Of a record that is the answer.
  template <class T>
  void with(const T& record) const {
    (*this)({true, errc::internal, false, encode(record)});
  }

private:
  struct open_request;
  std::shared_ptr<open_request> open_;
};

struct link_status {
  std::string peer;
  std::string address;  // host and port of cluster.conf
  bool dials = false;   // this node to the peer
  link_phase phase = link_phase::down;
  wall_time since;         // since when it is up, or is not
  std::string last_error;  // why it is not up, or was not up last
  std::uint64_t failures = 0;
  std::optional<hello> met;  // what the peer said of itself, while it is up
  std::optional<std::chrono::nanoseconds> round_trip;
  std::optional<steady_time> last_heard;
  link_traffic traffic;
  std::size_t in_flight = 0, waiting = 0;  // bytes not confirmed, requests not answered
};

// What waits in a link's mailbox to be sent, in bytes.
struct link_outlet {
  std::atomic<std::size_t> queued{0};
  std::atomic<std::uint64_t> dropped{0};
};

// Outlives all who are in it. Receivers are set before the first link is made; all else from any thread.
class links {
public:
  using message_function = std::function<void(const arrival&)>;
  using request_function = std::function<void(const arrival&, responder)>;
  // Up: what the peer said of itself; down: nothing.
  using change_function = std::function<void(const std::string& peer, const std::optional<hello>& met)>;

  // Called in the link's actor: not to block, and to throw nothing.
  void on_message(envelope_kind kind, message_function f) { messages_[kind] = std::move(f); }
  void on_request(envelope_kind kind, request_function f) { requests_[kind] = std::move(f); }
  void on_change(change_function f) { changes_.push_back(std::move(f)); }

  // Nothing: no such peer, or its link is being made again.
  [[nodiscard]] std::optional<link_actor> find(const std::string& peer) const;
  [[nodiscard]] bool up(const std::string& peer) const;
  // One way. False: it was dropped, as there is no such link, or more is on its way to it than it takes in.
  // True: it may still be lost, when the link is down or its window is full. Order is kept among the posts of
  // one thread or actor.
  bool post(const std::string& peer, link_post what) const;
  // In the order of the peers' names; at most a second old.
  [[nodiscard]] std::vector<link_status> status() const;

  // Who may introduce themselves here, and who of them may not any more.
  void expect(std::set<std::string> peers);
  [[nodiscard]] bool expects(const std::string& peer) const;

  // For links.
  [[nodiscard]] std::shared_ptr<link_outlet> put(const std::string& peer, const link_actor& h);
  void note(link_status s);
  void changed(const std::string& peer, const std::optional<hello>& met) const;
  // False: nobody here knows the kind.
  [[nodiscard]] bool deliver(const arrival& a) const;
  [[nodiscard]] bool deliver(const arrival& a, const responder& answer) const;
  // Lets go of all handles; for the end of a node.
  void clear();

private:
  void leave(const std::string& peer, const caf::actor_addr& who);

  std::map<envelope_kind, message_function> messages_;
  std::map<envelope_kind, request_function> requests_;
  std::vector<change_function> changes_;
  mutable std::mutex mutex_;
  struct room {
    caf::strong_actor_ptr handle;
    std::shared_ptr<link_outlet> outlet;
  };
  std::map<std::string, room> rooms_;
  std::map<std::string, link_status> status_;
  std::set<std::string> expected_;
};

}  // namespace dip
