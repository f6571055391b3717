#include "actors/link_body.hpp"

#include <random>

#include <spdlog/spdlog.h>

namespace dip {
namespace {

std::uint64_t random_number() {
  std::random_device d;
  return (std::uint64_t{d()} << 32) | d();
}

}  // namespace

link_body::link_body(link_self self, const link_environment* env, peer_address peer)
    : self_(self),
      env_(env),
      outlet_(env->all->put(peer.name, link_actor{self})),
      peer_(std::move(peer)),
      dials_(dials(env->self.from, peer_.name)),
      connector_(env->connecting, dials_, env->time->wall(), random_number()),
      session_(random_number()) {}

link_body::~link_body() {
  for (auto& [ticket, promise] : asking_)
    promise.deliver(refuse(errc::no_quorum, "the link to " + peer_.name + " has ended", true));
}

void link_body::post(link_post m) {
  outlet_->queued.fetch_sub(m.bytes.size());
  // Whoever sends it does not hear of it, and would send it again for ever.
  if (m.bytes.size() > max_message)
    spdlog::error("a message to {} of {} bytes is longer than {} and was not sent", peer_.name,
                  m.bytes.size(), max_message);
  if (!exchange_) {
    ++traffic_.dropped;
  } else if (m.can_wait) {
    exchange_->post_soon(m.kind, m.partition, std::move(m.bytes), now());
    arm();
  } else {
    exchange_->post(m.kind, m.partition, std::move(m.bytes));
  }
}

caf::result<link_reply> link_body::ask(link_request m) {
  if (!exchange_) {
    ++traffic_.refused;
    const auto& why = connector_.last_error();
    return refuse(errc::no_quorum, peer_.name + " cannot be reached" + (why.empty() ? "" : ": " + why));
  }
  auto promise = self_->make_response_promise<link_reply>();
  const auto ticket = next_ticket_++;
  asking_.emplace(ticket, promise);
  exchange_->ask(ticket, m.kind, m.partition, std::move(m.bytes), m.within, now());
  arm();
  return promise;
}

void link_body::answer(link_answer a) {
  if (exchange_ && a.session == session_) exchange_->answer(a.number, std::move(a.reply));
}

void link_body::wake(std::int64_t when) {
  // A timer that another one has overtaken: only one counts.
  if (when != armed_) return;
  armed_ = never;
  if (exchange_ && !exchange_->tick(now())) lose("nothing was heard of it for too long");
  carry_out(connector_.tick(now(), wall()));
  note();
  arm();
}

void link_body::welcomed(const std::string& bytes, const caf::actor& whom) {
  const auto said = parse_hello(bytes);
  if (!said || !whom || connector_.phase() != link_phase::greeting || said->session != session_) return;
  if (auto why = why_not(here(), *said)) {
    turn_down(whom, said->session, *why);
    return refused(std::move(*why));
  }
  meet(*said, whom);
}

void link_body::greeted(const std::string& bytes, const caf::actor& whom) {
  const auto said = parse_hello(bytes);
  if (!said || !whom) return;
  auto why = why_not(here(), *said);
  if (!why && dials_) why = "it is " + env_->self.from + " who dials " + peer_.name;
  if (why) {
    turn_down(whom, said->session, *why);
    if (!exchange_) refused(std::move(*why));
    return;
  }
  lose("it has connected anew");
  session_ = said->session;
  self_->send(caf::actor_cast<far_link_actor>(whom), welcome_atom::value, encode(here()),
              caf::actor_cast<caf::actor>(self_));
  meet(*said, whom);
}

void link_body::turned_down(const std::string& bytes) {
  const auto r = parse_refusal(bytes);
  if (!r || r->session != session_) return;
  if (connector_.phase() == link_phase::greeting) return refused(r->why);
  lose(r->why);
}

void link_body::received(const std::string& bytes) {
  // What comes from an end that was given up is not of this session.
  if (!exchange_ || far_.address() != self_->current_sender()->address()) return;
  if (const auto read = exchange_->receive(bytes, now()); !read) {
    const auto why = peer_.name + " sent what cannot be read: " + read.error().detail;
    turn_down(caf::actor_cast<caf::actor>(far_), session_, why);
    lose(why);
  }
  arm();
}

void link_body::fell(const caf::down_msg& down) {
  if (far_ && far_.address() == down.source)
    lose("the connection broke: " + self_->system().render(down.reason));
  else if (far_router_ && far_router_.address() == down.source)
    fail(connector_.attempt(), "the connection broke: " + self_->system().render(down.reason));
}

void link_body::arrived(envelope e) {
  const arrival a{peer_.name, e.kind, e.partition, std::move(e.bytes), e.within};
  if (e.form == envelope_form::message) {
    if (!env_->all->deliver(a)) ++traffic_.unknown;
    return;
  }
  const responder answer{link_actor{self_}, session_, e.number};
  if (env_->all->deliver(a, answer)) return;
  ++traffic_.unknown;
  answer(refuse(errc::bad_request, env_->self.from + " does not know requests of the kind " +
                                       std::to_string(static_cast<unsigned>(e.kind))));
}

void link_body::answered(std::uint64_t ticket, link_reply r) {
  const auto it = asking_.find(ticket);
  if (it == asking_.end()) return;
  it->second.deliver(std::move(r));
  asking_.erase(it);
}

void link_body::begin() {
  note();
  arm();
}

hello link_body::here() const {
  auto h = env_->self;
  h.to = peer_.name;
  h.session = session_;
  return h;
}

void link_body::fail(std::uint64_t attempt, std::string why, bool again) {
  const auto before = connector_.last_error();
  connector_.failed(attempt, why, now(), wall(), again);
  part();
  if (!again && connector_.last_error() != before) spdlog::warn("link to {}: {}", peer_.name, why);
  note();
  arm();
}

void link_body::refused(std::string why) {
  if (connector_.last_error() != why) spdlog::warn("link to {} refused: {}", peer_.name, why);
  connector_.refused(std::move(why), now(), wall());
  part();
  note();
  arm();
}

void link_body::turn_down(const caf::actor& whom, std::uint64_t session, const std::string& why) {
  self_->send(caf::actor_cast<far_link_actor>(whom), refused_atom::value, encode(refusal{session, why}));
}

void link_body::meet(const hello& said, const caf::actor& whom) {
  part();
  far_ = caf::actor_cast<far_link_actor>(whom);
  self_->monitor(far_);
  met_ = said;
  connector_.met(wall());
  auto how = env_->exchanging;
  how.version = static_cast<std::uint8_t>(common_version(env_->self, said));
  exchange_.emplace(how, peer_.name, *this, traffic_, now());
  spdlog::info("link to {} is up ({})", peer_.name, said.start);
  note();
  env_->all->changed(peer_.name, met_);
  // The first ping goes out at once.
  (void)exchange_->tick(now());
  arm();
}

void link_body::lose(std::string why) {
  if (!exchange_) return;
  exchange_->end(why);
  exchange_.reset();
  met_.reset();
  connector_.lost(why, now(), wall());
  part();
  spdlog::warn("link to {} is down: {}", peer_.name, why);
  note();
  env_->all->changed(peer_.name, std::nullopt);
  arm();
}

void link_body::part() {
  if (far_) self_->demonitor(far_.address());
  if (far_router_) self_->demonitor(far_router_.address());
  far_ = nullptr;
  far_router_ = nullptr;
  probe_.reset();
}

void link_body::arm() {
  auto due = connector_.due();
  if (exchange_) due = std::min(due, exchange_->due());
  const auto when = due.time_since_epoch().count();
  if (when >= armed_) return;
  armed_ = when;
  const auto wait = due <= now() ? std::chrono::nanoseconds{0} : std::chrono::nanoseconds{due - now()};
  self_->delayed_send(self_, wait, wake_atom::value, std::int64_t{when});
}

void link_body::note() {
  link_status s;
  s.peer = peer_.name;
  s.address = peer_.host + ":" + std::to_string(peer_.port);
  s.dials = dials_;
  s.phase = connector_.phase();
  s.since = connector_.since();
  s.last_error = connector_.last_error();
  s.failures = connector_.failures();
  s.met = met_;
  s.traffic = traffic_;
  s.traffic.dropped += outlet_->dropped.load();
  if (exchange_) {
    s.round_trip = exchange_->round_trip();
    s.last_heard = exchange_->last_heard();
    s.in_flight = exchange_->in_flight();
    s.waiting = exchange_->waiting();
  }
  env_->all->note(std::move(s));
}

}  // namespace dip
