#include "http/request_news.hpp"

#include <charconv>
#include <utility>

#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/record_json.hpp"

namespace dip::http {
namespace {

class awaited_request final : public pending_answer {
public:
  awaited_request(http_request r, const route_context& c, const request_id& id, steady_time until)
      : request_(std::move(r)), c_(c), id_(id), until_(until) {}

  void start(waker wake) override { news_ = c_.node.requests.watch(id_, std::move(wake)); }
  std::optional<http_response> resume(bool last) override {
    const auto found = c_.node.requests.find(id_);
    if (found && !is_final(found->record.status) && !last && !c_.node.node.draining()) return std::nullopt;
    return json_answer(request_, found.map([&](const found_request& f) {
      return request_json(f.record, c_.node.node.public_url(), f.stale);
    }));
  }
  steady_time until() const override { return until_; }

private:
  http_request request_;
  route_context c_;
  request_id id_;
  steady_time until_;
  std::unique_ptr<subscription> news_;
};

class request_stream final : public event_source {
public:
  request_stream(const route_context& c, const request_id& id, size_t next) : c_(c), id_(id), next_(next) {}

  void start(waker wake) override { news_ = c_.node.requests.watch(id_, std::move(wake)); }
  batch next() override {
    const auto found = c_.node.requests.find(id_);
    // Retention took it, or it cannot be read: the client comes again and is told which.
    if (!found) return {{}, true};
    const auto& record = found->record;
    batch out;
    for (; next_ < record.timeline.size(); ++next_)
      out.text += "id: " + std::to_string(next_) +
                  "\nevent: status\ndata: " + timeline_json(record.timeline[next_]) + "\n\n";
    out.last = is_final(record.status) || c_.node.node.draining();
    return out;
  }

private:
  route_context c_;
  request_id id_;
  size_t next_;
  std::unique_ptr<subscription> news_;
};

// Where the stream begins: after the event that the client saw last.
result<size_t> first_event(const http_request& r) {
  const auto seen = r.header("Last-Event-ID");
  if (!seen || seen->empty()) return 0;
  size_t id = 0;
  const auto [end, ec] = std::from_chars(seen->data(), seen->data() + seen->size(), id);
  if (ec != std::errc{} || end != seen->data() + seen->size() || id > 1'000'000)
    return fail(errc::bad_request, "Last-Event-ID is no id of an event of this stream");
  return id + 1;
}

}  // namespace

http_response wait_for_request(const http_request& r, const route_context& c, const request_id& id,
                               steady_time until) {
  http_request kept;  // the answer needs its name only
  kept.id = r.id;
  return {.later = std::make_shared<awaited_request>(std::move(kept), c, id, until)};
}

http_response request_events(const http_request& r, const route_context& c, const request_id& id) {
  const auto first = first_event(r);
  if (!first) return make_problem(first.error(), r.id);
  const auto found = c.node.requests.find(id);
  if (!found) return make_problem(found.error(), r.id);
  if (*first >= found->record.timeline.size() && is_final(found->record.status)) return {.status = 204};
  return {.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
          .content_type = "text/event-stream",
          .events = std::make_shared<request_stream>(c, id, *first)};
}

}  // namespace dip::http
