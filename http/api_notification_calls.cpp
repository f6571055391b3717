#include <string>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

api_json suppression_example() {
  return {{"address", "gone@example.org"},
          {"since", "2026-03-04T05:06:09.120Z"},
          {"detail", "550 5.1.1 no such user"},
          {"request", example_request}};
}

api_call resend() {
  return {
      .method = "POST",
      .pattern = "/requests/{id}/resend",
      .path = "/requests/{id}/resend",
      .id = "resendNotification",
      .tag = "notifications",
      .summary = "Sends a request's e-mail and webhook again",
      .text = "`conflict` when it is not final, asks for none, or they are on their way still.",
      .parameters = {"id"},
      .answers = {{202, "it will be", {"Cache-Control"}, json_content("Request", final_request_example())}},
      .errors = {errc::not_found, errc::conflict, errc::no_quorum, errc::disk_full},
      .scope = "admin"};
}

api_call list_suppressions() {
  return {.method = "GET",
          .pattern = "/suppressions",
          .path = "/suppressions",
          .id = "listSuppressions",
          .tag = "notifications",
          .summary = "Lists addresses that failed for good",
          .text = "In the order of the addresses. No mail is sent to them until they are cleared.",
          .parameters = {"limit", "cursor"},
          .answers = {{200,
                       "a page",
                       {"Cache-Control"},
                       json_content("SuppressionPage",
                                    {{"suppressions", api_json::array({suppression_example()})},
                                     {"next_cursor", nullptr},
                                     {"stale", false}})}},
          .scope = "admin"};
}

api_call clear_suppression() {
  return {.method = "DELETE",
          .pattern = "/suppressions/{address}",
          .path = "/suppressions/{address}",
          .id = "clearSuppression",
          .tag = "notifications",
          .summary = "Lets an address be written to again",
          .text = "",
          .parameters = {"address"},
          .answers = {{204, "cleared"}},
          .errors = {errc::not_found, errc::no_quorum, errc::disk_full},
          .scope = "admin"};
}

}  // namespace

std::vector<api_call> notification_calls(const api_facts& /*facts*/) {
  return {resend(), list_suppressions(), clear_suppression()};
}

}  // namespace dip::http
