#include "runtime/object_links.hpp"

#include <memory>
#include <utility>

#include <caf/all.hpp>

namespace dip {
namespace {

std::string authority_of(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

result<fetched_files> outcome_of(const link_reply& r) {
  if (!r.ok) return fail(r.code, r.bytes);
  const auto told = decode<fetched_files>(r.bytes);
  if (!told) return fail(errc::corrupt, "an answer that cannot be read");
  return *told;
}

void ask_over(caf::actor_system& system, const links& all, const std::string& node, const fetch_files& what,
              milliseconds within, object_peers::answered then) {
  const auto link = all.find(node);
  if (!link) return then(fail(errc::no_quorum, "there is no link to " + node));
  const auto p = what.rows.empty() ? partition_id{} : what.rows.front().name.partition();
  auto request = request_of(envelope_kind::fetch, p, what, within);
  // A microsecond's actor: whoever waits is a thread, and waits for several.
  system.spawn([to = *link, request = std::move(request),
                then = std::move(then)](caf::event_based_actor* self) mutable {
    self->request(to, caf::infinite, std::move(request))
        .then([then](const link_reply& r) { then(outcome_of(r)); },
              [then](const caf::error&) { then(fail(errc::no_quorum, "the link has ended")); });
  });
}

}  // namespace

object_peers peers_over(caf::actor_system& system, const links& all, const roster& nodes,
                        const std::string& self, bool tls) {
  object_peers out;
  out.node = self;
  out.quorums_of = [&nodes](partition_id p) { return nodes.now()->quorums_of(p); };
  out.url_of = [&all, tls, &nodes](const std::string& node) -> std::optional<std::string> {
    const auto view = nodes.now();
    const auto* there = view->find(node);
    if (!there) return std::nullopt;
    for (const auto& s : all.status())
      if (s.peer == node && s.met && s.met->objects != 0)
        return (tls ? "https://" : "http://") + authority_of(there->host, s.met->objects);
    return std::nullopt;
  };
  out.ask = [&system, &all](const std::string& node, const fetch_files& what, milliseconds within,
                            object_peers::answered then) {
    ask_over(system, all, node, what, within, std::move(then));
  };
  return out;
}

void answer_fetches(links& all, object_replication& here) {
  all.on_request(envelope_kind::fetch, [&here](const arrival& a, const responder& answer) {
    auto what = decode<fetch_files>(a.bytes);
    if (!what) return answer(refuse(errc::bad_request, "a request that cannot be read"));
    here.fetch(std::move(*what), [answer](const result<fetched_files>& r) {
      if (r) return answer.with(*r);
      answer(refuse(r.error().code, r.error().detail, true));
    });
  });
}

}  // namespace dip
