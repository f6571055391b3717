#include "actors/notify_stage.hpp"

#include <utility>

#include "actors/stage_tools.hpp"

namespace dip {
namespace {

class notify_stage final : public stage {
public:
  notify_stage(const environment* env, mail_transport* transport, std::string public_url)
      : env_(*env), transport_(*transport), public_url_(std::move(public_url)) {}

  stage_outcome run(const leased_work& work, const std::string& worker) override {
    const auto began = env_.time->steady();
    const auto said = [&](notification_state state, std::string detail) {
      return stage_news{
          topic_name::notifier,
          settle_notification{claim_of(env_, work, worker, began), state, std::move(detail), false},
          {}};
    };
    const auto mail = compose(work.request);
    const auto sent = transport_.deliver(mail.from, mail.to, render_mail(mail));
    switch (sent.what) {
      case delivery::outcome::sent: return said(notification_state::sent, sent.detail);
      case delivery::outcome::refused: return said(notification_state::failed, sent.detail);
      case delivery::outcome::try_again: break;
    }
    return stage_retry{errc::timeout, sent.detail};
  }

private:
  [[nodiscard]] result_mail compose(const request_record& r) const {
    result_mail m;
    m.to = r.email;
    m.from = env_.cfg->smtp.from;
    m.request = r.id.text();
    m.status_url = public_url_ + "/requests/" + r.id.text();
    m.file_name = r.file_name;
    m.succeeded = r.status == request_status::processed;
    for (const auto& o : r.outputs)
      m.outputs.push_back({o.name, public_url_ + "/files/" + o.object.path(),
                           std::string{spec_of(o.format).name}, o.width, o.height, o.size});
    if (r.preview) m.preview_jpeg = read(*r.preview);
    if (r.failure) m.failure = explain_failure(*r.failure);
    m.finished_at = r.updated_at;
    return m;
  }

  // The mail is worth sending without its preview.
  [[nodiscard]] std::string read(const object_name& name) const {
    const auto reader = env_.objects->open(name);
    if (!reader) return {};
    std::string bytes((*reader)->size(), '\0');
    const auto got = (*reader)->read(0, bytes);
    if (!got || *got != bytes.size()) return {};
    return bytes;
  }

  const environment& env_;
  mail_transport& transport_;
  std::string public_url_;
};

}  // namespace

std::unique_ptr<stage> make_notify_stage(const environment* env, mail_transport* transport,
                                         std::string public_url) {
  return std::make_unique<notify_stage>(env, transport, std::move(public_url));
}

}  // namespace dip
