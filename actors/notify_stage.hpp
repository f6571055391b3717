#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/environment.hpp"
#include "actors/stage.hpp"
#include "notify/mail.hpp"
#include "notify/mail_templates.hpp"
#include "notify/webhook.hpp"

namespace dip {

// What notifications go out by; all of it outlives the stage.
struct notify_ways {
  mail_transport* mail = nullptr;
  const mail_templates* templates = nullptr;
  webhook_transport* webhooks = nullptr;  // nullptr: without secrets no webhook is sent
  std::string public_url;                 // makes the links
  std::function<std::string(const request_record&)> record_json;  // what a webhook says of a request
};

// One message of rtp-notifier-queue: renders the owner's e-mail, or the webhook's body, and hands it to the
// transport.
[[nodiscard]] std::unique_ptr<stage> make_notify_stage(const environment* env, notify_ways ways);

}  // namespace dip
