// Topics, queues, dead letters, the audit, and a failed request's next run.
#include <string>

#include "core/strict_json.hpp"
#include "http/operator_json.hpp"
#include "http/operator_port.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/record_json.hpp"
#include "http/routes.hpp"
#include "http/steering.hpp"

namespace dip::http {
namespace {

constexpr std::uint64_t max_redrive_body = 65'536;
constexpr size_t max_ids = 1'000;
constexpr size_t max_reason = 256;

std::string counted(std::uint64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

result<errc> error_word(const std::string& word) {
  const auto code = parse_errc(word);
  if (to_string(code) != word) return fail(errc::bad_request, "error is no code that a message can have");
  return code;
}

result<std::optional<std::uint8_t>> state_param(const http_request& r) {
  const auto word = r.param("state");
  if (!word) return std::optional<std::uint8_t>{};
  if (*word == "visible") return std::optional<std::uint8_t>{0};
  if (*word == "in_flight") return std::optional<std::uint8_t>{1};
  if (*word == "delayed") return std::optional<std::uint8_t>{2};
  return fail(errc::bad_request, "state is visible, in_flight or delayed");
}

result<std::optional<std::uint16_t>> partition_param(const http_request& r, const config& conf) {
  const auto text = r.param("partition");
  if (!text) return std::optional<std::uint16_t>{};
  const auto number = whole_number<std::uint16_t>(*text);
  if (!number || *number >= conf.cluster.partitions)
    return fail(errc::bad_request,
                "partition is a number from 0 to " + std::to_string(conf.cluster.partitions - 1));
  return number;
}

class queue_calls {
public:
  explicit queue_calls(const route_context& c) : c_(c) {}

  http_response topics(const http_request& r) const {
    if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
    return json_answer(r, topics_json(c_.node.operations.flow()));
  }

  http_response queues(const http_request& r) const {
    if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
    return json_answer(r, queues_json(c_.node.operations.flow()));
  }

  http_response list(const http_request& r, bool dead) const {
    return json_answer(r,
                       query_of(r, dead)
                           .and_then([&](const message_query& q) { return c_.node.operations.messages(q); })
                           .map([&](const message_page& p) { return messages_json(p, dead); }));
  }

  http_response redrive(const http_request& r, deed& told) const {
    told.what = "redrive " + r.args.front();
    const auto q = redrive_of(r);
    if (!q) return make_problem(q.error(), r.id);
    told.on = !q->ids.empty() ? counted(q->ids.size(), "message")
              : q->error      ? "all with " + std::string{to_string(*q->error)}
                              : "all";
    const auto done = c_.node.operations.redrive(*q);
    if (done) {
      told.on = counted(done->redriven, "message");
      if (!done->refused.empty()) told.on += ", " + std::to_string(done->refused.size()) + " refused";
    }
    return json_answer(r, done.map(redriven_json));
  }

  http_response pause(const http_request& r, deed& told, bool paused) const {
    told.what = (paused ? "pause " : "resume ") + r.args.front();
    const auto queue = parse_queue(r.args.front());
    if (!queue) return make_problem(queue.error(), r.id);
    return json_answer(r, c_.node.operations.pause(*queue, paused).map([&] {
      return "{\"name\":\"" + std::string{to_string(*queue)} +
             "\",\"paused\":" + (paused ? "true" : "false") + "}";
    }));
  }

  http_response discard(const http_request& r, deed& told) const {
    told.what = "discard " + r.args.front();
    told.on = "message " + r.args.back();
    const auto done = reason_of(r).and_then([&](const std::string& reason) {
      told.reason = reason;
      return parse_queue(r.args.front())
          .and_then([&](queue_name queue) { return parse_message_name(queue, r.args.back()); })
          .and_then([&](const message_ref& m) { return c_.node.operations.discard(m); });
    });
    if (!done) return make_problem(done.error(), r.id);
    return {.status = 204};
  }

  http_response retry(const http_request& r, deed& told) const {
    told = {"retry", r.args.front(), {}};
    const auto id = ulid::parse(r.args.front());
    if (!id) return make_problem({errc::not_found, "there is no such request", {}}, r.id);
    return json_answer(r, c_.node.operations.retry(request_id{*id}).map([&](const request_record& found) {
      return request_json(found, c_.node.node.public_url());
    }),
                       202);
  }

  http_response trace(const http_request& r) const {
    if (auto known = only_params(r, {}); !known) return make_problem(known.error(), r.id);
    const auto id = ulid::parse(r.args.front());
    if (!id) return make_problem({errc::not_found, "there is no such request", {}}, r.id);
    return json_answer(r, c_.node.operations.trace(request_id{*id}).map(trace_json));
  }

  http_response audit(const http_request& r) const {
    if (auto known = only_params(r, {"limit", "cursor"}); !known) return make_problem(known.error(), r.id);
    return json_answer(r, page_limit(r).and_then([&](std::uint32_t limit) {
      return c_.node.operations.audit(limit, r.param("cursor").value_or("")).map(audit_json);
    }));
  }

private:
  result<message_query> query_of(const http_request& r, bool dead) const {
    auto known = dead ? only_params(r, {"error", "partition", "limit", "cursor"})
                      : only_params(r, {"state", "partition", "limit", "cursor"});
    if (!known) return tl::make_unexpected(known.error());
    const auto queue = parse_queue(r.args.front());
    if (!queue) return tl::make_unexpected(queue.error());
    message_query q;
    q.queue = *queue;
    q.dead = dead;
    const auto state = state_param(r);
    if (!state) return tl::make_unexpected(state.error());
    q.state = *state;
    const auto partition = partition_param(r, c_.conf);
    if (!partition) return tl::make_unexpected(partition.error());
    q.partition = *partition;
    if (const auto word = r.param("error")) {
      const auto code = error_word(*word);
      if (!code) return tl::make_unexpected(code.error());
      q.error = *code;
    }
    const auto limit = page_limit(r);
    if (!limit) return tl::make_unexpected(limit.error());
    q.limit = *limit;
    q.cursor = r.param("cursor").value_or("");
    return q;
  }

  static result<std::string> reason_of(const http_request& r) {
    if (auto known = only_params(r, {"reason"}); !known) return tl::make_unexpected(known.error());
    auto reason = r.param("reason").value_or("");
    if (reason.empty() || reason.size() > max_reason)
      return fail(errc::bad_request, "reason says why, in 1 to 256 bytes");
    return reason;
  }

  static result<redrive_query> redrive_of(const http_request& r) {
    const auto queue = parse_queue(r.args.front());
    if (!queue) return tl::make_unexpected(queue.error());
    const auto body = whole_body(r);
    if (!body) return tl::make_unexpected(body.error());
    const auto json = parse_strict_json(*body);
    if (!json) return tl::make_unexpected(json.error());
    if (!json->is_object()) return fail(errc::bad_request, "the body is a JSON object");
    redrive_query q;
    q.queue = *queue;
    for (const auto& member : json->items()) {
      const std::string& name = member.key();
      const auto& value = member.value();
      const auto wrong = [&name](const std::string& why) {
        return fail(errc::invalid_operation, why, "/" + name);
      };
      if (name == "error") {
        if (!value.is_string()) return wrong("must be an error code");
        const auto code = error_word(value.get<std::string>());
        if (!code) return wrong("must be an error code");
        q.error = *code;
      } else if (name == "ids") {
        if (!value.is_array() || value.empty() || value.size() > max_ids)
          return wrong("must be a list of 1 to 1000 ids");
        for (size_t i = 0; i < value.size(); ++i) {
          const auto m = value[i].is_string() ? parse_message_name(*queue, value[i].get<std::string>())
                                              : fail(errc::not_found);
          if (!m) return fail(errc::invalid_operation, "must be a message's id", "/ids/" + std::to_string(i));
          q.ids.push_back(*m);
        }
      } else {
        return wrong("is not known here");
      }
    }
    if (!q.ids.empty() && q.error)
      return fail(errc::invalid_operation, "must not stand beside ids", "/error");
    return q;
  }

  route_context c_;
};

}  // namespace

void add_queue_routes(router& to, const route_context& context) {
  const queue_calls calls{context};
  const auto look = [&](const char* pattern, auto answer) {
    to.add({.method = "GET", .pattern = pattern, .answer = answer, .needs = {scope::admin}});
  };
  look("/topics", [calls](const http_request& r) { return calls.topics(r); });
  look("/queues", [calls](const http_request& r) { return calls.queues(r); });
  look("/queues/{queue}/messages", [calls](const http_request& r) { return calls.list(r, false); });
  look("/queues/{queue}/dead-letters", [calls](const http_request& r) { return calls.list(r, true); });
  look("/audit", [calls](const http_request& r) { return calls.audit(r); });
  look("/requests/{id}/trace", [calls](const http_request& r) { return calls.trace(r); });
  const auto act = [&](const char* method, const char* pattern, act_function f) {
    to.add({.method = method,
            .pattern = pattern,
            .answer = steered(context, std::move(f)),
            .needs = {scope::admin}});
  };
  to.add({.method = "POST",
          .pattern = "/queues/{queue}/redrive",
          .answer =
              steered(context, [calls](const http_request& r, deed& told) { return calls.redrive(r, told); }),
          .max_body = [](const http_request&) { return max_redrive_body; },
          .needs = {scope::admin}});
  act("POST", "/queues/{queue}/pause",
      [calls](const http_request& r, deed& told) { return calls.pause(r, told, true); });
  act("POST", "/queues/{queue}/resume",
      [calls](const http_request& r, deed& told) { return calls.pause(r, told, false); });
  act("DELETE", "/queues/{queue}/dead-letters/{message}",
      [calls](const http_request& r, deed& told) { return calls.discard(r, told); });
  act("POST", "/requests/{id}/retry",
      [calls](const http_request& r, deed& told) { return calls.retry(r, told); });
}

}  // namespace dip::http
