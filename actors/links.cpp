#include "actors/links.hpp"

#include <atomic>
#include <utility>

#include <caf/all.hpp>

namespace dip {
namespace {

// As much as a window: more would only be dropped a little later.
constexpr std::size_t most_queued = std::size_t{4} * 1024 * 1024;

}  // namespace

struct responder::open_request {
  link_actor to;
  std::uint64_t session, number;
  std::atomic<bool> answered{false};

  open_request(link_actor t, std::uint64_t s, std::uint64_t n) : to(std::move(t)), session(s), number(n) {}
  open_request(const open_request&) = delete;
  open_request& operator=(const open_request&) = delete;
  ~open_request() { answer(refuse(errc::internal, "nobody answered", true)); }
  void answer(link_reply r) {
    if (!answered.exchange(true)) caf::anon_send(to, link_answer{session, number, std::move(r)});
  }
};

responder::responder(link_actor to, std::uint64_t session, std::uint64_t number)
    : open_(std::make_shared<open_request>(std::move(to), session, number)) {}

void responder::operator()(link_reply r) const { open_->answer(std::move(r)); }

std::optional<link_actor> links::find(const std::string& peer) const {
  const std::lock_guard lock{mutex_};
  const auto it = rooms_.find(peer);
  if (it == rooms_.end()) return std::nullopt;
  return caf::actor_cast<link_actor>(it->second.handle);
}

bool links::up(const std::string& peer) const {
  const std::lock_guard lock{mutex_};
  const auto it = status_.find(peer);
  return it != status_.end() && it->second.phase == link_phase::up;
}

bool links::post(const std::string& peer, link_post what) const {
  room to;
  {
    const std::lock_guard lock{mutex_};
    const auto it = rooms_.find(peer);
    if (it == rooms_.end()) return false;
    to = it->second;
  }
  const auto size = what.bytes.size();
  if (to.outlet->queued.fetch_add(size) + size > most_queued) {
    to.outlet->queued.fetch_sub(size);
    to.outlet->dropped.fetch_add(1);
    return false;
  }
  caf::anon_send(caf::actor_cast<link_actor>(to.handle), std::move(what));
  return true;
}

void links::expect(std::set<std::string> peers) {
  const std::lock_guard lock{mutex_};
  expected_ = std::move(peers);
  // A link that is told to end is not there to say so.
  std::erase_if(status_, [&](const auto& s) { return !expected_.contains(s.first); });
}

bool links::expects(const std::string& peer) const {
  const std::lock_guard lock{mutex_};
  return expected_.contains(peer);
}

std::vector<link_status> links::status() const {
  const std::lock_guard lock{mutex_};
  std::vector<link_status> out;
  for (const auto& [peer, s] : status_) out.push_back(s);
  return out;
}

std::shared_ptr<link_outlet> links::put(const std::string& peer, const link_actor& h) {
  // A new one: what was in the mailbox of the one before is gone.
  auto outlet = std::make_shared<link_outlet>();
  room entry{caf::actor_cast<caf::strong_actor_ptr>(h), outlet};
  {
    const std::lock_guard lock{mutex_};
    std::swap(rooms_[peer], entry);
  }
  // Who was there before is let go of outside the lock: that may be its end, which leads to `leave`.
  entry = {};
  h->attach_functor([this, peer, who = h.address()](const caf::error&) { leave(peer, who); });
  return outlet;
}

void links::leave(const std::string& peer, const caf::actor_addr& who) {
  room gone;
  const std::lock_guard lock{mutex_};
  const auto it = rooms_.find(peer);
  if (it == rooms_.end() || caf::actor_cast<caf::actor_addr>(it->second.handle) != who) return;
  std::swap(gone, it->second);
  rooms_.erase(it);
}

void links::note(link_status s) {
  const std::lock_guard lock{mutex_};
  if (!expected_.empty() && !expected_.contains(s.peer)) return;
  auto& place = status_[s.peer];
  place = std::move(s);
}

void links::changed(const std::string& peer, const std::optional<hello>& met) const {
  for (const auto& f : changes_) f(peer, met);
}

bool links::deliver(const arrival& a) const {
  const auto it = messages_.find(a.kind);
  if (it == messages_.end()) return false;
  it->second(a);
  return true;
}

bool links::deliver(const arrival& a, const responder& answer) const {
  const auto it = requests_.find(a.kind);
  if (it == requests_.end()) return false;
  it->second(a, answer);
  return true;
}

void links::clear() {
  std::map<std::string, room> gone;
  const std::lock_guard lock{mutex_};
  gone.swap(rooms_);
}

}  // namespace dip
