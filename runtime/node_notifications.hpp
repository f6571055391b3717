#pragma once

#include "actors/environment.hpp"
#include "http/ports.hpp"
#include "runtime/asking.hpp"

namespace dip {

// The operator's view of notifications: what is sent again, and where nothing is sent any more.
class node_notifications final : public http::notifications_port {
public:
  node_notifications(const environment& env, asking ask) : env_(env), ask_(ask) {}

  result<request_record> resend(const request_id& id) override;
  result<http::page<suppression_row>> suppressions(std::uint32_t limit, std::string_view cursor) override;
  result<void> clear_suppression(std::string_view address) override;

private:
  const environment& env_;
  asking ask_;
};

}  // namespace dip
