#include "actors/relay.hpp"

#include "actors/directory.hpp"
#include "actors/introspection.hpp"

namespace dip {

relay_actor::behavior_type relay(counted_actor<relay_actor, relay_state>* self, const environment* env,
                                 request_watch* watch) {
  self->label("relay");
  env->where->put(relay_actor{self});
  watch->news_of_all();
  return {[=](const announced& a) {
    if (a.news.empty()) watch->news_of_all();
    for (const auto& n : a.news) {
      watch->news(n.id);
      if (env->look) env->look->note_news(n);
    }
  }};
}

}  // namespace dip
