// What the stages share: how a failure becomes an entry, and how an outcome is stamped.
#pragma once

#include <string>
#include <utility>

#include "actors/environment.hpp"
#include "actors/stage.hpp"

namespace dip {

inline claim claim_of(const environment& env, const leased_work& work, const std::string& worker,
                      steady_time began) {
  const auto took = std::chrono::duration_cast<milliseconds>(env.time->steady() - began).count();
  return {work.message.ref, work.token, env.node, worker, static_cast<std::uint64_t>(took)};
}

// Its row, from this node's replica, else from the partition's leader: rows of what is needed do not change.
inline result<object_row> find_object(const environment& env, const object_name& name) {
  auto row = env.store->view(name.partition())->object(name);
  if (row || row.error().code != errc::not_found || !env.rows) return row;
  return env.rows->object(name);
}

// What may pass is tried again; what cannot ends the request, and its owner is told.
inline stage_outcome failed_stage(const environment& env, const leased_work& work, const std::string& worker,
                                  steady_time began, const error& e, const char* stage_name) {
  if (may_pass(e.code)) return stage_retry{e.code, e.detail};
  const auto now = env.time->wall();
  fail_request f{claim_of(env, work, worker, began), {e.code, e.detail, stage_name}, false, {}, {}};
  f.record_expires_at = now + env.cfg->retention.requests;
  f.preprocessed_expires_at = now + env.cfg->retention.preprocessed_files;
  return stage_news{topic_name::notifier, std::move(f), {}};
}

}  // namespace dip
