#include "actors/topic.hpp"

#include <utility>

#include "actors/directory.hpp"
#include "actors/introspection.hpp"
#include "actors/partition_news.hpp"

namespace dip {

topic_actor::behavior_type topic(counted_actor<topic_actor, topic_state>* self, const environment* env,
                                 partition_id p, topic_name name, partition_actor log) {
  self->label(std::string{to_string(name)} + "/" + std::to_string(p.value));
  const auto announce = [=](announced a) {
    if (env->to_peers) env->to_peers->tell_all(envelope_kind::announced, p, encode(a));
    if (const auto relay = env->where->relay()) self->send(*relay, std::move(a));
  };
  // An earlier one, here or on another node, may have gone down with news that nobody heard.
  announce({name, {}});
  return {
      [=, log = std::move(log)](publish& news) -> caf::result<answer> {
        if (std::holds_alternative<accept_request>(news.what) &&
            env->where->depth(p, queue_of(name)) >= env->cfg->limits.queue_depth)
          return error_answer({errc::overloaded, std::string{to_string(queue_of(name))} + " is full", ""});
        ++self->state.published;
        if (env->look) env->look->note_published(name);
        return self->delegate(log, propose{std::move(news.what)});
      },
      [=](committed& c) {
        if (!c.queue.empty())
          if (const auto q = env->where->queue(p, queue_of(name)))
            self->send(*q, delivered{std::move(c.queue)});
        if (!c.news.empty()) announce({name, std::move(c.news)});
      },
  };
}

}  // namespace dip
