// How a peer's request reaches an actor of this node.
#pragma once

#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/links.hpp"

namespace dip {

// For `links::on_request`: reads a `Message`, asks the actor that `find` gives for it, and sends its `Answer`
// back. `find` is called for each request, with the arrival: result<Handle>, whose error is the answer. An
// actor that does not answer in the time that the peer waits is as good as none. `system` outlives the links.
template <class Message, class Answer, class Find>
[[nodiscard]] links::request_function to_actor(caf::actor_system& system, Find find) {
  return [&system, find](const arrival& a, const responder& answer) {
    auto m = decode<Message>(a.bytes);
    if (!m) return answer(refuse(errc::bad_request, "a request that cannot be read"));
    const auto h = find(a);
    if (!h) return answer(refuse(h.error().code, h.error().detail));
    // A microsecond's actor for each: the link's own is not to keep their answers apart.
    system.spawn([to = *h, what = std::move(*m), within = std::max(a.within, milliseconds{1}),
                  answer](caf::event_based_actor* self) mutable {
      self->request(to, within, std::move(what))
          .then([answer](const Answer& x) { answer.with(x); },
                [answer, self](const caf::error& e) {
                  answer(refuse(errc::no_quorum, "no answer: " + self->system().render(e), true));
                });
    });
  };
}

}  // namespace dip
