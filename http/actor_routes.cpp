// Actors, and the stream of all that the console shows.
#include <algorithm>
#include <array>
#include <string>

#include "http/operator_json.hpp"
#include "http/operator_port.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/routes.hpp"
#include "http/steering.hpp"

namespace dip::http {
namespace {

constexpr std::array<std::string_view, 5> states{"idle", "busy", "stuck", "backoff", "dead"};
constexpr std::array<std::string_view, 5> orders{"mailbox", "rate", "busy", "restarts", "name"};

template <class List>
result<std::string> one_of(const http_request& r, const char* name, const List& list, const char* rule) {
  auto word = r.param(name).value_or("");
  if (word.empty() || std::ranges::find(list, word) != list.end()) return word;
  return fail(errc::bad_request, rule);
}

result<actor_query> query_of(const http_request& r) {
  if (auto known = only_params(r, {"node", "kind", "state", "parent", "q", "sort", "limit", "cursor"});
      !known)
    return tl::make_unexpected(known.error());
  actor_query q;
  q.node = r.param("node").value_or("");
  q.kind = r.param("kind").value_or("");
  q.parent = r.param("parent").value_or("");
  q.text = r.param("q").value_or("");
  const auto state = one_of(r, "state", states, "state is idle, busy, stuck, backoff or dead");
  if (!state) return tl::make_unexpected(state.error());
  q.state = *state;
  const auto sort = one_of(r, "sort", orders, "sort is mailbox, rate, busy, restarts or name");
  if (!sort) return tl::make_unexpected(sort.error());
  q.sort = *sort;
  const auto limit = page_limit(r);
  if (!limit) return tl::make_unexpected(limit.error());
  q.limit = *limit;
  if (const auto cursor = r.param("cursor").value_or(""); !cursor.empty()) {
    const auto from = whole_number<std::uint64_t>(cursor);
    if (!from || *from > 1'000'000) return fail(errc::bad_request, "this cursor was not made here");
    q.from = *from;
  }
  return q;
}

class live_stream final : public event_source {
public:
  live_stream(std::unique_ptr<event_feed> feed, node_port& node) : feed_(std::move(feed)), node_(node) {}
  void start(waker wake) override { feed_->start(std::move(wake)); }
  batch next() override { return {feed_->next(), node_.draining()}; }

private:
  std::unique_ptr<event_feed> feed_;
  node_port& node_;
};

http_response stream(const http_request& r, const route_context& c) {
  if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
  auto feed = c.node.operations.feed();
  if (!feed) return make_problem({errc::overloaded, "as many are looking as may", {}}, r.id);
  return {.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
          .content_type = "text/event-stream",
          .events = std::make_shared<live_stream>(std::move(feed), c.node.node)};
}

}  // namespace

void add_actor_routes(router& to, const route_context& context) {
  auto& node = context.node.operations;
  to.add({.method = "GET",
          .pattern = "/actors",
          .answer =
              [&node](const http_request& r) {
                return json_answer(
                    r, query_of(r).map([&](const actor_query& q) { return actors_json(node.actors(q), q); }));
              },
          .needs = {scope::admin}});
  to.add({.method = "GET",
          .pattern = "/actors/{actor}",
          .answer =
              [&node](const http_request& r) {
                if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
                return json_answer(r, node.actor(r.args.front()).map(actor_detail_json));
              },
          .needs = {scope::admin}});
  to.add({.method = "POST",
          .pattern = "/actors/{actor}/restart",
          .answer = steered(context,
                            [&node](const http_request& r, deed& told) {
                              told = {"restart actor", r.args.front(), {}};
                              auto done = node.restart(r.args.front());
                              if (done) told.on = done->name + " (" + done->id + ")";
                              return json_answer(r, done.map(actor_json), 202);
                            }),
          .needs = {scope::admin}});
  to.add({.method = "GET",
          .pattern = "/events",
          .answer = [context](const http_request& r) { return stream(r, context); },
          .needs = {scope::admin}});
}

}  // namespace dip::http
