// How a peer's request reaches an actor of this node.
#pragma once

#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/links.hpp"

namespace dip {

// Asks `to` and sends what it answers back as `record(Answer)`. An actor that does not answer in the time
// that the peer waits is as good as none.
template <class Answer, class Handle, class Message, class Record>
void pass_on(caf::actor_system& system, const Handle& to, Message what, milliseconds within,
             const responder& answer, Record record) {
  // A microsecond's actor for each: the link's own is not to keep their answers apart.
  system.spawn([=, what = std::move(what)](caf::event_based_actor* self) mutable {
    self->request(to, std::max(within, milliseconds{1}), std::move(what))
        .then([=](const Answer& x) { answer.with(record(x)); },
              [=](const caf::error& e) {
                answer(refuse(errc::no_quorum, "no answer: " + self->system().render(e), true));
              });
  });
}

// For `links::on_request`: reads a `Message`, asks the actor that `find` gives for it, and sends its `Answer`
// back. `find` is called for each request, with the arrival: result<Handle>, whose error is the answer.
// `system` outlives the links.
template <class Message, class Answer, class Find>
[[nodiscard]] links::request_function to_actor(caf::actor_system& system, Find find) {
  return [&system, find = std::move(find)](const arrival& a, const responder& answer) {
    auto m = decode<Message>(a.bytes);
    if (!m) return answer(refuse(errc::bad_request, "a request that cannot be read"));
    const auto h = find(a);
    if (!h) return answer(refuse(h.error().code, h.error().detail));
    pass_on<Answer>(system, *h, std::move(*m), a.within, answer, [](const Answer& x) { return x; });
  };
}

}  // namespace dip
