#include "runtime/asking.hpp"

#include <optional>

#include <caf/all.hpp>

#include "actors/directory.hpp"

namespace dip {
namespace {

answer nobody() {
  answer a;
  a.ok = false;
  a.code = errc::no_quorum;
  a.detail = "the partition has no leader now";
  return a;
}

template <class Handle, class Message>
answer wait(caf::actor_system& system, const std::optional<Handle>& h, Message m, milliseconds within) {
  auto out = nobody();
  if (!h) return out;
  caf::scoped_actor self{system};
  self->request(*h, within, std::move(m))
      .receive([&](answer& a) { out = std::move(a); },
               [&](const caf::error&) {
                 out.detail = "the leader did not answer";
                 out.maybe_taken = true;
               });
  return out;
}

}  // namespace

answer asking::try_propose(partition_id p, command what) const {
  return wait(system_, where_.leading(p), propose{std::move(what)}, commit_deadline);
}

answer asking::try_publish(partition_id p, topic_name t, command what) const {
  return wait(system_, where_.leading(p, t), publish{std::move(what)}, commit_deadline);
}

result<found_rows> asking::read_from(partition_id p, read_rows wanted, milliseconds within) const {
  return rows_of(wait(system_, where_.leading(p), std::move(wanted), within));
}

result<found_rows> asking::rows_of(answer a) {
  auto done = checked(std::move(a));
  if (!done) return tl::make_unexpected(done.error());
  if (!done->found) return fail(errc::internal, "the rows were not answered");
  return std::move(*done->found);
}

std::vector<result<found_rows>> asking::read_each(
    const std::vector<std::pair<partition_id, read_rows>>& wanted, milliseconds within) const {
  std::vector<answer> said(wanted.size(), nobody());
  caf::scoped_actor self{system_};
  std::vector<std::pair<std::size_t, caf::response_handle<caf::blocking_actor, caf::message, true>>> asked;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (const auto h = where_.leading(wanted[i].first))
      asked.emplace_back(i, self->request(caf::actor_cast<caf::actor>(*h), within, wanted[i].second));
  for (auto& [i, reply] : asked)
    reply.receive([&, at = i](answer& a) { said[at] = std::move(a); },
                  [&, at = i](const caf::error&) { said[at].detail = "the leader did not answer"; });
  std::vector<result<found_rows>> out;
  out.reserve(said.size());
  for (auto& a : said) out.push_back(rows_of(std::move(a)));
  return out;
}

}  // namespace dip
