#include "actors/house.hpp"

#include <string>

#include "actors/directory.hpp"
#include "actors/queue.hpp"
#include "actors/topic.hpp"

namespace dip {
namespace {

// What a topic that went down had under way to its queue is lost: the queue begins anew, from the rows.
void restart_queue(caf::local_actor* parent, const environment* env, partition_id p, queue_name q) {
  if (const auto h = env->where->queue(p, q)) parent->send_exit(*h, caf::exit_reason::user_shutdown);
}

}  // namespace

std::vector<child_spec> house_of(const environment* env, partition_id p, term_number term,
                                 const partition_actor& me) {
  std::vector<child_spec> out;
  const auto number = "/" + std::to_string(p.value);
  for (std::uint8_t i = 0; i < queue_count; ++i) {
    const auto t = static_cast<topic_name>(i);
    const auto q = static_cast<queue_name>(i);
    out.push_back({std::string{to_string(t)} + number, [=](caf::local_actor* parent) {
                     auto h = parent->spawn(topic, env, p, t, me);
                     env->where->put(p, t, h);
                     restart_queue(parent, env, p, queue_of(t));
                     return caf::actor_cast<caf::actor>(h);
                   }});
    out.push_back({std::string{to_string(q)} + number, [=](caf::local_actor* parent) {
                     auto h = parent->spawn(queue, env, p, q, term, me);
                     env->where->put(p, q, h);
                     return caf::actor_cast<caf::actor>(h);
                   }});
  }
  return out;
}

}  // namespace dip
