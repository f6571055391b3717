#include "actors/topic.hpp"

#include <utility>

#include "actors/directory.hpp"

namespace dip {

topic_actor::behavior_type topic(counted_actor<topic_actor, topic_state>* self, const environment* env,
                                 partition_id p, topic_name name, partition_actor log) {
  self->label(std::string{to_string(name)} + "/" + std::to_string(p.value));
  // An earlier one may have gone down with news that nobody heard.
  for (const auto& relay : env->where->relays()) self->send(relay, announced{name, {}});
  return {
      [=, log = std::move(log)](publish& news) {
        ++self->state.published;
        return self->delegate(log, propose{std::move(news.what)});
      },
      [=](committed& c) {
        if (!c.queue.empty())
          if (const auto q = env->where->queue(p, queue_of(name)))
            self->send(*q, delivered{std::move(c.queue)});
        if (!c.news.empty())
          for (const auto& relay : env->where->relays()) self->send(relay, announced{name, c.news});
      },
  };
}

}  // namespace dip
