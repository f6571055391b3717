// How a link goes about it: what it is told becomes steps of its connector and its exchange, and their wishes
// become messages. Only link.cpp and its parts know it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <caf/all.hpp>

#include "actors/link.hpp"
#include "net/tcp_probe.hpp"

namespace dip {

using link_self = counted_actor<link_actor, link_state>*;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using look_atom = caf::atom_constant<caf::atom("look")>;

class link_body final : public exchange::owner {
public:
  link_body(link_self self, const link_environment* env, peer_address peer);
  ~link_body() override;
  void post(link_post m);
  caf::result<link_reply> ask(link_request m);
  void answer(link_answer a);
  void wake(std::int64_t when);
  void look(std::uint64_t attempt, std::int64_t waited);
  // Who dials: the answer to our hello.
  void welcomed(const std::string& bytes, const caf::actor& whom);
  // Who waits: the other dials. A session that is there already is of a connection that the other has given
  // up.
  void greeted(const std::string& bytes, const caf::actor& whom);
  void turned_down(const std::string& bytes);
  void received(const std::string& bytes);
  void fell(const caf::down_msg& down);

  void transmit(std::string bytes) override { self_->send(far_, wire_atom::value, std::move(bytes)); }
  void arrived(envelope e) override;
  void answered(std::uint64_t ticket, link_reply r) override;
  void begin();

private:
  static constexpr std::int64_t never = steady_time::max().time_since_epoch().count();

  [[nodiscard]] steady_time now() const { return env_->time->steady(); }
  [[nodiscard]] wall_time wall() const { return env_->time->wall(); }
  [[nodiscard]] hello here() const;

  // link_dialling.cpp
  void carry_out(connector::step s);
  // CAF connects in its one middleman, and blocks it meanwhile: only to an address that has just answered.
  void dial();
  void dialled(std::uint64_t attempt, const caf::strong_actor_ptr& p);
  void not_dialled(std::uint64_t attempt, const caf::error& e);

  void fail(std::uint64_t attempt, std::string why, bool again = false);
  void refused(std::string why);
  void turn_down(const caf::actor& whom, std::uint64_t session, const std::string& why);
  void meet(const hello& said, const caf::actor& whom);
  void lose(std::string why);
  // Handles of another try are never compared with these: equal ones may be dead.
  void part();
  // One timer for all that has a time.
  void arm();
  void note();  // the status, for others

  link_self self_;
  const link_environment* env_;
  std::shared_ptr<link_outlet> outlet_;
  peer_address peer_;
  bool dials_;
  connector connector_;
  link_traffic traffic_;
  std::unique_ptr<net::tcp_probe> probe_;
  router_actor far_router_;
  far_link_actor far_;
  std::uint64_t session_;
  std::optional<hello> met_;
  std::optional<exchange> exchange_;
  std::uint64_t next_ticket_ = 0;
  std::map<std::uint64_t, caf::typed_response_promise<link_reply>> asking_;
  std::int64_t armed_ = never;
};

}  // namespace dip
