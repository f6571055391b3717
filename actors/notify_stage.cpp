#include "actors/notify_stage.hpp"

#include <algorithm>
#include <utility>

#include "actors/object_copies.hpp"
#include "actors/stage_tools.hpp"
#include "core/failpoint.hpp"
#include "notify/address.hpp"
#include "notify/destinations.hpp"
#include "storage/hashed_partition.hpp"

namespace dip {
namespace {

// A place at a server, for as long as it lives; one that nothing came of counts as a failure.
struct visit {
  const environment& env;
  const destination& to;
  delivery came{delivery::outcome::try_again, {}, false, {}};

  visit(const environment& e, const destination& d) : env(e), to(d) {}
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() {
    env.to->leave(to, came.what == delivery::outcome::try_again, came.not_before, env.time->steady());
  }
};

class notify_stage final : public stage {
public:
  notify_stage(const environment* env, notify_ways ways) : env_(*env), ways_(std::move(ways)) {}

  stage_outcome run(const leased_work& work, const std::string& worker) override {
    const auto began = env_.time->steady();
    const bool webhook = work.message.kind == message_kind::webhook;
    // There is nothing to tell of a run that another has followed.
    if (work.message.run != work.request.run)
      return stage_news{topic_name::notifier,
                        settle_notification{claim_of(env_, work, worker, began), notification_state::failed,
                                            "not tried: the request runs again", false},
                        {},
                        {}};
    const auto to = destination_of(work.request, work.message.kind, *env_.cfg);
    if (const auto wait = env_.to->enter(to, began); wait > milliseconds{0})
      return stage_retry{errc::overloaded, "not tried: " + to.server + " is left alone for now", wait, false};
    visit there{env_, to};
    const auto came = there.came = webhook ? call(work.request) : mail(work.request);
    if (came.what == delivery::outcome::try_again)
      return stage_retry{errc::timeout, came.detail, came.not_before};
    const bool sent = came.what == delivery::outcome::sent;
    if (sent) failpoint("after_delivery");
    stage_news news{
        topic_name::notifier,
        settle_notification{claim_of(env_, work, worker, began),
                            sent ? notification_state::sent : notification_state::failed, came.detail, false},
        {},
        {}};
    if (!webhook && came.of_address) news.before = suppression_of(work.request, came.detail);
    return news;
  }

  // A mail or a call ends at its own timeout; the rest is for names that are slow to resolve.
  milliseconds longest() const override {
    return std::max(env_.cfg->smtp.timeout, env_.cfg->webhooks.timeout) + env_.cfg->workers.visibility;
  }

private:
  [[nodiscard]] partition_id partition_of(const std::string& address) const {
    return hashed_partition(address, env_.store->partitions());
  }

  [[nodiscard]] elsewhere suppression_of(const request_record& r, const std::string& detail) const {
    const auto address = normal_address(r.email);
    return {partition_of(address), suppress_address{{address, {}, detail, r.id}}};
  }

  [[nodiscard]] delivery mail(const request_record& r) const {
    const auto address = normal_address(r.email);
    const auto suppressed = env_.rows ? env_.rows->suppression(address)
                                      : env_.store->view(partition_of(address))->suppression(address);
    if (suppressed)
      return {delivery::outcome::refused, "not tried: the address has failed for good at " +
                                              to_rfc3339(suppressed->since) + " (" + suppressed->detail +
                                              ")"};
    if (suppressed.error().code != errc::not_found)
      return {delivery::outcome::try_again, suppressed.error().detail};
    const auto letter = compose(r);
    return ways_.mail->deliver(letter.from, letter.to, render_mail(letter, *ways_.templates));
  }

  [[nodiscard]] delivery call(const request_record& r) const {
    // Taken by a node with secrets: one without leaves it to be tried there.
    if (!ways_.webhooks)
      return {delivery::outcome::try_again, "this node has no security.webhook_secret_file"};
    return ways_.webhooks->deliver(r.webhook, webhook_id(r), webhook_body(r, ways_.record_json(r)));
  }

  [[nodiscard]] result_mail compose(const request_record& r) const {
    result_mail m;
    m.to = r.email;
    m.from = env_.cfg->smtp.from;
    m.request = r.id.text();
    m.run = r.run;
    m.status_url = ways_.public_url + "/requests/" + r.id.text();
    m.file_name = r.file_name;
    m.succeeded = r.status == request_status::processed;
    for (const auto& o : r.outputs)
      m.outputs.push_back({o.name, ways_.public_url + "/files/" + o.object.path(),
                           std::string{spec_of(o.format).name}, o.width, o.height, o.size});
    if (r.preview) m.preview_jpeg = read(*r.preview);
    if (r.failure) m.failure = *r.failure;
    m.finished_at = r.timeline.empty() ? r.updated_at : r.timeline.back().at;
    m.language = r.language;
    return m;
  }

  // The mail is worth sending without its preview.
  [[nodiscard]] std::string read(const object_name& name) const {
    const auto row = find_object(env_, name);
    if (!row) return {};
    const auto reader = open_object(env_, *row);
    if (!reader) return {};
    std::string bytes((*reader)->size(), '\0');
    const auto got = (*reader)->read(0, bytes);
    if (!got || *got != bytes.size()) return {};
    return bytes;
  }

  const environment& env_;
  const notify_ways ways_;
};

}  // namespace

std::unique_ptr<stage> make_notify_stage(const environment* env, notify_ways ways) {
  return std::make_unique<notify_stage>(env, std::move(ways));
}

}  // namespace dip
