#include "runtime/actor_tree.hpp"

#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "actors/dispatcher.hpp"
#include "actors/inspector.hpp"
#include "actors/partition.hpp"
#include "actors/proxies.hpp"
#include "actors/relay.hpp"
#include "actors/scrubbing.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker.hpp"

namespace dip {
namespace {

using specs = std::vector<child_spec>;

child_spec supervised(const environment* env, std::string name, specs children_of_it) {
  return {name, [=](caf::local_actor* parent) {
            return caf::actor_cast<caf::actor>(
                parent->spawn(supervisor, name, children_of_it, env, restart_config{}));
          }};
}

specs partitions(const environment* env) {
  specs out;
  for (std::uint16_t p = 0; p < env->store->partitions(); ++p)
    out.push_back({"partition/" + std::to_string(p), [=](caf::local_actor* parent) {
                     return caf::actor_cast<caf::actor>(parent->spawn(partition, env, partition_id{p}));
                   }});
  return out;
}

template <class Make>
child_spec proxy(std::string name, Make make) {
  return {std::move(name),
          [=](caf::local_actor* parent) { return caf::actor_cast<caf::actor>(make(parent)); }};
}

specs proxies(const environment* env) {
  specs out;
  for (std::uint16_t n = 0; n < env->store->partitions(); ++n) {
    const partition_id p{n};
    const auto number = "/" + std::to_string(n);
    out.push_back(proxy("proxy/partition" + number,
                        [=](caf::local_actor* parent) { return parent->spawn(partition_proxy, env, p); }));
    for (std::uint8_t i = 0; i < queue_count; ++i) {
      const auto t = static_cast<topic_name>(i);
      const auto q = static_cast<queue_name>(i);
      out.push_back(proxy("proxy/" + std::string{to_string(t)} + number,
                          [=](caf::local_actor* parent) { return parent->spawn(topic_proxy, env, p, t); }));
      out.push_back(proxy("proxy/" + std::string{to_string(q)} + number,
                          [=](caf::local_actor* parent) { return parent->spawn(queue_proxy, env, p, q); }));
    }
  }
  return out;
}

void add_workers(specs& out, const environment* env, const std::string& kind, std::uint32_t count,
                 queue_name queue, stage* work, job_threads* threads) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto name = kind + "/" + std::to_string(i + 1);
    out.push_back({name, [=](caf::local_actor* parent) {
                     return caf::actor_cast<caf::actor>(
                         parent->spawn(worker, env, threads, work, queue, name));
                   }});
  }
}

specs workers(const environment* env, const tree_plan& plan) {
  specs out;
  out.push_back({"dispatcher", [=, slots = plan.slots](caf::local_actor* parent) {
                   return caf::actor_cast<caf::actor>(parent->spawn(dispatcher, env, slots));
                 }});
  add_workers(out, env, "preprocessor", plan.preprocessors, queue_name::request, plan.preprocess,
              plan.image_threads);
  add_workers(out, env, "processor", plan.processors, queue_name::preprocess_ok, plan.process,
              plan.image_threads);
  add_workers(out, env, "notifier", plan.notifiers, queue_name::notifier, plan.notify, plan.notify_threads);
  return out;
}

}  // namespace

caf::actor spawn_tree(caf::actor_system& system, const environment* env, const tree_plan& plan) {
  specs top;
  top.push_back({"relay", [=, watch = plan.watch](caf::local_actor* parent) {
                   return caf::actor_cast<caf::actor>(parent->spawn(relay, env, watch));
                 }});
  if (env->look)
    top.push_back({"inspector", [=](caf::local_actor* parent) {
                     return caf::actor_cast<caf::actor>(parent->spawn(inspector, env));
                   }});
  if (!plan.alone) top.push_back(supervised(env, "proxies", proxies(env)));
  top.push_back(supervised(env, "partitions", partitions(env)));
  top.push_back(supervised(env, "objects",
                           {{"scrubber", [=, threads = plan.upkeep_threads](caf::local_actor* parent) {
                               return caf::actor_cast<caf::actor>(parent->spawn(scrubbing, env, threads));
                             }}}));
  top.push_back(supervised(env, "workers", workers(env, plan)));
  return caf::actor_cast<caf::actor>(
      system.spawn(supervisor, std::string{"node"}, std::move(top), env, restart_config{}));
}

}  // namespace dip
