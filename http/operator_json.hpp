// The JSON of the operators' calls, as api_operator.cpp describes it.
#pragma once

#include <string>

#include "http/operator_port.hpp"

namespace dip::http {

[[nodiscard]] std::string topics_json(const flow_picture& f);
[[nodiscard]] std::string queues_json(const flow_picture& f);
// `letters`: with the groups and the total.
[[nodiscard]] std::string messages_json(const message_page& p, bool letters);
[[nodiscard]] std::string redriven_json(const redrive_outcome& o);
[[nodiscard]] std::string audit_json(const page<audit_row>& rows);
[[nodiscard]] std::string actors_json(const actor_page& p, const actor_query& q);
[[nodiscard]] std::string actor_json(const actor_view& a);
[[nodiscard]] std::string actor_detail_json(const actor_detail& d);
[[nodiscard]] std::string trace_json(const request_trace& t);
[[nodiscard]] std::string overview_json(const overview_picture& o);
[[nodiscard]] std::string request_news_json(const request_id& id, request_status status, std::uint32_t run);

// "3-17": a message's id among those of its queue, in all partitions.
[[nodiscard]] std::string message_name(const message_ref& m);
[[nodiscard]] result<message_ref> parse_message_name(queue_name queue, std::string_view text);

}  // namespace dip::http
