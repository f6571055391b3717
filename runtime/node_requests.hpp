#pragma once

#include <atomic>
#include <string>

#include "actors/environment.hpp"
#include "actors/request_watch.hpp"
#include "http/ports.hpp"
#include "imaging/codec.hpp"
#include "notify/mail_templates.hpp"
#include "runtime/asking.hpp"
#include "runtime/node_rows.hpp"

namespace dip {

// The gateway's view of requests: checks all that can be known now, publishes to rtp-request-topic, reads,
// waits.
class node_requests final : public http::requests_port {
public:
  node_requests(const environment& env, asking ask, node_rows& rows, request_watch& watch,
                const codec_launcher& codecs, const std::string& public_url, const mail_templates& templates,
                const std::atomic<bool>& draining)
      : env_(env),
        ask_(ask),
        rows_(rows),
        watch_(watch),
        codecs_(codecs),
        public_url_(public_url),
        templates_(templates),
        draining_(draining) {}

  result<request_record> submit(const process_request& what, const submission& from) override;
  result<http::found_request> find(const request_id& id) override;
  std::unique_ptr<http::subscription> watch(const request_id& id, std::function<void()> news) override;
  result<http::page<request_record>> list(const query& q) override;
  result<request_record> cancel(const request_id& id) override;

private:
  [[nodiscard]] result<request_record> read(const request_id& id) const;
  [[nodiscard]] result<object_row> input_of(const std::string& file) const;
  [[nodiscard]] result<void> check_watermarks(const recipe& what) const;
  [[nodiscard]] result<void> check_formats(const job_plan& plan) const;
  [[nodiscard]] result<void> check_notify(const process_request& what) const;
  [[nodiscard]] result<request_record> make_record(const process_request& what) const;
  [[nodiscard]] result<std::optional<idempotency_row>> reserved(const std::string& key,
                                                                const std::string& body_hash) const;
  [[nodiscard]] result<idempotency_row> reserve(const request_record& r, const std::string& key,
                                                const std::string& body_hash,
                                                const request_id& instead_of) const;
  [[nodiscard]] result<request_record> submit_once(const process_request& what, const submission& from) const;
  [[nodiscard]] result<request_record> publish(request_record r, const http::caller& by) const;
  [[nodiscard]] result<void> check_live(const http::caller& by) const;

  const environment& env_;
  asking ask_;
  node_rows& rows_;
  request_watch& watch_;
  const codec_launcher& codecs_;
  const std::string& public_url_;
  const mail_templates& templates_;
  const std::atomic<bool>& draining_;
};

// The key of an uploaded file out of what a caller wrote: a bare key, a path, or a URL whose origin is one of
// ours. `forbidden` for a foreign URL, `not_found` for what can be no key.
[[nodiscard]] result<object_name> parse_file_reference(std::string_view text,
                                                       const std::vector<std::string>& origins);

}  // namespace dip
