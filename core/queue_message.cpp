#include "core/queue_message.hpp"

#include <array>

namespace dip {
namespace {

constexpr std::array<std::string_view, queue_count> topics{"rtp-request-topic", "rtp-preprocess-ok-topic",
                                                           "rtp-notifier-topic"};
constexpr std::array<std::string_view, queue_count> queues{"rtp-request-queue", "rtp-preprocess-ok-queue",
                                                           "rtp-notifier-queue"};

}  // namespace

std::string_view to_string(topic_name t) { return topics.at(static_cast<size_t>(t)); }
std::string_view to_string(queue_name q) { return queues.at(static_cast<size_t>(q)); }

result<queue_name> parse_queue(std::string_view name) {
  for (size_t i = 0; i < queues.size(); ++i)
    if (queues[i] == name) return static_cast<queue_name>(i);
  return fail(errc::not_found, "no such queue");
}

std::string_view to_string(message_kind k) {
  switch (k) {
    case message_kind::preprocess: return "preprocess";
    case message_kind::process: return "process";
    case message_kind::email: return "email";
    case message_kind::webhook: return "webhook";
  }
  return "unknown";
}

}  // namespace dip
