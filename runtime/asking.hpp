// How a thread that is no actor asks one and waits for the answer.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include "actors/directory.hpp"
#include "core/errc.hpp"

namespace dip {

// Longer than any healthy commit; beyond it the outcome is unknown, and the caller is told so.
inline constexpr std::chrono::seconds commit_deadline{15};

class asking {
public:
  asking(caf::actor_system& system, const directory& where) : system_(system), where_(where) {}

  // Into the partition's log. Errors: the entry's verdict, `no_quorum` when nobody answers.
  [[nodiscard]] result<answer> propose_to(partition_id p, command what) const {
    const auto h = where_.partition(p);
    if (!h) return fail(errc::no_quorum, "the partition has no leader now");
    return wait(*h, propose{std::move(what)});
  }
  // News, through its topic.
  [[nodiscard]] result<answer> publish_to(partition_id p, topic_name t, command what) const {
    const auto h = where_.topic(p, t);
    if (!h) return fail(errc::no_quorum, "the partition has no leader now");
    return wait(*h, publish{std::move(what)});
  }

  // Messages in a queue, all in all, as it last said.
  [[nodiscard]] std::uint64_t depth(partition_id p, queue_name q) const { return where_.depth(p, q); }

private:
  template <class Handle, class Message>
  [[nodiscard]] result<answer> wait(const Handle& h, Message m) const {
    caf::scoped_actor self{system_};
    result<answer> out = fail(errc::no_quorum, "no answer");
    self->request(h, commit_deadline, std::move(m))
        .receive(
            [&](answer& a) {
              if (a.ok)
                out = std::move(a);
              else
                out = fail(a.code, std::move(a.detail), std::move(a.pointer));
            },
            [&](const caf::error&) { out = fail(errc::no_quorum, "the leader did not answer"); });
    return out;
  }

  caf::actor_system& system_;
  const directory& where_;
};

}  // namespace dip
